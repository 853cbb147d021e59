// Pages follow what happens without being loaded again, and leave alone what the reader has focused,
// opened, scrolled to and typed.

import { call, demand, inWindow, openWindow, until, withKey } from "./_browser.mjs";

const MODEL = "credit-approval";
const CALM = "card-fraud-data-quality";

const text = (page, selector) => page.locator(selector).first().innerText();

/** A page that was not loaded again keeps what scripts put there. */
const mark = (page) => page.evaluate(() => (window.isSamePage = true));
const demandSamePage = async (page) => demand(await page.evaluate(() => window.isSamePage === true), "the page was loaded again");

export function scenarios(browser, demo, state) {
  const visit = (options, act) => inWindow(browser, demo, { storageState: state, ...options }, act);
  const open = (page, path) => page.goto(demo.address + path);
  return {
    "a monitor runs now, and the page of its run tells its end by itself": visit({}, async (page) => {
      await open(page, `/monitors/${CALM}`);
      await page.getByRole("button", { name: "Run now" }).click();
      await page.waitForURL(`**/monitors/${CALM}/runs/**`);
      await until(async () => /Completed|violation/i.test(await text(page, "main .title")), "the run is not shown as ended", 90_000);
    }),

    "a run that somebody else asked for appears without loading the page again": visit({}, async (page) => {
      await open(page, `/monitors/${CALM}`);
      await mark(page);
      const rows = page.locator("table.runs tbody tr");
      const before = await rows.first().getAttribute("id");
      await call(demo, "Probity.RunMonitoringSchedule", { MonitoringScheduleName: CALM });
      await until(async () => {
        const first = rows.first();
        if ((await first.getAttribute("id")) === before) return false;
        return /Completed|violation/i.test(await first.innerText());
      }, "the run is not shown as ended", 90_000);
      await demandSamePage(page);
    }),

    "a page that changes keeps what was focused, opened, scrolled to and typed": visit({}, async (page) => {
      await open(page, `/monitors/${MODEL}-bias`);
      await mark(page);
      const silencing = page.locator("main details:has(button[value=silence])");
      await silencing.locator("summary").click();
      const reason = silencing.locator('input[name="reason"]');
      await reason.fill("A half-written");
      const details = page.locator("main details.numbers").first();
      await details.locator("summary").click();
      await page.locator("#runs").scrollIntoViewIfNeeded();
      const link = page.locator("main a").last();
      await link.focus();
      const [scrolled, focused] = await page.evaluate(() => [window.scrollY, document.activeElement.outerHTML]);
      demand(scrolled > 0, "the page is too short to be scrolled");
      const before = await text(page, "table.runs tbody tr");
      await call(demo, "Probity.RunMonitoringSchedule", { MonitoringScheduleName: `${MODEL}-bias` });
      await until(async () => (await text(page, "table.runs tbody tr")) !== before, "the new run is not shown", 90_000);
      await demandSamePage(page);
      demand((await reason.inputValue()) === "A half-written", "what was typed is gone");
      for (const opened of [silencing, details]) {
        demand(await opened.evaluate((element) => element.open), "what was opened is closed");
      }
      const [stands, has] = await page.evaluate(() => [window.scrollY, document.activeElement.outerHTML]);
      demand(has === focused, `the focus went from ${focused} to ${has}`);
      demand(Math.abs(stands - scrolled) < 400, `the page stands at ${stands} instead of ${scrolled}`);
    }),

    "what happens elsewhere is shown, and signing out elsewhere is told": async () => {
      // A session of its own, which ends here.
      const { context, page } = await openWindow(browser, demo);
      const key = await withKey(page, demo);
      demand(key.endsWith("/dashboard"), `signing in leads to ${key}`);
      await page.goto(`${demo.address}/activity`);
      await mark(page);
      await call(demo, "SageMaker.AddTags", {
        ResourceArn: (await call(demo, "SageMaker.DescribeModel", { ModelName: MODEL })).ModelArn,
        Tags: [{ Key: "seen-by", Value: "a driver" }],
      });
      await until(async () => (await page.locator("main").innerText()).match(/[Tt]ag/), "the new event is not shown");
      await demandSamePage(page);
      const other = await context.newPage();
      await other.goto(`${demo.address}/dashboard`);
      await other.locator("details.person-menu summary").click();
      await other.getByRole("button", { name: "Sign out" }).click();
      await other.waitForURL("**/login");
      await page.bringToFront();
      await call(demo, "SageMaker.DeleteTags", {
        ResourceArn: (await call(demo, "SageMaker.DescribeModel", { ModelName: MODEL })).ModelArn,
        TagKeys: ["seen-by"],
      });
      await until(async () => (await page.locator("[role=status]", { hasText: "You are signed out" }).count()) > 0, "nothing is said of the end of the session");
      await context.close();
    },
  };
}
