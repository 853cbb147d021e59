"use strict";
(() => {
  const table = document.querySelector("table.columns");
  const tools = document.querySelector(".tools");
  if (!table || !tools) return;
  tools.hidden = false;
  const find = document.getElementById("find");
  const only = document.getElementById("only");
  const found = tools.querySelector(".found");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const texts = rows.map((row) => row.cells[0].textContent.toLowerCase());
  const sections = new Map([...document.querySelectorAll("article.feature")].map((a) => ["#" + a.id, a]));
  const apply = () => {
    const wanted = find.value.trim().toLowerCase();
    let shown = 0;
    rows.forEach((row, i) => {
      const hide = !texts[i].includes(wanted) || (only && only.checked && !row.dataset.v);
      row.hidden = hide;
      if (!hide) shown += 1;
      const link = row.cells[0].querySelector("a");
      const section = link && sections.get(link.getAttribute("href"));
      if (section) section.hidden = hide;
    });
    found.textContent = shown === rows.length ? "" : shown + " of " + rows.length + " columns";
  };
  find.addEventListener("input", apply);
  if (only) only.addEventListener("change", apply);
  const value = (row, column) => {
    const text = row.cells[column].textContent.trim();
    const number = parseFloat(text.replace(/^[<>≈≥ ]+/, "").replace(/,/g, "").replace("−", "-"));
    return Number.isNaN(number) ? text.toLowerCase() : number;
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (!head.textContent || head.querySelector(".hidden")) return;
    head.dataset.sort = "";
    head.tabIndex = 0;
    const sort = () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      [...head.parentNode.cells].forEach((cell) => cell.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = rows.map((row) => [value(row, column), row]);
      keyed.sort(([a], [b]) => {
        if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
        const order = a < b ? -1 : a > b ? 1 : 0;
        return typeof a === "number" && down ? -order : order * (typeof a === "number" || !down ? 1 : -1);
      });
      body.append(...keyed.map(([, row]) => row));
    };
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        sort();
      }
    });
  });
})();
