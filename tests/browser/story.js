// The story as a household lives it: from the link of a hub that belongs to nobody to a courier's
// visit that is watched live, on a phone by day and on a desktop by night.

import { DESKTOP, Device, launch, PHONE } from "./lib/browser.js";
import { glance, look, summary } from "./lib/look.js";
import { house, opening, say } from "./lib/stage.js";
import { heading, sees } from "./lib/see.js";
import { serverKey } from "./lib/trust.js";
import { openWithoutHub } from "./scenes/away.js";
import { expectDelivery, keepEvidence, lookBack, visit } from "./scenes/delivery.js";
import { offerPairing, pairSecond, reuseToken } from "./scenes/second-device.js";
import { setUp } from "./scenes/setup.js";

const HOME = "Lindenallee 4";

async function story({ https, link }) {
  const origin = `https://${https}`;
  const browser = await launch(await serverKey(https, link));
  const devices = [];
  const open = async (viewport, scheme) => {
    const device = await Device.open(browser, origin, { viewport, scheme });
    devices.push(device);
    return device;
  };
  try {
    await play(open, `${origin}/#${link.split("#")[1]}`);
    for (const [at, device] of devices.entries()) device.judge(`device ${at + 1}`);
    await summary();
  } catch (error) {
    for (const [at, device] of devices.entries()) await device.tell(`device ${at + 1}`);
    throw error;
  } finally {
    await browser.close();
  }
}

async function play(open, link) {
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
  // What the other device makes of it is its own affair.
  await desktop.context.close();
  await scene("opens without its hub", () => openWithoutHub(phone));
}

/** Tells how long each scene took: the whole must stay short enough to be run often. */
async function scene(name, act) {
  const began = performance.now();
  const seen = await act();
  say(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return seen;
}

try {
  await story(await opening);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  house.close();
}
