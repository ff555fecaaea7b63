// The hub goes away, and the app that the browser kept says so; the hub comes back, and so does the
// house, without anybody doing anything.

import assert from "node:assert/strict";

import { glance } from "../lib/look.js";
import { heading } from "../lib/see.js";
import { house } from "../lib/stage.js";

/** Opens the app while nobody answers. */
export async function openWithoutHub(device) {
  const { page } = device;
  await page.goto("/");
  await heading(page, "Front");
  const worker = await page.evaluate(async () => (await navigator.serviceWorker.ready).active.scriptURL);
  assert.equal(worker, `${device.origin}/sw.js`, "the service worker is the app's own");
  await keepsNoAnswers(page);
  const unanswered = /net::ERR_|WebSocket connection to|status of 50[0-9]/;
  await device.tolerate(unanswered, async () => {
    await house.kill();
    await page.reload();
    await heading(page, "The hub cannot be reached");
    await glance(page, "away-1-no-hub");
    await house.return();
    await heading(page, "Front");
  });
}

/** What a browser keeps for later are the app's own files, and never what the hub answered. */
async function keepsNoAnswers(page) {
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const shelves = await Promise.all(names.map((name) => caches.open(name).then((it) => it.keys())));
    return shelves.flat().map(({ url }) => new URL(url).pathname);
  });
  assert.ok(kept.includes("/"), "the page itself is kept");
  const answers = kept.filter((path) => path.startsWith("/api/") || path.startsWith("/settings"));
  assert.deepEqual(answers, [], "no answer is kept");
}
