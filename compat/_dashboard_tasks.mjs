// What people come to the dashboard for, with a mouse, with the keyboard alone, and without scripts.

import { demand, inWindow, openWindow, until, withKey } from "./_browser.mjs";

const MODEL = "credit-approval";
const MONITOR = `${MODEL}-data-quality`;
const WAITING = "demand-forecast";
const DRAFT = "credit-approval-next";
const CALM = "card-fraud-data-quality";

const text = (page, selector) => page.locator(selector).first().innerText();

export function scenarios(browser, demo, state) {
  const visit = (options, act) => inWindow(browser, demo, { storageState: state, ...options }, act);
  const open = (page, path) => page.goto(demo.address + path);

  return {
    "what broke and why is found in three clicks": visit({}, async (page) => {
      await open(page, "/dashboard");
      await page.getByRole("link", { name: MODEL, exact: true }).click();
      await page.getByRole("link", { name: MONITOR, exact: true }).first().click();
      await page.waitForURL(`**/monitors/${MONITOR}`);
      const what = await page.locator("main").innerText();
      demand(what.includes("In alert since"), "the monitor does not say that it is in alert");
      // The feature that moved most is first.
      const first = page.locator("#features table tbody tr").first();
      demand((await first.innerText()).includes("income"), `first is ${await first.innerText()}`);
      await first.getByRole("link", { name: "income" }).first().click();
      await page.waitForURL(`**/monitors/${MONITOR}/features/income`);
      const why = await page.locator("main").innerText();
      demand(why.includes("Explain this number") && why.includes("Step by step"), "the number is not explained");
      demand((await page.locator("main svg").count()) > 0, "nothing is drawn");
    }),

    "a threshold is tried over the history before it is in force": visit({}, async (page) => {
      await open(page, `/monitors/${MONITOR}`);
      await page.locator(`a[href$="/monitors/${MONITOR}/constraints"]`).first().click();
      const limit = page.locator('input[name="drift.income"]');
      const before = await limit.inputValue();
      await limit.fill("0.95");
      // It comes while one types, without a button.
      const preview = page.locator("#preview");
      await preview.getByText(/runs?/).first().waitFor();
      demand(before !== "0.95", "the threshold is that already");
      await preview.locator('input[name="reason"]').fill("Incomes are <b>gross</b> from now on");
      await preview.getByRole("button", { name: "Put in force" }).click();
      await page.getByText("In force from the next run on").waitFor();
      demand((await limit.inputValue()) === "0.95", `the threshold is ${await limit.inputValue()}`);
      await open(page, "/activity");
      demand((await page.locator("main").innerText()).includes("Incomes are <b>gross</b> from now on"), "the reason is not in the activity");
    }),

    "a card is approved by somebody else than its author": visit({}, async (page, window) => {
      await open(page, "/cards");
      await page.getByRole("link", { name: WAITING, exact: true }).first().click();
      await page.locator(`a[href$="/cards/${WAITING}/review"]`).first().click();
      const said = await page.locator("main").innerText();
      demand(/four eyes|policy/i.test(said), "the page does not speak of the policy");
      // The policy wants a comment: without one the browser itself does not send the form.
      await page.getByRole("button", { name: "Approve", exact: true }).click();
      demand(page.url().endsWith(`/cards/${WAITING}/review`), "it was sent without a comment");
      await page.locator('textarea[name="comment"]').fill(`Read it all <i>twice</i>`);
      await page.getByRole("button", { name: "Approve", exact: true }).click();
      await page.getByRole("button", { name: "Renew the approval" }).waitFor();
      const after = await page.locator("main").innerText();
      demand(after.includes("Approved") && after.includes("Read it all <i>twice</i>"), "the approval is not shown with its comment");
      await open(page, `/models/${WAITING}`);
      demand((await page.locator("main").innerText()).includes("Approved"), "the model's page does not know of the approval");
    }),

    "what was typed outlives the session": visit({}, async (page, { context, complaints }) => {
      const typed = "Typed for an hour\nbefore the session ended";
      await open(page, `/cards/${DRAFT}/edit`);
      await page.locator('[name="intended_uses.purpose_of_model"]').fill(typed);
      await context.clearCookies();
      await page.getByRole("button", { name: "Save", exact: true }).click();
      const again = page.getByRole("button", { name: "Send it once more" });
      await again.waitFor();
      const beside = await context.newPage();
      await withKey(beside, demo);
      await beside.close();
      await again.click();
      await page.getByText("It asks to save the card").waitFor();
      demand((await page.locator("main").innerText()).includes("in the name of root"), "it is not said in whose name");
      await again.click();
      await page.waitForURL(`**/cards/${DRAFT}`);
      demand((await page.locator("main").innerText()).includes("before the session ended"), "what was typed is not kept");
      // Both refusals are 403s, which the browser tells of.
      const others = complaints.filter((text) => !text.includes("403"));
      complaints.splice(0, complaints.length, ...others);
    }),

    "nobody approves what they wrote": visit({}, async (page, window) => {
      await open(page, `/cards/${DRAFT}/edit`);
      await page.locator("textarea:visible").first().fill("Written by whoever reads this page");
      await page.locator('input[name="reason"]').fill("To be approved by another");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.waitForURL((url) => !url.pathname.endsWith("/edit"));
      await open(page, `/cards/${DRAFT}/review`);
      demand((await page.getByRole("button", { name: "Approve", exact: true }).count()) === 0, "the author is offered to approve");
      demand(/Approve: not now/.test(await page.locator("main").innerText()), "it is not said why");
    }),

    "the editor of a card says what is wrong while it is typed": visit({}, async (page) => {
      await open(page, `/cards/${DRAFT}/edit`);
      const total = page.locator("[data-fault-total]");
      const before = await total.innerText();
      await page.locator("textarea:visible").first().fill("x".repeat(3000));
      await until(async () => (await total.innerText()) !== before, "nothing is said of a text that is too long");
    }),

    "the keyboard alone reaches everything, and shows where it is": visit({}, async (page) => {
      await open(page, "/dashboard");
      await page.keyboard.press("Tab");
      const skip = await page.evaluate(() => {
        const box = document.activeElement.getBoundingClientRect();
        return { text: document.activeElement.textContent, isSeen: box.left >= 0 && box.top >= 0 && box.width > 0 };
      });
      demand(skip.text === "Skip to the content" && skip.isSeen, `first comes ${JSON.stringify(skip)}`);
      const walked = await walk(page, 40);
      const unseen = walked.filter((step) => !step.isShown);
      demand(unseen.length === 0, `no sign of the focus on ${unseen.map((step) => step.what).slice(0, 5).join(", ")}`);
      const orders = walked.map((step) => step.order);
      demand(orders.every((order, place) => place === 0 || order > orders[place - 1]), `the order of the focus is not that of the page: ${walked.map((step) => step.what)}`);
      demand(walked.length >= 30, `only ${walked.length} places are reached`);
      // The skip link leads behind the bar.
      await open(page, "/dashboard");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      demand(await page.evaluate(() => document.getElementById("main").contains(document.activeElement)), "the skip link skips nothing");
      // A model is opened by its name.
      await page.getByRole("link", { name: MODEL, exact: true }).focus();
      await page.keyboard.press("Enter");
      await page.waitForURL(`**/models/${MODEL}`);
    }),

    "a menu opens and closes by keyboard": visit({}, async (page) => {
      await open(page, "/dashboard");
      const menu = page.locator("details.person-menu");
      await menu.locator("summary").focus();
      await page.keyboard.press("Enter");
      demand(await menu.evaluate((element) => element.open), "Enter does not open the menu");
      await page.keyboard.press("Escape");
      demand(!(await menu.evaluate((element) => element.open)), "Escape does not close the menu");
    }),

    "the theme is chosen by hand, and stays": visit({ colorScheme: "light" }, async (page) => {
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await open(page, "/dashboard");
      const light = await ground();
      await page.getByRole("button", { name: "Dark" }).click();
      await until(async () => (await ground()) !== light, "the theme does not change");
      const dark = await ground();
      await page.waitForLoadState("networkidle");
      await open(page, `/models/${MODEL}`);
      demand((await ground()) === dark, "the next page has another theme");
      await page.getByRole("button", { name: "As the system" }).click();
      await until(async () => (await ground()) === light, "the system's theme does not come back");
    }),

    "times are the reader's own, and UTC on hover": visit({ timezoneId: "Asia/Tokyo", locale: "en-GB" }, async (page) => {
      await open(page, `/monitors/${MONITOR}`);
      const times = await page.$$eval("main time[data-moment]", (found) =>
        found.map((time) => ({ shown: time.textContent, title: time.title, at: time.dateTime })));
      demand(times.length > 5, "the page has no times");
      for (const { shown, title, at } of times) {
        const hour = String((new Date(at).getUTCHours() + 9) % 24).padStart(2, "0");
        demand(shown.includes(` ${hour}:`) && title.endsWith("UTC"), `${at} is shown as ${shown} (${title})`);
      }
    }),

    "a page that is not there says so, with the id to tell": visit({}, async (page, window) => {
      const answer = await open(page, "/models/no-such-model");
      demand(answer.status() === 404, `it answers ${answer.status()}`);
      const id = answer.headers()["x-amzn-requestid"];
      demand((await text(page, "main")).includes(id), "the request id is not on the page");
      // Chromium itself notes the 404.
      window.complaints.length = 0;
    }),

    "everything main works without scripts": async () => {
      const { context, page, complaints } = await openWindow(browser, demo, { javaScriptEnabled: false, width: 1280 });
      await withKey(page, demo);
      await page.waitForURL("**/dashboard");
      await page.locator('form.filters input[name="q"]').fill("fraud");
      await page.locator('form.filters button[type="submit"]').click();
      await page.waitForURL("**/dashboard?**");
      const found = await page.locator("table.fleet tbody tr").count();
      demand(found === 1, `${found} models are called fraud`);
      await page.getByRole("link", { name: "card-fraud", exact: true }).click();
      await page.getByRole("link", { name: CALM }).first().click();
      const rows = page.locator("table.runs tbody tr");
      await page.waitForURL("**/monitors/**");
      const monitor = page.url();
      const before = await rows.first().getAttribute("id");
      await page.getByRole("button", { name: "Run now" }).click();
      await page.waitForURL("**/runs/**");
      await until(async () => {
        await page.goto(monitor);
        return (await rows.first().getAttribute("id")) !== before;
      }, "no new run is shown");
      await page.goto(`${demo.address}/monitors/${MODEL}-explainability`);
      await page.goto(`${demo.address}/monitors/${MODEL}-bias`);
      const acknowledging = page.locator('form.reason:has(button[value="acknowledge"])').first();
      await acknowledging.locator('input[name="reason"]').fill("Known to the <b>risk</b> office");
      await acknowledging.locator("button").click();
      demand((await page.locator("main").innerText()).includes("Known to the <b>risk</b> office"), "the reason is not shown as it was typed");
      await page.locator('form[data-theme-switch] button[value="dark"]').click();
      demand((await page.locator("html").getAttribute("data-theme")) === "dark", "the theme is not kept");
      await page.locator("details.person-menu summary").click();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL("**/login");
      demand(complaints.length === 0, complaints.join(" | "));
      await context.close();
    },
  };
}

/** Presses Tab; where the focus went each time, until it leaves the page. */
async function walk(page, steps) {
  const walked = [];
  for (let step = 0; step < steps; step += 1) {
    const seen = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body) return null;
      const style = getComputedStyle(element);
      const all = [...document.querySelectorAll("*")];
      return {
        what: `${element.localName} ${(element.textContent || element.name || "").trim().slice(0, 20)}`,
        order: all.indexOf(element),
        isShown: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none",
      };
    });
    if (!seen) break;
    walked.push(seen);
    await page.keyboard.press("Tab");
  }
  return walked;
}
