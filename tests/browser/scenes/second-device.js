// A second person pairs a device, gets the household key from the first one, and is shown the door.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { glance } from "../lib/look.js";
import { fill, follow, heading, press, sees } from "../lib/see.js";
import { choosePin } from "./setup.js";

/** A key that the app's own tests know, and nobody's. */
const OTHER_HOUSEHOLD = "../../../ui/src/lib/keys/vectors/identity.txt";

/** The owner offers a pairing; returns the code that could be typed elsewhere. */
export async function offerPairing({ page }) {
  await page.goto("/settings/people");
  await heading(page, "People");
  await press(page, "Pair another device");
  await press(page, "Show the code");
  await sees(page, "Or type this code there:");
  await glance(page, "people-2-offer");
  const token = await page.getByText("Or type this code there:").locator("code").textContent();
  await press(page, "Done");
  return token.trim();
}

/** Pairs a device by typing the code, and has the owner's device hand the key over. */
export async function pairSecond(second, first, token, { person, name }) {
  const { page } = second;
  await page.goto("/");
  await heading(page, "Pair this device");
  await glance(page, "pair-1-code");
  await fill(page, "Link or pairing code", token);
  await fill(page, "Your name", person);
  await fill(page, "This device’s name", name);
  await press(page, "Pair");
  await heading(page, "Compare the number");
  await sees(page, "As a resident you may open doors");
  await glance(page, "pair-2-key");
  await wrongSheets(page);
  await handOver(first.page, await number(page));
  await heading(page, "A PIN for this device");
  await choosePin(page);
}

/** What is no key, not quite one, or another household's is told apart; the other way stays open. */
async function wrongSheets(page) {
  const other = readFileSync(new URL(OTHER_HOUSEHOLD, import.meta.url), "utf8").trim();
  const misread = other.replace(/.$/, (last) => (last === "Q" ? "P" : "Q"));
  await page.getByRole("radio", { name: "From the recovery sheet" }).check();
  for (const [sheet, told] of [
    ["our household key", "That holds no household key. It begins with AGE-SECRET-KEY-1."],
    [misread, "A letter is wrong or missing. Compare it with the groups on the sheet."],
    [other, "This is the sheet of another household."],
  ]) {
    await fill(page, "The key from the sheet", sheet);
    await press(page, "Take the key in");
    await sees(page, told);
  }
  await glance(page, "pair-2-wrong-sheet");
  await page.getByRole("radio", { name: "From another device" }).check();
}

/** The same number on both screens, then the key. */
async function handOver(page, asked) {
  await page.goto("/settings/key");
  await heading(page, "Asking for the key");
  await sees(page, "Same number: hand over");
  assert.equal(await number(page), asked, "both screens show the same number");
  await glance(page, "key-hand-over");
  await press(page, "Same number: hand over");
  await sees(page, "Handed over.");
}

const number = async (page) => (await page.locator(".number").first().textContent()).trim();

/** A code that was used is good for nobody else. */
export async function reuseToken(third, token) {
  const { page } = third;
  await page.goto("/");
  await heading(page, "Pair this device");
  await fill(page, "Link or pairing code", token);
  await fill(page, "Your name", "Mallory");
  await fill(page, "This device’s name", "Found phone");
  await third.tolerate(/status of 4\d\d .*\/api\/v1\/pair\)/, async () => {
    await press(page, "Pair");
    await sees(page, "The code is wrong, used, or over. Ask for a new one.");
  });
  await glance(page, "pair-3-refused");
}
