// Every page of the dashboard, found by following links: each answers, asks nobody else for anything, is
// small, does not move while it loads, and is free of obstacles that axe knows, in both themes and on
// narrow and wide screens.

import { demand, openWindow, picture } from "./_browser.mjs";

/** Bytes of HTML, by the contract of the pages. */
const LARGEST = 150_000;
/** Cumulative layout shift: "good" is below 0.1 (web.dev/cls). */
const MOST_SHIFT = 0.02;
/** Pages that are opened in a window; all others are only asked for. */
const MOST_OPENED = 70;
/** Of one kind, with queries. */
const MOST_OF_A_KIND = 25;
/** The words that only our pages have; anything else is a file. */
const HTML = "text/html";

/** What a monitor watches is the end of its name here, and each has other parts on its page. */
const MONITORS = /(data-quality|model-quality|bias|explainability)$/;

/** `/models/x/y/z?b=1&a=2` is of the kind `/models/*` + `/y/*` with a and b. */
function kindOf(url) {
  const parts = url.pathname.split("/").slice(1);
  const names = [...new Set(url.searchParams.keys())].sort();
  const kind = parts.map((part, place) => (place % 2 === 0 ? part : (MONITORS.exec(part)?.[0] ?? "*")));
  return `/${kind.join("/")}${names.length ? `?${names}` : ""}`;
}

/** Follows links, where `follows` says so. Gives the addresses of pages, and what was wrong. */
export async function crawl(context, address, { from = ["/dashboard"], follows = () => true } = {}) {
  const pages = [];
  const wrong = [];
  const seen = new Map(from.map((path) => [path, "the beginning"]));
  const counts = new Map();
  const waiting = [...from];
  const slowest = { ms: 0, path: "" };
  let asked = 0;
  while (waiting.length > 0) {
    const path = waiting.shift();
    const begun = performance.now();
    const answer = await context.request.get(address + path, { headers: { accept: HTML }, maxRedirects: 5 });
    const text = await answer.text();
    const ms = performance.now() - begun;
    asked += 1;
    if (ms > slowest.ms) Object.assign(slowest, { ms, path });
    if (answer.status() !== 200) {
      wrong.push(`${path} answers ${answer.status()} (linked from ${seen.get(path)})`);
      continue;
    }
    const { "content-type": type = "", "content-disposition": disposition = "" } = answer.headers();
    if (!type.startsWith(HTML) || disposition.startsWith("attachment")) continue;
    const bytes = Buffer.byteLength(text);
    if (bytes > LARGEST) wrong.push(`${path} has ${bytes} bytes`);
    pages.push(path);
    for (const [, raw] of text.matchAll(/\shref="([^"]*)"/g)) {
      const url = new URL(raw.replaceAll("&amp;", "&"), address + path);
      if (url.origin !== address) {
        // Text of users and documentation may name other places; only links of assets load by themselves.
        continue;
      }
      if (url.pathname.startsWith("/assets/")) continue;
      url.searchParams.sort();
      const next = url.pathname + url.search;
      if (seen.has(next) || !follows(next)) continue;
      const kind = kindOf(url);
      const count = counts.get(kind) ?? 0;
      if (count >= MOST_OF_A_KIND) continue;
      counts.set(kind, count + 1);
      seen.set(next, path);
      waiting.push(next);
    }
  }
  return { pages, wrong, asked, slowest };
}

/** One of each kind first, then others without queries. */
export function chosen(pages, address) {
  const kinds = new Map();
  const others = [];
  for (const path of pages) {
    const url = new URL(path, address);
    const kind = kindOf(url);
    if (!kinds.has(kind)) kinds.set(kind, path);
    else if (url.search === "") others.push(path);
  }
  const ofKinds = [...kinds.values()];
  return { kinds: ofKinds.filter((path) => !path.includes("?")), asked: ofKinds.filter((path) => path.includes("?")), all: [...ofKinds, ...others].slice(0, MOST_OPENED) };
}

/** Opens a page; what is wrong with it. */
async function opened({ page, complaints }, address, path) {
  const before = complaints.length;
  const answer = await page.goto(address + path, { waitUntil: "load" });
  const seen = await page.evaluate(async () => {
    await document.fonts.ready;
    for (let frame = 0; frame < 3; frame += 1) await new Promise((done) => requestAnimationFrame(done));
    const hashes = [...document.querySelectorAll('a[href^="#"]')].map((link) => link.getAttribute("href").slice(1));
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    return {
      shift: window.layoutShift,
      overflow: document.documentElement.scrollWidth - window.innerWidth,
      lost: hashes.filter((hash) => hash !== "" && !document.getElementById(decodeURIComponent(hash))),
      twice: ids.filter((id, place) => ids.indexOf(id) !== place),
      headings: document.querySelectorAll("h1").length,
      title: document.title,
    };
  });
  const wrong = complaints.slice(before);
  if (answer.status() !== 200) wrong.push(`answers ${answer.status()}`);
  if (seen.shift > MOST_SHIFT) wrong.push(`moves by ${seen.shift.toFixed(3)} while it loads`);
  if (seen.overflow > 1) wrong.push(`is ${seen.overflow} pixels wider than the window`);
  if (seen.lost.length) wrong.push(`links within itself to ${seen.lost}, which is not there`);
  if (seen.twice.length) wrong.push(`has two elements with the id ${[...new Set(seen.twice)].slice(0, 3)}`);
  if (seen.headings !== 1) wrong.push(`has ${seen.headings} first headings`);
  if (!seen.title.endsWith("· Probity")) wrong.push(`has the title ${seen.title}`);
  return wrong.map((text) => `${path}: ${text}`);
}

function judge(wrong) {
  demand(wrong.length === 0, `${wrong.length} findings: ${wrong.slice(0, 12).join(" | ")}`);
}

export function scenarios(browser, demo, state) {
  const found = {};
  const combinations = ["light", "dark"].flatMap((colorScheme) => [1440, 390].map((width) => ({ colorScheme, width })));
  const named = ({ colorScheme, width }) => `${colorScheme}, ${width} pixels`;
  return {
    "every link leads to a page or a file of less than 150 kB": async () => {
      const { context } = await openWindow(browser, demo, { storageState: state });
      const result = await crawl(context, demo.address);
      await context.close();
      Object.assign(found, chosen(result.pages, demo.address));
      const { ms, path } = result.slowest;
      console.log(`# ${result.asked} addresses, ${result.pages.length} pages, of ${found.kinds.length} kinds: ${found.kinds.join(" ")}`);
      console.log(`# the slowest took ${ms.toFixed(0)} ms with the way there: ${path}`);
      judge(result.wrong);
      demand(found.kinds.length >= 10, `only ${found.kinds.length} kinds of pages were found`);
    },
    "pages do not complain, do not move, and ask nobody else": async () => {
      const window = await openWindow(browser, demo, { storageState: state });
      const wrong = [];
      for (const path of found.all) wrong.push(...(await opened(window, demo.address, path)));
      await window.context.close();
      console.log(`# ${found.all.length} pages opened`);
      judge(wrong);
    },
    ...Object.fromEntries(combinations.map((combination) => [
      `axe finds nothing on any kind of page (${named(combination)})`,
      async () => {
        const window = await openWindow(browser, demo, { storageState: state, axe: true, ...combination });
        const wrong = [];
        // What queries change of a page is looked at once.
        const asked = combination.width === 390 && combination.colorScheme === "dark" ? found.asked : [];
        for (const path of [...found.kinds, ...asked]) {
          wrong.push(...(await opened(window, demo.address, path)));
          wrong.push(...(await obstacles(window.page, path)));
          await picture(window.page, `${path.slice(1, 60).replaceAll("/", "_")}-${combination.width}-${combination.colorScheme}`);
        }
        await window.context.close();
        judge(wrong);
      },
    ])),
    ...Object.fromEntries(combinations.map((combination) => [
      `axe finds nothing on pages that no link leads to (${named(combination)})`,
      async () => {
        const wrong = [];
        for (const [name, reach] of Object.entries(STATES)) {
          const window = await openWindow(browser, demo, { storageState: state, axe: true, ...combination });
          await reach(window, demo.address);
          wrong.push(...(await obstacles(window.page, name)));
          await picture(window.page, `${name.replaceAll(" ", "_")}-${combination.width}-${combination.colorScheme}`);
          await window.context.close();
        }
        judge(wrong);
      },
    ])),
  };
}

/** What axe finds on the page that is open. */
async function obstacles(page, name) {
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations.map((violation) => {
    const [node] = violation.nodes;
    return `${name}: ${violation.id} (${violation.nodes.length}): ${node.html.slice(0, 140)} ${node.any[0]?.message ?? ""}`;
  });
}

const MONITOR = "/monitors/card-fraud-data-quality";
const EDITOR = "/cards/credit-approval-next/edit";

/** Answers to forms, and pages without what they are about. None of it changes anything. */
const STATES = {
  "signing in": async ({ page, context }, address) => {
    await context.clearCookies();
    await page.goto(`${address}/login`);
  },
  "a wrong key": async ({ page, context }, address) => {
    await context.clearCookies();
    await page.goto(`${address}/login`);
    await page.locator('input[name="access_key_id"]').fill("AKIAOFNOBODY");
    await page.locator('input[name="secret_access_key"]').fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("no such key").waitFor();
  },
  "no such page": ({ page }, address) => page.goto(`${address}/models/none`),
  "no such model": ({ page }, address) => page.goto(`${address}/dashboard?q=nothing-is-called-so`),
  "nothing found in the documentation": ({ page }, address) => page.goto(`${address}/docs?q=nothing-is-called-so`),
  "a preview": async ({ page }, address) => {
    await page.goto(`${address}${MONITOR}/constraints`);
    const limit = page.locator('input[name^="drift."]').first();
    await limit.fill("0.77");
    await page.getByRole("button", { name: "Put in force" }).waitFor();
  },
  "a preview of what is no number": async ({ page }, address) => {
    await page.goto(`${address}${MONITOR}/constraints`);
    await page.locator('input[name^="drift."]').first().fill("much");
    await page.getByText("is no number").first().waitFor();
  },
  "a fault in the editor": async ({ page }, address) => {
    await page.goto(`${address}${EDITOR}`);
    await page.locator('[name="model_overview.model_version"]').fill("three");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Nothing that you typed is lost").waitFor();
  },
  "a form after the session": late,
};

async function late({ page, context }, address) {
  await page.goto(`${address}${EDITOR}`);
  await page.locator('[name="intended_uses.purpose_of_model"]').fill("Typed for an hour\nbefore the session ended");
  await context.clearCookies();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("button", { name: "Send it once more" }).waitFor();
}
