// What is gone from a recording, and a visit that its owner erases.

import assert from "node:assert/strict";
import { join } from "node:path";

import { peek } from "../lib/look.js";
import { house, opening } from "../lib/stage.js";
import { follow, heading, press, sees, until } from "../lib/see.js";

/** A part of a recording is gone: what there is plays, and what is missing is said. */
export async function losePart(device) {
  const { page } = device;
  await page.goto("/history");
  await follow(page, /Parcel Post/);
  await heading(page, "Parcel Post");
  await page.getByRole("button", { name: "Save the clip" }).waitFor();
  const recording = await page.evaluate(async () => {
    const [entry] = location.pathname.match(/\d+/);
    const story = await (await fetch(`/api/v1/entries/${entry}`)).json();
    return story.recordings[0].id;
  });
  await house.losePart(recording);
  await device.tolerate(/status of 404 .*\/segments\//, async () => {
    await page.reload();
    await sees(page, "Not everything is here");
    await sees(page, "A part of it is gone from the hub’s disk.");
    await page.evaluate(() => void document.querySelector("video").play());
    await until(page, () => document.querySelector("video").currentTime > 0.5);
    await peek(page, "history-3-gap");
    await playOut(page);
    await press(page, "Save the clip");
    await sees(page, "Saved without 1 part that the hub’s disk has lost.");
    await packWhatIsLeft(page);
  });
}

/** The clip goes on behind what is missing, and comes to its end. */
async function playOut(page) {
  await page.evaluate(() => (document.querySelector("video").playbackRate = 4));
  await until(page, () => document.querySelector("video").ended);
}

/** The pack says by itself what it lacks. */
async function packWhatIsLeft(page) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    press(page, "Save the evidence pack"),
  ]);
  await sees(page, "Saved without 1 part that the hub’s disk has lost. Whoever checks it is told");
  const { folder } = await opening;
  const file = join(folder, "what-is-left.tar");
  await download.saveAs(file);
  const { code, stdout, stderr } = await house.doorward("evidence", "verify", file);
  assert.equal(code, 1, `${stdout}${stderr}`);
  assert.match(stdout + stderr, /is in the log and not in the pack/);
}

/** The owner erases a visit for good; the list does not have it any more. */
export async function erase(device) {
  const { page } = device;
  await press(page, "Erase this visit…");
  await sees(page, "Erase this visit?");
  await peek(page, "history-4-erase");
  // Its screen may ask once more for what is gone.
  await device.tolerate(/status of 404 .*\/api\/v1\/entries\/\d+/, async () => {
    await press(page, "Erase it for good");
    await heading(page, "History");
  });
  await page.getByRole("link", { name: /Parcel Post/ }).waitFor({ state: "detached" });
}
