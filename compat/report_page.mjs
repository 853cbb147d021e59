// The report in a browser: it renders without a script error, asks the network for nothing,
// reads with scripts off, and does not run off a narrow screen.
// Speaks the DevTools protocol over a pipe, so that nothing but Node and a Chromium is needed.
// needs: browser

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const scratch = process.env.PROBITY_SCRATCH;
const probity = process.env.PROBITY_BIN;
// It only ends what hangs.
const LIMIT_MS = 120_000;

class Browser {
  constructor() {
    this.child = spawn(
      process.env.PROBITY_BROWSER,
      [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-dev-shm-usage",
        "--no-first-run",
        `--user-data-dir=${join(scratch, "browser")}`,
        "--remote-debugging-pipe",
        "about:blank",
      ],
      { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
    );
    this.next = 1;
    this.waiting = new Map();
    this.listeners = [];
    let rest = "";
    this.child.stdio[4].on("data", (chunk) => {
      const messages = (rest + chunk).split("\0");
      rest = messages.pop();
      messages.map((text) => JSON.parse(text)).forEach((message) => this.receive(message));
    });
    const gone = () => this.waiting.forEach(({ reject }) => reject(new Error("the browser ended")));
    this.child.on("exit", gone);
    this.child.on("error", gone);
    this.child.stdio[3].on("error", gone);
  }

  receive(message) {
    const waiting = this.waiting.get(message.id);
    if (waiting) {
      this.waiting.delete(message.id);
      if (message.error) waiting.reject(new Error(message.error.message));
      else waiting.resolve(message.result);
    }
    this.listeners.forEach((listener) => listener(message));
  }

  send(method, params = {}, sessionId = undefined) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + "\0");
    });
  }

  event(method, sessionId) {
    return new Promise((resolve) => {
      this.listeners.push((message) => {
        if (message.method === method && message.sessionId === sessionId) resolve(message.params);
      });
    });
  }
}

// Opens a page and gives what it complained of, what it asked for, and a way to ask it back.
async function open(browser, file, { scripts, width }) {
  const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
  const complaints = [];
  const requests = [];
  browser.listeners.push((message) => {
    if (message.sessionId !== sessionId) return;
    const { method, params } = message;
    if (method === "Network.requestWillBeSent") requests.push(params.request.url);
    if (method === "Runtime.exceptionThrown") complaints.push(params.exceptionDetails.text);
    if (method === "Runtime.consoleAPICalled" && ["error", "warning", "assert"].includes(params.type))
      complaints.push(params.args.map((argument) => argument.value).join(" "));
    if (method === "Log.entryAdded" && ["error", "warning"].includes(params.entry.level))
      complaints.push(params.entry.text);
  });
  const send = (method, params) => browser.send(method, params, sessionId);
  for (const domain of ["Page", "Network", "Runtime", "Log"]) await send(`${domain}.enable`);
  await send("Emulation.setDeviceMetricsOverride", { width, height: 1000, deviceScaleFactor: 1, mobile: false });
  if (!scripts) await send("Emulation.setScriptExecutionDisabled", { value: true });
  const loaded = browser.event("Page.loadEventFired", sessionId);
  await send("Page.navigate", { url: pathToFileURL(file).href });
  await loaded;
  // The protocol's own evaluation runs even where the page's scripts do not.
  const ask = async (expression) => (await send("Runtime.evaluate", { expression, returnByValue: true })).result.value;
  const picture = async () => Buffer.from((await send("Page.captureScreenshot")).data, "base64");
  return { complaints, requests, ask, picture };
}

function run(...args) {
  const finished = spawnSync(probity, args, { stdio: ["ignore", "pipe", "pipe"], timeout: LIMIT_MS });
  if (![0, 1].includes(finished.status)) throw new Error(`probity ${args.join(" ")}: ${finished.stderr}`);
}

function demand(condition, text) {
  if (!condition) throw new Error(text);
}

async function look(browser, file, options, name) {
  const page = await open(browser, file, options);
  writeFileSync(join(scratch, `${name}.png`), await page.picture());
  demand(page.complaints.length === 0, `the page complains: ${page.complaints.join("; ")}`);
  const outside = page.requests.filter((url) => url !== pathToFileURL(file).href && !url.startsWith("data:"));
  demand(outside.length === 0, `the page asks for ${outside.join(", ")}`);
  demand((await page.ask("document.title")).length > 0, "the page has no title");
  demand((await page.ask("document.body.innerText.length")) > 500, "the page is empty");
  demand((await page.ask("document.querySelectorAll('svg').length")) > 0, "the page has no chart");
  // One pixel for the rounding of fractional widths.
  const overflow = await page.ask("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  demand(overflow <= 1, `the page is ${overflow} pixels wider than the window`);
  return page;
}

const scenarios = {
  "report of a check renders without complaint or request": async (browser, files) => {
    const page = await look(browser, files.check, { scripts: true, width: 1280 }, "check");
    const text = await page.ask("document.body.innerText");
    demand(text.includes("bp"), "the page does not name the column that moved");
  },
  "report of a check reads with scripts off": (browser, files) =>
    look(browser, files.check, { scripts: false, width: 1280 }, "check-without-scripts"),
  "report of a check fits a narrow screen": (browser, files) =>
    look(browser, files.check, { scripts: true, width: 400 }, "check-narrow"),
  "report of a baseline renders without complaint or request": (browser, files) =>
    look(browser, files.baseline, { scripts: true, width: 1280 }, "baseline"),
  "report of an explanation renders without complaint or request": async (browser, files) => {
    const page = await look(browser, files.explanation, { scripts: false, width: 1280 }, "explanation");
    const text = await page.ask("document.body.innerText");
    demand(text.includes("income"), "the page does not name the feature of most weight");
  },
  "report of an explanation fits a narrow screen": (browser, files) =>
    look(browser, files.explanation, { scripts: false, width: 400 }, "explanation-narrow"),
};

async function main() {
  mkdirSync(scratch, { recursive: true });
  const table = join("golden", "tables", "diabetes.csv");
  // Half of the people: those with the higher blood pressure.
  const [header, ...rows] = readFileSync(table, "utf8").trim().split("\n");
  const place = header.split(",").indexOf("bp");
  rows.sort((a, b) => Number(b.split(",")[place]) - Number(a.split(",")[place]));
  writeFileSync(join(scratch, "high.csv"), [header, ...rows.slice(0, rows.length / 2)].join("\n") + "\n");
  run("baseline", table, "-o", join(scratch, "baseline"), "--quiet");
  run("check", join(scratch, "high.csv"), "--baseline", join(scratch, "baseline"), "-o", join(scratch, "check"), "--quiet");
  run("demo", "--files", join(scratch, "demo"), "--quiet");
  const files = {
    baseline: join(scratch, "baseline", "report.html"),
    check: join(scratch, "check", "report.html"),
    explanation: join(scratch, "demo", "explanations", "report.html"),
  };
  const browser = new Browser();
  let failures = 0;
  for (const [name, scenario] of Object.entries(scenarios)) {
    try {
      await scenario(browser, files);
      console.log(`ok ${name}`);
    } catch (error) {
      failures += 1;
      console.log(`not ok ${name}: ${error.message}`);
    }
  }
  browser.child.kill();
  return failures === 0 ? 0 : 1;
}

setTimeout(() => {
  console.log(`not ok report page: not done after ${LIMIT_MS / 1000} s`);
  process.exit(1);
}, LIMIT_MS).unref();

main().then(
  (code) => process.exit(code),
  (error) => {
    console.log(`not ok report page: ${error.message}`);
    process.exit(1);
  },
);
