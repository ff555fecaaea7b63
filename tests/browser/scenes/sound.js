// What a camera hears, with its live picture: silent until somebody asks, and never in the picture's way.

import assert from "node:assert/strict";

import { look, peek } from "../lib/look.js";
import { doorward, house, say } from "../lib/stage.js";
import { hubSays, press, sees, until } from "../lib/see.js";

/** Sound and its picture further apart than this would not belong together. */
const APART_MS = 1_000;
const PIECES = 20;

/** The porch may be heard: it is, once the button was pressed, and until it is pressed again. */
export async function listen({ page }) {
  const lines = timeLines(page);
  await page.goto("/live/porch");
  await shows(page);
  await sees(page, "Turn sound on");
  assert.equal(await page.evaluate(decoded), 0, "nobody asked for sound yet");
  assert.equal(lines.sound, undefined, "so that none was sent");
  await look(page, "sound-1-off");
  await page.getByRole("button", { name: "Turn sound on" }).focus();
  await page.keyboard.press("Enter");
  await hears(page);
  await look(page, "sound-2-on");
  say(`sound is heard ${(await apart(page, lines)).toFixed(0)} ms after its picture is seen`);
  await goDeaf(page);
  await press(page, "Turn sound off");
  assert.ok(await page.evaluate(() => document.querySelector("audio").paused), "it is quiet at once");
  await page.goto("/settings/cameras");
  await sees(page, "Its sound is recorded, and can be heard with the live picture.");
}

/** A camera that was added without sound offers none, and the hub hands none out. */
export async function hearNothing({ page }) {
  await house.addClock("off");
  await hubSays(page, ({ cameras }) => cameras.every(({ health }) => health.state === "live"));
  await page.goto("/live/clock");
  await shows(page);
  await sees(page, "This camera’s sound is off: it is neither recorded nor heard.");
  assert.equal(await page.locator("audio").count(), 0);
  assert.equal(await page.getByRole("button", { name: /sound/ }).count(), 0);
  assert.equal(await page.evaluate(audioInPicture), 0, "nor is any among the pictures");
  await doorward("camera", "remove", "clock");
}

/** The microphone stops: that is said, and the pictures go on as they did. */
async function goDeaf(page) {
  await house.camera("deaf");
  await sees(page, "No sound comes.");
  await peek(page, "sound-3-deaf");
  await shows(page);
  await house.camera("live");
  await hears(page);
}

/** Waits until pictures move on, for a second of them. */
async function shows(page) {
  await until(page, () => document.querySelector("video")?.readyState >= 2);
  const begun = await page.evaluate(() => document.querySelector("video").currentTime);
  await until(page, (begun) => document.querySelector("video").currentTime > begun + 1, begun);
}

/** Waits until so much more sound was decoded and played as a few of the camera's pieces hold. */
async function hears(page) {
  const before = await page.evaluate(decoded);
  await until(
    page,
    ({ before, pieces }) => {
      const audio = document.querySelector("audio");
      return !audio.paused && !audio.muted && audio.webkitAudioDecodedByteCount > before + pieces;
    },
    { before, pieces: PIECES * 50 },
  );
  const begun = await page.evaluate(() => document.querySelector("audio").currentTime);
  await until(page, (begun) => document.querySelector("audio").currentTime > begun + 1, begun);
}

const decoded = () => document.querySelector("audio").webkitAudioDecodedByteCount;
const audioInPicture = () => document.querySelector("video").webkitAudioDecodedByteCount;

/** Notes where on the camera's line the page's streams begin, as the hub announces it. */
function timeLines(page) {
  const lines = {};
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => {
      if (typeof payload !== "string" || !payload.includes("starts_ms")) return;
      const kind = socket.url().endsWith("/sound") ? "sound" : "pictures";
      lines[kind] = JSON.parse(payload).starts_ms;
    });
  });
  return lines;
}

/** How much later sound is heard than its picture is seen, in milliseconds. */
async function apart(page, lines) {
  const [seen, heard] = await page.evaluate(() =>
    ["video", "audio"].map((player) => document.querySelector(player).currentTime * 1000),
  );
  const late = lines.pictures + seen - (lines.sound + heard);
  assert.ok(Math.abs(late) < APART_MS, `sound and picture are ${late} ms apart`);
  return late;
}
