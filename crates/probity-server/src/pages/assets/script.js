"use strict";
// Everything works without this file. With it, times are the reader's own, filters need no button,
// and the theme changes without loading the page again.
(() => {
  const local = (options) => (moment) => new Intl.DateTimeFormat(undefined, options).format(moment);
  const whole = local({ dateStyle: "medium", timeStyle: "short" });
  const prepare = (part) => {
    for (const time of part.querySelectorAll("time[datetime]")) {
      const moment = new Date(time.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      const utc = time.title;
      if ("moment" in time.dataset) {
        time.textContent = whole(moment);
        time.title = utc;
      } else {
        time.title = `${whole(moment)} (${utc})`;
      }
    }
    for (const form of part.querySelectorAll("form[data-auto-submit]")) form.classList.add("auto");
    // Parts of reports are drawn by others, who know no keyboard.
    for (const region of part.querySelectorAll(".scroll:not([tabindex])")) region.tabIndex = 0;
  };
  prepare(document);
  document.addEventListener("probity:arrived", (event) => prepare(event.detail));

  // Of the document: forms may come later.
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-auto-submit]");
    if (form && event.target.matches("select")) form.requestSubmit();
  });
  // An address says only what was chosen.
  document.addEventListener("formdata", (event) => {
    if (!event.target.matches("form[data-auto-submit]")) return;
    for (const [name, value] of [...event.formData]) {
      if (value === "") event.formData.delete(name);
    }
  });

  const switcher = document.querySelector("form[data-theme-switch]");
  switcher?.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button) return;
    event.preventDefault();
    const theme = button.value;
    const root = document.documentElement;
    if (theme === "auto") root.removeAttribute("data-theme");
    else root.dataset.theme = theme;
    for (const other of switcher.querySelectorAll("button")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    const sent = new URLSearchParams(new FormData(switcher));
    sent.set("theme", theme);
    fetch(switcher.action, { method: "POST", body: sent, redirect: "manual" });
  });

  // A menu closes when the reader goes on elsewhere.
  const menus = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
})();
