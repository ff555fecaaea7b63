// What a person sees and does, by the words and roles that they meet. Every wait has a deadline.

import assert from "node:assert/strict";

import { PATIENCE_MS } from "./browser.js";

/** Waits until something with these words is to be seen. */
export const sees = (page, words) =>
  page.getByText(words).filter({ visible: true }).first().waitFor({ state: "visible" });

export const heading = (page, name) =>
  page.getByRole("heading", { name }).filter({ visible: true }).first().waitFor();

export const press = (page, name) =>
  page.getByRole("button", { name }).filter({ visible: true }).first().click();

export const follow = (page, name) =>
  page.getByRole("link", { name }).filter({ visible: true }).first().click();

export const fill = (page, label, text) => page.getByLabel(label).fill(text);

/** Waits until a value that the page computes is as wished. */
export const until = (page, compute, argument) =>
  page.waitForFunction(compute, argument, { polling: "raf" });

/** Waits until the hub's status is as wished: no news comes of some of it, so it is asked. */
export async function hubSays(page, wished) {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const { house } = await page.evaluate(async () => {
      await new Promise(requestAnimationFrame);
      return (await fetch("/api/v1/status")).json();
    });
    if (wished(house)) return;
    assert.ok(Date.now() < until, `the hub says ${JSON.stringify(house)}`);
  }
}
