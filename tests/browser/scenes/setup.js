// From a link to a home with a key: what the first owner does.

import assert from "node:assert/strict";

import { glance, look } from "../lib/look.js";
import { fill, heading, press, sees } from "../lib/see.js";

export const PIN = "739164";

/** Opens the link on a device that nobody has paired, and makes the hub somebody's. */
export async function setUp(device, link, names) {
  const { page } = device;
  await page.goto(link);
  return setUpFrom(page, names);
}

/** The same from the page that the link has opened. */
export async function setUpFrom(page, names) {
  const sheet = await untilPaper(page, names);
  await proveSheet(page, sheet);
  await finish(page, names.home);
  return sheet;
}

/** Names everything, makes the key and saves its sheet; returns what stands on it. */
export async function untilPaper(page, { home, person, name }) {
  await heading(page, "A doorkeeper for your home");
  await look(page, "setup-1-name");
  await fill(page, "What is your home called?", home);
  await fill(page, "What is your name?", person);
  await fill(page, "What is this device called?", name);
  await press(page, "Go on");

  await heading(page, "The household key");
  await glance(page, "setup-2-key");
  await press(page, "Make the key");

  await heading(page, "Keep the key on paper");
  const sheet = await keepSheet(page);
  await glance(page, "setup-3-paper");
  return sheet;
}

/** The PIN, and to the door. */
export async function finish(page, home) {
  await heading(page, `${home} has a doorkeeper`);
  await glance(page, "setup-4-pin");
  await choosePin(page);
  await press(page, "To the door");
}

/** Chooses the PIN that unlocking asks for. */
export async function choosePin(page) {
  await fill(page, "PIN, six digits or more", PIN);
  await fill(page, "The same again", PIN);
  await press(page, "Set the PIN");
}

/** Saves the sheet as a file and returns what stands on it. */
async function keepSheet(page) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    press(page, "Save as a file"),
  ]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  assert.match(text, /AGE-SECRET-KEY-1/i, "the sheet holds the key");
  return text;
}

/** Types the groups that are asked for; a wrong one is told first. */
export async function proveSheet(page, sheet) {
  const asked = page.getByLabel(/^Row \d+, group \d+$/);
  const count = await asked.count();
  assert.equal(count, 4, "four groups are asked for");
  for (let at = 0; at < count; at += 1) await asked.nth(at).fill("ZZZZ");
  await press(page, "I have the sheet");
  await sees(page, "That is not what stands there.");

  const key = groups(sheet);
  const labels = await page.locator("label").allTextContents();
  const wanted = labels.flatMap((label) => [...label.matchAll(/Row (\d+), group (\d+)/g)]);
  for (const [label, row, place] of wanted) {
    await fill(page, label, key[Number(row) - 1][Number(place) - 1]);
  }
  await press(page, "I have the sheet");
}

/** The key's groups as the sheet prints them, row by row. */
function groups(sheet) {
  const rows = sheet.split("\n").map((line) => line.trim().split(/\s+/));
  return rows.filter((row) => row.length > 1 && row.every((group) => /^[A-Z0-9-]{1,4}$/.test(group)));
}
