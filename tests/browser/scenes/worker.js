// The service worker is there where the browser trusts the hub, and never needed.

import assert from "node:assert/strict";

/** After a click through the warning a browser registers none; all else was seen to work. */
export async function hasNoWorker({ page }) {
  const registered = await page.evaluate(async () => {
    const all = await navigator.serviceWorker.getRegistrations();
    return all.filter(({ active }) => active).length;
  });
  assert.equal(registered, 0, "an untrusted page has no service worker");
}
