// How quick the app is: until it can be used, until a step of a visit is on the screen, and how old
// the live picture is.

import assert from "node:assert/strict";

import { PHONE } from "./lib/browser.js";
import { firstLoad } from "./lib/load.js";
import { lookAway } from "./lib/look.js";
import { act } from "./lib/play.js";
import { doorward, house } from "./lib/stage.js";
import { heading, hubSays, press, sees, until } from "./lib/see.js";
import { installed } from "./lib/trust.js";
import { setUp } from "./scenes/setup.js";

const LOADS = 10;
const VISITS = 5;
const FRAMES = 150;
/** Frames that a player shows before it has caught up with the camera. */
const FIRST_FRAMES = 60;
/** The camera's squares: as many as the clock has bits. */
const BITS = 32;

/** What a visit's steps are called once they are done, and what the house saw of them. */
const STEPS = {
  Unlocked: "retracted",
  "Door opened": "open",
  "Door closed": "closed",
  "Locked again": "thrown",
};

await act(installed, async ({ open, link }) => {
  lookAway();
  const phone = await open(PHONE, "light");
  await setUp(phone, link, { home: "Lindenallee 4", person: "Ada", name: "Phone" });
  await house.furnish();
  await loads(phone);
  await visits(phone);
  await live(phone);
});

async function loads(phone) {
  const [bytes, ready] = [[], []];
  for (let n = 0; n < LOADS; n += 1) {
    const load = await firstLoad(phone);
    bytes.push(load.bytes / 1000);
    ready.push(load.ms);
  }
  await house.note("app: first load over the wire", "kB", bytes, 150);
  await house.note("app: first load until it can be used", "ms", ready, 1_000);
}

async function visits(phone) {
  const digits = await guestCode();
  await house.moved();
  const samples = [];
  for (let n = 0; n < VISITS; n += 1) samples.push(...(await watchVisit(phone, digits)));
  await house.note("app: a device's report → the open page", "ms", samples, 100);
}

async function guestCode() {
  const always = ["--days", "daily", "--hours", "00:00-24:00"];
  const words = ["guest", "add", "Measure", "--door", "front", ...always, "--json"];
  return JSON.parse(await doorward(...words)).digits;
}

/** Returns how long each step took from the device to the screen. */
async function watchVisit({ page }, digits) {
  await page.goto("/");
  await heading(page, "Front");
  await sees(page, /Locked\. Reported/);
  // Nobody is let in unseen, nor while the visit before is filmed to its end.
  await hubSays(page, ({ doors, cameras }) => !doors[0].entry && cameras[0].health.state === "live");
  await page.evaluate(noteSteps);
  await house.order("visitor polite");
  assert.equal(await house.type(digits), "accepted");
  await until(page, () => window.stepsSeen["Locked again"] !== undefined);
  const seen = await page.evaluate(() => window.stepsSeen);
  const moved = await house.moved();
  return Object.entries(STEPS).map(([step, part]) => {
    const { at } = moved.find((one) => one.part === part);
    return seen[step] - at;
  });
}

/** In the page: keeps the moment at which each step was first shown as done. */
function noteSteps() {
  window.stepsSeen = {};
  new MutationObserver(() => {
    for (const step of document.querySelectorAll("li.done .what")) {
      const name = step.lastChild.textContent.trim();
      window.stepsSeen[name] ??= performance.timeOrigin + performance.now();
    }
  }).observe(document.body, { childList: true, subtree: true, attributes: true });
}

async function live({ page }) {
  await house.addClock("off");
  await watchClock(page, "live picture: camera → screen");
  await doorward("camera", "remove", "clock");
  await house.addClock("recorded");
  await watchClock(page, "live picture, heard too: camera → screen", () => listen(page));
}

async function watchClock(page, name, meanwhile = async () => {}) {
  await page.goto("/live/clock");
  await until(page, () => document.querySelector("video")?.readyState >= 2);
  await meanwhile();
  const ages = await page.evaluate(ageOfFrames, { bits: BITS, frames: FIRST_FRAMES + FRAMES });
  await house.note(name, "ms", ages.slice(FIRST_FRAMES), 150);
}

/** A picture must not wait for its sound. */
async function listen(page) {
  await press(page, "Turn sound on");
  await until(page, () => document.querySelector("audio").currentTime > 1);
}

/** In the page: reads the clock off each frame, and how long ago that was when it is to be seen. */
function ageOfFrames({ bits, frames }) {
  const video = document.querySelector("video");
  const canvas = new OffscreenCanvas(bits, 1);
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const ages = [];
  const read = () => {
    // The middle line of the squares, each shrunk to one point.
    const side = video.videoWidth / bits;
    brush.drawImage(video, 0, side / 2, video.videoWidth, 1, 0, 0, bits, 1);
    const { data } = brush.getImageData(0, 0, bits, 1);
    let clock = 0;
    for (let bit = 0; bit < bits; bit += 1) clock = clock * 2 + (data[bit * 4] > 127 ? 1 : 0);
    return clock;
  };
  return new Promise((done) => {
    const look = (_, { expectedDisplayTime }) => {
      const shown = performance.timeOrigin + expectedDisplayTime;
      ages.push((shown - read()) % 2 ** bits);
      if (ages.length < frames) video.requestVideoFrameCallback(look);
      else done(ages);
    };
    video.requestVideoFrameCallback(look);
  });
}
