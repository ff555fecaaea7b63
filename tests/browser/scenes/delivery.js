// A courier is expected, comes, and leaves; whoever has the app open watches.

import assert from "node:assert/strict";

import { glance, look } from "../lib/look.js";
import { house } from "../lib/stage.js";
import { fill, follow, heading, press, sees, until } from "../lib/see.js";

/** Fills the form and returns the eight digits that it yields. */
export async function expectDelivery(page) {
  await follow(page, "Expect a delivery");
  await heading(page, "Expect a delivery");
  // All day: the test may run at any hour.
  await page.getByRole("radio", { name: "Today" }).check();
  await fill(page, "From", "00:00");
  await fill(page, "Until", "23:59");
  await fill(page, "Who brings it?", "Parcel Post");
  await fill(page, "Where shall it be put?", "On the bench to the left");
  await glance(page, "delivery-1-form");
  await press(page, "Make the code");
  await heading(page, "Parcel Post");
  const shown = page.getByText(/^The code: /);
  await shown.waitFor({ state: "attached" });
  const digits = (await shown.textContent()).replaceAll(/\D/g, "");
  assert.match(digits, /^\d{8}$/);
  const text = await page.getByText(/^Please type \d{4} ?\d{4} on the keypad/).textContent();
  assert.ok(text.replaceAll(" ", "").includes(digits), "the courier reads the code");
  await look(page, "delivery-2-code");
  return digits;
}

/** The courier types the code and opens; whoever has the app open sees it as it happens. */
export function visit(devices, digits) {
  // A visit is told of before it is written down, and may be asked for in between.
  const early = /status of 404 .*\/api\/v1\/entries\/\d+\)/;
  const watch = () => watchVisit(devices, digits);
  return devices.reduce((act, device) => () => device.tolerate(early, act), watch)();
}

async function watchVisit(devices, digits) {
  const [{ page }] = devices;
  await house.order("visitor careless");
  assert.equal(await house.type(digits), "accepted");
  await Promise.all(devices.map(({ page }) => heading(page, "The front door is open")));
  await Promise.all(devices.map(({ page }) => moves(page)));
  await look(page, "visit-1-open");
  await house.order("close");
  await Promise.all(devices.map(({ page }) => heading(page, "The visit is over")));
  await sees(page, "Locked again");
  await glance(page, "visit-2-over");
}

/** A picture that moves: frames are decoded, and the time goes on. */
async function moves(page) {
  await until(page, () => document.querySelector("video")?.readyState >= 2);
  const begun = await page.evaluate(() => document.querySelector("video").currentTime);
  await until(
    page,
    (begun) => {
      const video = document.querySelector("video");
      const { totalVideoFrames } = video.getVideoPlaybackQuality();
      return video.currentTime > begun + 0.5 && video.videoWidth === 1280 && totalVideoFrames > 5;
    },
    begun,
  );
}
