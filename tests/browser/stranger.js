// The same in short, by somebody who has installed nothing and clicks the browser's warning away:
// without a service worker, from the setup to the evidence of a visit, on a desktop by night.

import { DESKTOP } from "./lib/browser.js";
import { lookAway } from "./lib/look.js";
import { act, scene } from "./lib/play.js";
import { house } from "./lib/stage.js";
import { heading, sees } from "./lib/see.js";
import { bare, clickThrough } from "./lib/trust.js";
import { expectDelivery, keepEvidence, lookBack, visit } from "./scenes/delivery.js";
import { setUpFrom } from "./scenes/setup.js";
import { unlockWithPin } from "./scenes/trouble.js";
import { hasNoWorker } from "./scenes/worker.js";

/** What the browser says when the app asks it to keep its files. */
const KEEPS_NOTHING = /An SSL certificate error occurred when fetching the script/;

await act(bare, async ({ open, link }) => {
  lookAway();
  const desktop = await open(DESKTOP, "dark");
  await desktop.tolerate(KEEPS_NOTHING, () => live(desktop, link));
});

async function live(desktop, link) {
  await scene("clicks the warning away", () => clickThrough(desktop.page, link));
  await scene("sets up", () =>
    setUpFrom(desktop.page, { home: "Am Markt 1", person: "Cleo", name: "Cleo’s desk" }),
  );
  await scene("moves in", async () => {
    await house.furnish();
    await heading(desktop.page, "Front");
    await sees(desktop.page, /Locked\. Reported/);
  });
  const digits = await scene("expects a delivery", () => expectDelivery(desktop.page));
  await scene("lets a courier in", () => visit([desktop], digits));
  await scene("looks back", () => lookBack(desktop));
  await scene("keeps the evidence", () => keepEvidence(desktop));
  await scene("unlocks with a PIN", () => unlockWithPin(desktop));
  await scene("has no service worker", () => hasNoWorker(desktop));
}
