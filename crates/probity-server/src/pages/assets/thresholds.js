// The preview of other thresholds comes as one types; the button does the same without scripts.
(() => {
  const form = document.querySelector("form[data-thresholds]");
  if (!form) return;
  let timer = 0;
  let asked;
  const fields = () => [...form.querySelectorAll("[data-was]")];
  const changed = (field) => field.value.trim() !== "" && field.value.trim() !== field.dataset.was;
  const place = () => document.getElementById("preview");
  // What stands there is of other thresholds than the fields now say.
  const outdate = () => {
    const button = form.querySelector("[value=apply]");
    if (button) button.disabled = true;
    place().setAttribute("aria-busy", "true");
  };
  const complain = (text) => {
    place().querySelector(":scope > .complaint")?.remove();
    const complaint = document.createElement("p");
    complaint.className = "complaint";
    complaint.textContent = text;
    place().prepend(complaint);
  };
  const show = async () => {
    const address = new URL(form.action);
    for (const field of fields()) {
      field.classList.toggle("changed", changed(field));
      if (changed(field)) address.searchParams.set(field.name, field.value.trim());
    }
    asked?.abort();
    asked = new AbortController();
    history.replaceState(null, "", address);
    address.searchParams.set("part", "preview");
    try {
      const answer = await fetch(address, { headers: { accept: "text/html" }, signal: asked.signal });
      if (answer.redirected) return complain("You are signed out, so that nothing is previewed. Sign in in another tab, and go on here.");
      if (!answer.ok) return complain("The preview could not be made. Change a value, or press the button, to try again.");
      const made = new DOMParser().parseFromString(await answer.text(), "text/html");
      const reason = form.querySelector("[name=reason]")?.value;
      place().replaceChildren(...(made.getElementById("preview")?.childNodes ?? []));
      const field = form.querySelector("[name=reason]");
      if (field && reason) field.value = reason;
    } catch (error) {
      if (error.name === "AbortError") return;
      complain("The server does not answer, so that nothing is previewed.");
    }
    place().removeAttribute("aria-busy");
  };
  form.addEventListener("input", (event) => {
    if (!event.target.matches("[data-was]")) return;
    outdate();
    clearTimeout(timer);
    timer = setTimeout(show, 400);
  });
})();
