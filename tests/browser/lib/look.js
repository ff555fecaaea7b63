// Looking at a screen as people do: on a phone and on a desktop, by day and by night, and with the
// eyes of somebody who cannot see it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";

import { DESKTOP, PHONE } from "./browser.js";
import { opening, say } from "./stage.js";

const SERIOUS = new Set(["serious", "critical"]);

/** Axe judges two of the four: each layout and each set of colours once. */
const LOOKS = [
  { look: "phone-light", viewport: PHONE, scheme: "light", judged: true },
  { look: "phone-dark", viewport: PHONE, scheme: "dark" },
  { look: "desktop-light", viewport: DESKTOP, scheme: "light" },
  { look: "desktop-dark", viewport: DESKTOP, scheme: "dark", judged: true },
];

const looked = new Set();
let eyes = true;

/** Whoever measures, or comes for something else, has no time to look. */
export const lookAway = () => void (eyes = false);

/** Takes a picture of each look and has axe judge it; leaves the page as it was. */
export const look = (page, name) => lookAs(page, name, LOOKS);

/** The same in the two looks that differ in everything, for screens that hold no surprise. */
export const glance = (page, name) => lookAs(page, name, LOOKS.filter(({ judged }) => judged));

/** The same in one of the two, which falls to it by its name: for what goes wrong, and for settings. */
export function peek(page, name) {
  const two = LOOKS.filter(({ judged }) => judged);
  return lookAs(page, name, [two[name.length % two.length]]);
}

async function lookAs(page, name, looks) {
  if (!eyes) return;
  const before = page.viewportSize();
  for (const { look, viewport, scheme, judged } of looks) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme: scheme });
    await settled(page);
    await picture(page, `${name}-${look}`);
    if (judged) await judge(page, `${name}, ${look}`);
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: null });
  looked.add(name);
}

async function picture(page, name) {
  const { screens } = await opening;
  await page.screenshot({ path: join(screens, `${name}.png`), animations: "disabled" });
}

/** Nothing serious may be wrong with what is shown. */
async function judge(page, name) {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  const serious = violations.filter(({ impact }) => SERIOUS.has(impact));
  const told = serious.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`,
  );
  assert.deepEqual(told, [], `${name}: nothing serious for somebody who cannot see it`);
}

/** A colour or a size that is on its way is neither of the two: waits until nothing moves. */
async function settled(page) {
  await page.evaluate(async () => {
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const ending = document
      .getAnimations()
      .filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
      .map((one) => one.finished.catch(() => undefined));
    await Promise.all(ending);
  });
}

/** Says which screens were looked at. */
export async function summary() {
  const { screens } = await opening;
  say(`${looked.size} screens were looked at, on a phone and a desktop, by day and by night: ${screens}`);
}
