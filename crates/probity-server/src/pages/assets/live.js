"use strict";
// Pages follow what happens: the server says that something has changed, the page asks for itself
// again, and the parts of it that differ are changed in place. What the reader has focused, opened,
// scrolled to or typed stays as it is: a form that was begun is left alone, as it was sent, and so
// is an element with `data-still`.
//
// Other scripts that work on new parts listen to `probity:arrived`: its detail is the new content,
// before it is put in.
(() => {
  const main = document.getElementById("main");
  const mark = main?.dataset.mark;
  if (mark === undefined || !window.EventSource) return;

  // As it came, before other scripts work on it: what has not changed since is not touched.
  const kept = (part) => {
    const copy = part.cloneNode(true);
    delete copy.dataset.mark;
    return copy;
  };
  let before = kept(main);
  let known = mark;

  const note = document.createElement("div");
  note.className = "live-note";
  note.setAttribute("aria-hidden", "true");
  // What the reader has to know is read out, and only that.
  const told = document.createElement("div");
  told.className = "hidden";
  told.setAttribute("role", "status");
  document.body.append(note, told);
  let hiding = 0;
  const say = (text, kind) => {
    clearTimeout(hiding);
    note.textContent = text;
    note.className = `live-note shown ${kind}`;
    if (kind === "away") told.textContent = text;
    else hiding = setTimeout(hush, 3000);
  };
  const hush = () => note.classList.remove("shown");
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  let current = new Date();

  const isField = (element) => element.matches("input:not([type=hidden]),select,textarea");
  const isBegun = (field) => {
    if (field === document.activeElement) return true;
    if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected) && field.selectedIndex > 0;
    return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
  };
  const stays = (element) =>
    element.hasAttribute("data-still") || (element.matches("form") && [...element.elements].some((field) => isField(field) && isBegun(field)));

  const keyOf = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeName;
    if (node.id) return `#${node.id}`;
    if (node.dataset?.key) return `=${node.dataset.key}`;
    const link = node.localName === "tr" && node.querySelector("a[href]");
    return link ? `tr ${link.getAttribute("href")}` : node.localName;
  };

  const matchAttributes = (old, fresh) => {
    for (const { name } of [...old.attributes]) {
      if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  };

  // Makes `old` like `fresh`, keeping the elements that are in both.
  const morph = (old, fresh) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    if (stays(old) || old.isEqualNode(fresh)) return;
    matchAttributes(old, fresh);
    if (old.matches("textarea")) old.defaultValue = fresh.defaultValue;
    if (old.matches("input,textarea")) return;
    const pool = new Map();
    for (const child of old.childNodes) {
      const key = keyOf(child);
      if (!pool.has(key)) pool.set(key, []);
      pool.get(key).push(child);
    }
    let place = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const same = pool.get(keyOf(child))?.shift();
      if (!same) {
        old.insertBefore(document.importNode(child, true), place);
        continue;
      }
      // Moving an element takes its focus and scrolling: what stands between goes behind it instead.
      while (place && place !== same) {
        const next = place.nextSibling;
        old.append(place);
        place = next;
      }
      place = same.nextSibling;
      morph(same, child);
    }
    for (const rest of pool.values()) for (const child of rest) if (!keeps(child)) child.remove();
  };
  const keeps = (node) => node.nodeType === Node.ELEMENT_NODE && (stays(node) || node.contains(document.activeElement));

  const take = (fresh) => {
    const after = kept(fresh);
    if (after.isEqualNode(before)) return false;
    const focused = document.activeElement;
    document.dispatchEvent(new CustomEvent("probity:arrived", { detail: fresh }));
    const [olds, news] = [before, after].map((part) => [...part.children]);
    const parts = [...main.children];
    const isAlike = olds.length === news.length && olds.length === parts.length && olds.every((part, place) => keyOf(part) === keyOf(news[place]));
    let changed = true;
    if (isAlike) {
      changed = false;
      const made = [...fresh.children];
      olds.forEach((part, place) => {
        if (withoutTimes(part) !== withoutTimes(news[place])) changed = true;
        if (!part.isEqualNode(news[place])) morph(parts[place], made[place]);
      });
    } else {
      morph(main, fresh);
    }
    before = after;
    if (focused !== document.activeElement && main.contains(focused)) focused.focus({ preventScroll: true });
    return changed;
  };
  // That time goes on is no news.
  const withoutTimes = (part) => {
    const copy = part.cloneNode(true);
    for (const time of copy.querySelectorAll("time")) time.textContent = "";
    return copy.innerHTML;
  };

  // Between two looks at the page: right after it was loaded somebody waits for what they did.
  const every = () => (performance.now() < 30000 ? 3000 : 10000);
  let asked = 0;
  let timer = 0;
  let isAsking = false;
  let isDue = false;
  const refresh = () => {
    isDue = true;
    if (isOut || document.hidden || isAsking || timer) return;
    timer = setTimeout(ask, Math.max(0, asked + every() - Date.now()));
  };
  const ask = async () => {
    timer = 0;
    isDue = false;
    isAsking = true;
    asked = Date.now();
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (answer.redirected && new URL(answer.url).pathname === "/login") {
        leave();
      } else if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("main");
        current = new Date();
        if (fresh && take(fresh)) say("Updated just now", "news");
      }
    } catch {
      away();
    } finally {
      isAsking = false;
      if (isDue) refresh();
    }
  };

  // Only the page in front listens: browsers open few connections to one server.
  let stream = null;
  let losing = 0;
  const listen = () => {
    if (stream || isOut || document.hidden) return;
    const address = new URL("/live", location.href);
    address.searchParams.set("since", known);
    stream = new EventSource(address);
    stream.addEventListener("open", () => {
      clearTimeout(losing);
      losing = 0;
      if (note.classList.contains("away")) hush();
    });
    stream.addEventListener("change", (event) => {
      known = event.data;
      refresh();
    });
    stream.addEventListener("bye", leave);
    stream.addEventListener("error", () => {
      // The browser comes again by itself, unless it was refused: then the page tells why.
      if (stream?.readyState !== EventSource.CLOSED) {
        if (!losing) losing = setTimeout(away, 4000);
        return;
      }
      stop();
      refresh();
      setTimeout(listen, 60000);
    });
  };
  const away = () => say(`Offline: as of ${clock.format(current)}`, "away");
  let isOut = false;
  const leave = () => {
    isOut = true;
    clearTimeout(losing);
    stop();
    say("You are signed out", "away");
  };
  const stop = () => {
    stream?.close();
    stream = null;
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return stop();
    listen();
    if (isDue) refresh();
  });
  window.addEventListener("pagehide", () => {
    clearTimeout(losing);
    stop();
  });
  window.addEventListener("pageshow", listen);
})();
