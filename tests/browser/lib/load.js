// What the first visit costs: bytes over the wire, and time until something can be done.

import assert from "node:assert/strict";

import { say } from "./stage.js";

const MOST_BYTES = 150_000;

/** Loads Home as if for the first time, and weighs all of it. */
export async function measureFirstLoad(device) {
  const { bytes, ms } = await firstLoad(device);
  say(`the first load is ${(bytes / 1000).toFixed(1)} kB, to be used after ${ms.toFixed(0)} ms`);
  assert.ok(bytes > 10_000, `the browser's log has the bytes of the load: ${bytes}`);
  assert.ok(bytes < MOST_BYTES, `the first load is under ${MOST_BYTES} bytes: ${bytes}`);
}

/** Returns the bytes as they came, and the milliseconds until the one thing to do could be done. */
export async function firstLoad(device) {
  const page = await device.window();
  const wire = await device.context.newCDPSession(page);
  await wire.send("Network.enable");
  await wire.send("Network.setCacheDisabled", { cacheDisabled: true });
  // A service worker would answer from what it has kept.
  await wire.send("Network.setBypassServiceWorker", { bypass: true });
  let bytes = 0;
  wire.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.addInitScript(() => {
    const looking = new MutationObserver(() => {
      const ready = document.querySelector('a[href="/deliveries/new"]');
      if (!ready) return;
      window.readyAt = performance.now();
      looking.disconnect();
    });
    looking.observe(document, { childList: true, subtree: true });
  });
  await page.goto("/", { waitUntil: "networkidle" });
  const ms = await (await page.waitForFunction(() => window.readyAt)).jsonValue();
  await page.close();
  return { bytes, ms };
}
