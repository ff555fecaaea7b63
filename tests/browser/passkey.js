// A passkey as a person meets it: made in the settings, used to unlock, refused, and the PIN instead.
// Chromium's own authenticator stands for the finger.

import assert from "node:assert/strict";

import { PHONE } from "./lib/browser.js";
import { look } from "./lib/look.js";
import { act, scene } from "./lib/play.js";
import { fill, heading, press, sees } from "./lib/see.js";
import { doorward, house } from "./lib/stage.js";
import { installed } from "./lib/trust.js";
import { PIN, setUp } from "./scenes/setup.js";

const YES = /^Unlock the front door$/;

/** A passkey is for a name; an address has none. */
const NAME = "localhost";

await act(
  installed,
  async ({ open, link }) => {
    const phone = await open(PHONE, "light");
    const finger = await authenticator(phone);
    await scene("sets up", () => live(phone, link));
    await scene("makes a passkey", () => make(phone));
    await scene("is refused", () => isRefused(phone, finger));
    await scene("makes a backup with it", () => backUp(phone));
    await scene("unlocks with it", () => unlock(phone));
  },
  NAME,
);

async function live(phone, link) {
  await setUp(phone, link, { home: "Lindenallee 4", person: "Ada", name: "Ada’s phone" });
  await house.furnish();
}

async function make({ page }) {
  await page.goto("/settings/pin");
  await sees(page, "A PIN is set on this device.");
  await fill(page, "Your PIN for this device", PIN);
  await press(page, "Let this device verify me");
  await sees(page, "This device verifies you itself.");
  await look(page, "passkey-1-made");
}

/** Whom the device does not verify stays outside, and may use the PIN. */
async function isRefused({ page }, finger) {
  await askToUnlock(page);
  await sees(page, "This device asks you who you are");
  await look(page, "passkey-2-asked");
  await finger.refuses();
  await press(page, YES);
  await sees(page, "This device did not verify you.");
  await press(page, "Use the PIN instead");
  await page.getByLabel("Your PIN for this device").waitFor();
  await press(page, "Cancel");
  await finger.agrees();
  assert.doesNotMatch(await doorward("log", "list", "--all"), /waiting for a live picture|leave to unlock/);
}

async function backUp({ page }) {
  await page.goto("/settings/backup");
  await sees(page, "This device asks you who you are");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    press(page, "Save a backup"),
  ]);
  assert.match(download.suggestedFilename(), /\.age$/);
}

async function unlock(phone) {
  const { page } = phone;
  await askToUnlock(page);
  await house.order("visitor polite");
  // A visit is told of before it is written down, and may be asked for in between.
  await phone.tolerate(/status of 404 .*\/api\/v1\/entries\/\d+\)/, async () => {
    await press(page, YES);
    await heading(page, /is open/);
  });
  assert.match(await doorward("log", "list", "--all"), /leave to unlock: Ada/);
}

async function askToUnlock(page) {
  await page.goto("/");
  await heading(page, "Front");
  await press(page, /^Unlock the front door…$/);
}

/** The platform's own authenticator, which the test tells what to say. */
async function authenticator(phone) {
  const session = await phone.context.newCDPSession(phone.page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const verified = (isUserVerified) =>
    session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
  return { agrees: () => verified(true), refuses: () => verified(false) };
}
