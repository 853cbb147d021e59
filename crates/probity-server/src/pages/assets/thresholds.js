// The preview of other thresholds comes as one types; the button does the same without scripts.
(() => {
  const form = document.querySelector("form[data-thresholds]");
  if (!form) return;
  let timer = 0;
  let asked;
  const fields = () => [...form.querySelectorAll("[data-was]")];
  const changed = (field) => field.value.trim() !== "" && field.value.trim() !== field.dataset.was;
  const show = async () => {
    const place = document.getElementById("preview");
    const address = new URL(form.action);
    for (const field of fields()) {
      field.classList.toggle("changed", changed(field));
      if (changed(field)) address.searchParams.set(field.name, field.value.trim());
    }
    asked?.abort();
    asked = new AbortController();
    history.replaceState(null, "", address);
    address.searchParams.set("part", "preview");
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { headers: { accept: "text/html" }, signal: asked.signal });
      if (!answer.ok) return;
      const made = new DOMParser().parseFromString(await answer.text(), "text/html");
      const reason = form.querySelector("[name=reason]")?.value;
      place.replaceChildren(...(made.getElementById("preview")?.childNodes ?? []));
      const field = form.querySelector("[name=reason]");
      if (field && reason) field.value = reason;
    } catch (error) {
      if (error.name !== "AbortError") place.textContent = "The preview could not be loaded.";
      return;
    }
    place.removeAttribute("aria-busy");
  };
  form.addEventListener("input", (event) => {
    if (!event.target.matches("[data-was]")) return;
    clearTimeout(timer);
    timer = setTimeout(show, 400);
  });
  form.addEventListener("submit", (event) => {
    const reason = form.querySelector("[name=reason]");
    if (event.submitter?.value !== "apply" || !reason) return;
    if (reason.value.trim() !== "") return;
    event.preventDefault();
    reason.setCustomValidity("Say why: who looks at the next alert will ask.");
    reason.reportValidity();
    reason.addEventListener("input", () => reason.setCustomValidity(""), { once: true });
  });
})();
