"use strict";
// The editor of cards: counts letters, and asks the server what is wrong while somebody types.
(() => {
  const editor = document.querySelector("form.editor");
  if (!editor) return;
  const number = new Intl.NumberFormat("en");
  const letters = (text) => [...text].length;

  const count = (place) => {
    const field = document.getElementById(place.dataset.countOf);
    if (!field) return;
    const most = Number(place.dataset.most);
    const length = letters(field.value);
    place.textContent = `${number.format(length)} of ${number.format(most)}`;
    place.classList.toggle("over", length > most);
  };
  const counters = editor.querySelectorAll("[data-count-of]");

  // Names stand between backticks; everything is text.
  const prose = (place, text) => {
    place.replaceChildren(...text.split("`").map((part, at) => {
      if (at % 2 === 0) return part;
      const code = document.createElement("code");
      code.textContent = part;
      return code;
    }));
  };
  const remark = (kind, remarks) => {
    for (const place of editor.querySelectorAll(`[data-${kind}-of]`)) {
      const field = place.dataset[`${kind}Of`];
      const found = remarks.find((own) => own.field === field);
      place.hidden = !found;
      prose(place, found?.text ?? "");
      if (kind === "fault") {
        const input = document.getElementById(field);
        if (found) input?.setAttribute("aria-invalid", "true");
        else input?.removeAttribute("aria-invalid");
      }
    }
  };
  const line = (own) => {
    const item = document.createElement("li");
    const text = document.createElement("span");
    if (own.field && document.getElementById(own.field)) {
      const link = document.createElement("a");
      link.href = `#${own.field}`;
      link.textContent = own.name;
      item.append(link);
      prose(text, `: ${own.text}`);
    } else prose(text, own.text);
    item.append(text);
    return item;
  };
  const show = (told) => {
    remark("fault", told.faults);
    remark("wish", told.findings);
    const part = (name) => editor.querySelector(`[data-${name}]`);
    const faults = told.faults.length;
    const said = (place, text) => {
      if (place.textContent !== text) place.textContent = text;
    };
    said(part("fault-total"), faults === 0
      ? "Nothing stands in the way of saving."
      : `${faults} ${faults === 1 ? "fault" : "faults"} in the way of saving.`);
    said(part("wish-total"), faults > 0
      ? "What the policy demands is told when the faults are mended."
      : told.findings.length === 0
        ? "The policy demands nothing more of what is written."
        : "The policy demands more before an approval:");
    part("wishes").replaceChildren(...told.findings.map(line));
    said(part("characters"), number.format(told.characters));
  };

  let asked = 0;
  let timer;
  const check = async () => {
    const own = ++asked;
    const sent = new URLSearchParams(new FormData(editor));
    const answer = await fetch(editor.dataset.check, { method: "POST", body: sent }).catch(() => null);
    if (own !== asked) return;
    if (!answer?.ok || answer.redirected) {
      const total = editor.querySelector("[data-fault-total]");
      const isOut = answer && (answer.redirected || answer.status === 403);
      total.textContent = isOut
        ? "You are signed out. Save all the same: what you typed is kept while you sign in again."
        : "The server does not answer, so that nothing is checked now.";
      return;
    }
    show(await answer.json());
  };
  // What a page brings back of a form is not saved either.
  let changed = "unsaved" in editor.dataset;
  editor.addEventListener("input", (event) => {
    changed = true;
    for (const place of counters) {
      if (place.dataset.countOf === event.target.id) count(place);
    }
    clearTimeout(timer);
    timer = setTimeout(check, 400);
  });

  // What was typed is not lost by a link.
  addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
  editor.addEventListener("submit", () => {
    changed = false;
  });
})();
