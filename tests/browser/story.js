// The whole story, as a household lives it that has installed the hub's authority: from the link of a
// hub that belongs to nobody to the evidence of a courier's visit, and all that goes wrong beside it,
// on a phone by day and on a desktop by night.

import { DESKTOP, PHONE } from "./lib/browser.js";
import { measureFirstLoad } from "./lib/load.js";
import { glance, look, summary } from "./lib/look.js";
import { act, scene } from "./lib/play.js";
import { house } from "./lib/stage.js";
import { heading, sees } from "./lib/see.js";
import { installed } from "./lib/trust.js";
import { openWithoutHub } from "./scenes/away.js";
import { expectDelivery, keepEvidence, lookBack, visit } from "./scenes/delivery.js";
import { inviteAndEnd, sealEnvelope } from "./scenes/guests.js";
import { erase, losePart } from "./scenes/losses.js";
import { offerPairing, pairSecond, reuseToken } from "./scenes/second-device.js";
import { listen, hearNothing } from "./scenes/sound.js";
import { walkSettings } from "./scenes/settings.js";
import { setUp } from "./scenes/setup.js";
import {
  loseCamera,
  loseHub,
  revokeInMidAction,
  twoOwners,
  twoWindows,
  unlockWithPin,
  wrongClock,
} from "./scenes/trouble.js";

const HOME = "Lindenallee 4";

await act(installed, async ({ open, link }) => {
  const phone = await open(PHONE, "light");
  await scene("sets up", () => setUp(phone, link, { home: HOME, person: "Ada", name: "Ada’s phone" }));
  await scene("moves in", async () => {
    await sees(phone.page, "There is no door yet");
    await glance(phone.page, "home-1-empty");
    await house.furnish();
    await heading(phone.page, "Front");
    await sees(phone.page, /Locked\. Reported/);
    await look(phone.page, "home-2-door");
  });

  const desktop = await open(DESKTOP, "dark");
  const token = await scene("offers a pairing", () => offerPairing(phone));
  await scene("pairs a second device", () =>
    pairSecond(desktop, phone, token, { person: "Bo", name: "Bo’s desk" }),
  );
  await scene("refuses a used pairing", async () => reuseToken(await open(PHONE, "dark"), token));

  await phone.page.goto("/");
  const digits = await scene("expects a delivery", () => expectDelivery(phone.page));
  await scene("lets a courier in", () => visit([phone, desktop], digits));
  await scene("looks back", () => lookBack(phone));
  await scene("keeps the evidence", () => keepEvidence(phone));
  await scene("listens to a camera", () => listen(phone));
  await scene("hears nothing of another", () => hearNothing(phone));
  await scene("unlocks with a PIN", () => unlockWithPin(phone));
  await scene("has two windows", () => twoWindows(phone));
  await scene("loses a part of a recording", () => losePart(phone));
  await scene("erases a visit", () => erase(phone));
  await scene("invites guests", () => inviteAndEnd(phone));
  await scene("seals an envelope", () => sealEnvelope(phone));
  await scene("has a wrong clock", () => wrongClock(phone));
  await scene("loses the camera", () => loseCamera(phone));
  await scene("has two owners", () => twoOwners(phone, desktop, "Bo"));
  await scene("looks through the settings", () => walkSettings(phone));
  await scene("ends a pairing", () => revokeInMidAction(phone, desktop, "Bo’s desk"));
  await scene("loses the hub", () => loseHub(phone));
  await scene("opens without the hub", () => openWithoutHub(phone));
  await scene("loads", () => measureFirstLoad(phone));
  await summary();
});
