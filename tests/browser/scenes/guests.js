// A code for somebody who comes again and again, and the two for emergencies.

import assert from "node:assert/strict";

import { peek } from "../lib/look.js";
import { house } from "../lib/stage.js";
import { fill, follow, heading, press, sees } from "../lib/see.js";

/** Gives a guest a code, sees it once, and ends it: the keypad refuses it then. */
export async function inviteAndEnd(device) {
  const { page } = device;
  await page.goto("/guests");
  await heading(page, "Guests");
  await follow(page, "Give somebody a code");
  await heading(page, "A code for a guest");
  await press(page, "Make the code");
  await sees(page, "Enter a name: the list and the history show it.");
  await fill(page, "Who is it for?", "Anna, the dog walker");
  for (const day of await page.getByRole("checkbox").all()) await day.check();
  await page.getByRole("radio", { name: "Day and night" }).check();
  await peek(page, "guests-1-form");
  await press(page, "Make the code");
  await heading(page, "Anna, the dog walker");
  await sees(page, "This code is shown once");
  await peek(page, "guests-2-code");
  const digits = await shownDigits(page);
  await follow(page, "I have handed it over");
  await sees(page, "Anna, the dog walker");
  await peek(page, "guests-3-list");

  await follow(page, /Anna, the dog walker/);
  await sees(page, "Has not come yet");
  await press(page, "End this code");
  await sees(page, "End Anna, the dog walker’s code?");
  await peek(page, "guests-4-end");
  await press(page, "End the code");
  await sees(page, "Ended");
  assert.equal(await house.type(digits), "refused", "an ended code opens nothing");
}

/** Makes an emergency code; what it is for is said before. */
export async function sealEnvelope({ page }) {
  await page.goto("/guests/new/emergency");
  await heading(page, /emergency/i);
  await sees(page, /it always alarms everybody here/);
  await peek(page, "guests-5-emergency");
  await press(page, "Make an emergency code");
  await sees(page, /put it into an envelope and seal it/);
  await shownDigits(page);
  await peek(page, "guests-6-envelope");
}

async function shownDigits(page) {
  const shown = page.getByText(/^The code: /);
  await shown.waitFor({ state: "attached" });
  const digits = (await shown.textContent()).replaceAll(/\D/g, "");
  assert.match(digits, /^\d{8}$/);
  return digits;
}
