// A courier is expected, comes, and leaves; the owner watches and looks at it again afterwards.

import assert from "node:assert/strict";
import { join } from "node:path";

import { PATIENCE_MS } from "../lib/browser.js";
import { glance, look } from "../lib/look.js";
import { doorward, house, opening, say } from "../lib/stage.js";
import { fill, follow, heading, press, sees, until } from "../lib/see.js";

const SEEK_MS = 1_000;

/** So many places of a clip are looked at, one after the other. */
const PLACES = 60;

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
  const text = await page
    .getByText(/^Please type \d{4} ?\d{4} on the keypad/)
    .textContent();
  assert.ok(
    text.replaceAll(" ", "").includes(digits),
    "the courier reads the code",
  );
  await look(page, "delivery-2-code");
  return digits;
}

/** The courier types the code and opens; whoever has the app open sees it as it happens. */
export function visit(devices, digits) {
  // A visit is told of before it is written down, and may be asked for in between.
  const early = /status of 404 .*\/api\/v1\/entries\/\d+\)/;
  const watch = () => watchVisit(devices, digits);
  return devices.reduce(
    (act, device) => () => device.tolerate(early, act),
    watch,
  )();
}

async function watchVisit(devices, digits) {
  const [{ page }] = devices;
  await house.order("visitor careless");
  assert.equal(await house.type(digits), "accepted");
  await Promise.all(
    devices.map(({ page }) => heading(page, "The front door is open")),
  );
  await Promise.all(devices.map(({ page }) => moves(page)));
  await look(page, "visit-1-open");
  // The rest of the recording has sound in patches, and then none; its pictures are played all the same.
  await house.camera("patchy");
  await house.order("close");
  await Promise.all(
    devices.map(({ page }) => heading(page, "The visit is over")),
  );
  await sees(page, "Locked again");
  await house.camera("deaf");
  await glance(page, "visit-2-over");
}

/** A picture that moves: frames are decoded, and the time goes on. */
async function moves(page) {
  await until(page, () => document.querySelector("video")?.readyState >= 2);
  const begun = await page.evaluate(
    () => document.querySelector("video").currentTime,
  );
  await until(
    page,
    (begun) => {
      const video = document.querySelector("video");
      const { totalVideoFrames } = video.getVideoPlaybackQuality();
      return (
        video.currentTime > begun + 0.5 &&
        video.videoWidth === 1280 &&
        totalVideoFrames > 5
      );
    },
    begun,
  );
}

/**
 * The visit in the history: its steps, and its clip, whose first pieces are asked for in vain and find
 * a full player.
 */
export async function lookBack(device) {
  const { page } = device;
  await page.goto("/history");
  await heading(page, "History");
  // The visit goes on until the camera has seen the door at rest for a while.
  await sees(page, /In and out again/);
  await glance(page, "history-1-list");
  await fillPlayer(page);
  await device.tolerate(/ERR_CONNECTION_RESET .*\/segments\//, async () => {
    let refused = 0;
    const refuse = (route) => {
      refused += 1;
      return route.abort("connectionreset");
    };
    await page.route("**/segments/*", refuse, { times: 2 });
    await follow(page, /Parcel Post/);
    await heading(page, "Parcel Post");
    await sees(page, "In and out again");
    await house.camera("live");
    await watchClip(page);
    assert.equal(refused, 2, "the hub was away when the clip was asked for");
  });
  await look(page, "history-2-story");
}

/** The player has no room at first: nothing is called damaged for that. */
function fillPlayer(page) {
  return page.evaluate(() => {
    const take = SourceBuffer.prototype.appendBuffer;
    let times = 2;
    SourceBuffer.prototype.appendBuffer = function (bytes) {
      times -= 1;
      if (times >= 0)
        throw new DOMException("It is full.", "QuotaExceededError");
      take.call(this, bytes);
    };
  });
}

/** Plays the clip that this device opened with the household key, and jumps about in it. */
async function watchClip(page) {
  await until(page, () => {
    const video = document.querySelector("video");
    return (
      video?.readyState >= 2 &&
      Number.isFinite(video.duration) &&
      video.duration > 5
    );
  });
  await page.evaluate(() => void document.querySelector("video").play());
  const begun = await page.evaluate(
    () => document.querySelector("video").currentTime,
  );
  await until(
    page,
    (begun) => document.querySelector("video").currentTime > begun + 1,
    begun,
  );
  assert.ok(
    await page.evaluate(heardOfClip),
    "the owner let the camera be heard: so is its clip",
  );
  const took = [];
  for (const part of [0.8, 0.2, 0.6]) took.push(await seek(page, part));
  say(
    `a seek lands after ${took.map((ms) => `${ms.toFixed(0)} ms`).join(", ")}`,
  );
  const middle = took.sort((a, b) => a - b)[1];
  assert.ok(middle < SEEK_MS, `a seek lands within ${SEEK_MS} ms: ${middle}`);
  await page.evaluate(() => document.querySelector("video").pause());
  for (let part = 0; part < 0.99; part += 1 / PLACES) await seek(page, part);
}

/** In the page: whether the clip's player has decoded sound, and is not told to be quiet. */
function heardOfClip() {
  const video = document.querySelector("video");
  return (
    video.webkitAudioDecodedByteCount > 0 && !video.muted && video.volume === 1
  );
}

/** Jumps to a part of the clip; returns the milliseconds until the picture of that place is there. */
function seek(page, part) {
  return page.evaluate(
    async ({ part, patience }) => {
      const video = document.querySelector("video");
      const start = video.seekable.start(0);
      const wanted = start + part * (video.seekable.end(0) - start);
      const late = AbortSignal.timeout(patience);
      const happens = (name) =>
        new Promise((resolve, reject) => {
          const missed = () => reject(new Error(`no ${name} at ${wanted} s`));
          late.addEventListener("abort", missed, { once: true });
          video.addEventListener(name, resolve, { once: true });
        });
      const began = performance.now();
      const landed = happens("seeked");
      video.currentTime = wanted;
      await landed;
      if (video.readyState < 2) await happens("canplay");
      if (Math.abs(video.currentTime - wanted) > 2)
        throw new Error("it landed somewhere else");
      return performance.now() - began;
    },
    { part, patience: PATIENCE_MS },
  );
}

/** Saves the pack of evidence and has the command line judge it, which knows nothing of this hub. */
export async function keepEvidence({ page }) {
  const { folder } = await opening;
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    press(page, "Save the evidence pack"),
  ]);
  assert.match(download.suggestedFilename(), /\.doorward-evidence\.tar$/);
  const file = join(folder, download.suggestedFilename());
  await download.saveAs(file);
  const verdict = await doorward("evidence", "verify", file);
  say(`the evidence pack holds: ${verdict.split("\n")[0]}`);
}
