// The dashboard over the demo's month, in a real browser: every page, the main tasks, and that text of
// users is shown as text. One demo serves all scenarios.
// needs: browser-packages

import { mkdirSync } from "node:fs";

import { demand, play, scratch, signIn, startBrowser, startDemo } from "./_browser.mjs";
import { scenarios as live } from "./_dashboard_live.mjs";
import { scenarios as markup } from "./_dashboard_markup.mjs";
import { scenarios as pages } from "./_dashboard_pages.mjs";
import { scenarios as tasks } from "./_dashboard_tasks.mjs";

// It only ends what hangs: the demo's month takes minutes where other drivers run beside it.
const LIMIT_MS = 25 * 60_000;

async function main() {
  mkdirSync(scratch, { recursive: true });
  const begun = Date.now();
  const demo = await startDemo();
  console.log(`# the demo was there after ${((Date.now() - begun) / 1000).toFixed(0)} s`);
  const browser = await startBrowser();
  const state = await signIn(browser, demo);
  const failures = await play({
    ...pages(browser, demo, state),
    ...tasks(browser, demo, state),
    ...live(browser, demo, state),
    ...markup(browser, demo, state),
  });
  await browser.close();
  return failures + (await play({
    "the demo ends in good order": async () => {
      const { code, log } = await demo.end();
      demand(code === 0, `it ended with ${code}`);
      demand(!log.includes("panicked"), log.slice(-500));
    },
  }));
}

setTimeout(() => {
  console.log(`not ok dashboard: not done after ${LIMIT_MS / 60_000} minutes`);
  process.exit(1);
}, LIMIT_MS).unref();

main().then(
  (failures) => process.exit(failures === 0 ? 0 : 1),
  (error) => {
    console.log(`not ok dashboard: ${error.message}`);
    process.exit(1);
  },
);
