// What drivers with a browser share: the demo's server, a browser that watches its pages, requests of the
// AWS APIs with their signature, and the lines that scenarios print.

import { spawn } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.PROBITY_NODE_MODULES, "modules.js"));
const { chromium } = require("playwright-core");
export const AXE = require.resolve("axe-core/axe.min.js");

export const scratch = process.env.PROBITY_SCRATCH;
/** What a page waits for at most: the machine runs other drivers beside this one. */
export const PATIENCE_MS = 30_000;

export function demand(condition, text) {
  if (!condition) throw new Error(text);
}

/** Waits until `look` gives something. */
export async function until(look, text, patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    demand(Date.now() < end, `${text}: not so after ${patience / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** A demo that runs. */
export async function startDemo() {
  const root = { id: "AKIADASHBOARDDRIVER1", secret: "dashboard/driver+secret-of-no-worth00000" };
  const data = join(scratch, "demo");
  const environment = { ...process.env, PROBITY_ROOT_ACCESS_KEY_ID: root.id, PROBITY_ROOT_SECRET_ACCESS_KEY: root.secret };
  const child = spawn(
    process.env.PROBITY_BIN,
    ["demo", "--keep", data, "--listen", "127.0.0.1:0", "--output", "json"],
    { stdio: ["ignore", "pipe", "pipe"], env: environment },
  );
  process.on("exit", () => child.kill("SIGKILL"));
  let log = "";
  child.stderr.on("data", (text) => (log += text));
  const line = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.on("exit", (code) => reject(new Error(`the demo ended with ${code}: ${log.slice(-2000)}`)));
  });
  const told = JSON.parse(line);
  return {
    told,
    address: told.address,
    log: () => log,
    end: () =>
      new Promise((resolve) => {
        child.removeAllListeners("exit");
        child.on("exit", (code) => resolve({ code, log }));
        child.kill("SIGINT");
      }),
  };
}

export function startBrowser() {
  return chromium.launch({ executablePath: process.env.PROBITY_BROWSER, args: ["--no-sandbox"] });
}

/** A window whose pages complain into `complaints`: of scripts, of the policy, of requests to elsewhere. */
export async function openWindow(browser, demo, options = {}) {
  const { width = 1440, axe = false, ...rest } = options;
  const context = await browser.newContext({ viewport: { width, height: width < 500 ? 844 : 900 }, ...rest });
  context.setDefaultTimeout(PATIENCE_MS);
  const complaints = [];
  await context.addInitScript(() => {
    window.layoutShift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.layoutShift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    document.addEventListener("securitypolicyviolation", (event) =>
      console.error(`refused by the policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  if (axe) await context.addInitScript({ path: AXE });
  context.on("request", (request) => {
    const isOwn = request.url().startsWith(`${demo.address}/`) || request.url().startsWith("data:");
    if (!isOwn) complaints.push(`asks for ${request.url()}`);
  });
  context.on("page", (page) => {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
    page.on("dialog", (dialog) => {
      complaints.push(`${page.url()}: a dialog says ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
  });
  const page = await context.newPage();
  return { context, page, complaints };
}

/** A scenario in a window of its own, whose pages must not complain. */
export function inWindow(browser, demo, options, act) {
  return async () => {
    const window = await openWindow(browser, demo, options);
    try {
      await act(window.page, window);
      demand(window.complaints.length === 0, `the page complains: ${window.complaints.join(" | ")}`);
    } finally {
      await window.context.close();
    }
  };
}

/** Signs in with the key of the demo's administrator; where that leads. */
export async function withKey(page, demo) {
  await page.goto(`${demo.address}/login`);
  await page.locator('input[name="access_key_id"]').fill(demo.told.access_key_id);
  await page.locator('input[name="secret_access_key"]').fill(demo.told.secret_access_key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/dashboard");
  return page.url();
}

/** Cookies of somebody who is signed in, for other windows. */
export async function signIn(browser, demo) {
  const { context, page } = await openWindow(browser, demo);
  await page.goto(demo.told.sign_in_url);
  demand(page.url() === `${demo.address}/dashboard`, `signing in leads to ${page.url()}`);
  const state = await context.storageState();
  await context.close();
  return state;
}

export async function picture(page, name) {
  mkdirSync(scratch, { recursive: true });
  writeFileSync(join(scratch, `${name}.png`), await page.screenshot());
}

const hex = (text) => createHash("sha256").update(text).digest("hex");
const keyed = (key, text) => createHmac("sha256", key).update(text).digest();

/** As AWS's own clients sign (Signature Version 4); gives status and text. */
export async function signed(demo, { service, path = "/", method = "POST", headers = {}, body = "" }) {
  const region = "us-west-2";
  const url = new URL(path, demo.address);
  const now = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = now.slice(0, 8);
  const all = { ...headers, host: url.host, "x-amz-date": now, "x-amz-content-sha256": hex(body) };
  const names = Object.keys(all).sort();
  const canonical = [
    method,
    url.pathname,
    "",
    ...names.map((name) => `${name}:${all[name]}`),
    "",
    names.join(";"),
    hex(body),
  ].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", now, scope, hex(canonical)].join("\n");
  const key = [day, region, service, "aws4_request"].reduce(keyed, `AWS4${demo.told.secret_access_key}`);
  const signature = keyed(key, text).toString("hex");
  all.authorization =
    `AWS4-HMAC-SHA256 Credential=${demo.told.access_key_id}/${scope}, ` +
    `SignedHeaders=${names.join(";")}, Signature=${signature}`;
  const answer = await fetch(url, { method, headers: all, body: method === "GET" ? undefined : body });
  return { status: answer.status, text: await answer.text() };
}

/** An operation in AWS JSON; `Probity.X` or `SageMaker.X`. */
export async function call(demo, target, input) {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
  const answer = await signed(demo, { service: "sagemaker", headers, body: JSON.stringify(input) });
  demand(answer.status === 200, `${target}: ${answer.status} ${answer.text}`);
  return answer.text === "" ? {} : JSON.parse(answer.text);
}

/** An object of S3. */
export async function put(demo, path, body) {
  const answer = await signed(demo, { service: "s3", method: "PUT", path, body });
  demand(answer.status === 200, `PUT ${path}: ${answer.status} ${answer.text}`);
}

/** Runs scenarios one after the other; the number of those that failed. */
export async function play(scenarios) {
  let failures = 0;
  for (const [name, scenario] of Object.entries(scenarios)) {
    const begun = Date.now();
    try {
      const skipped = await scenario();
      const seconds = ((Date.now() - begun) / 1000).toFixed(1);
      console.log(skipped ? `skip ${name}: ${skipped}` : `ok ${name} (${seconds} s)`);
    } catch (error) {
      failures += 1;
      console.log(`not ok ${name}: ${String(error.message).replaceAll("\n", " ")}`);
    }
  }
  return failures;
}
