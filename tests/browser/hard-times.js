// A hub that dies while somebody sets it up, and one whose disk is full.

import assert from "node:assert/strict";

import { PHONE } from "./lib/browser.js";
import { act, scene } from "./lib/play.js";
import { doorward, house, opening, say } from "./lib/stage.js";
import { fill, follow, heading, press, sees } from "./lib/see.js";
import { installed } from "./lib/trust.js";
import { peek } from "./lib/look.js";
import { finish, proveSheet, untilPaper } from "./scenes/setup.js";

const HOME = "Lindenallee 4";

/** The hub dies over the paper and forgets its link; the key and the sheet stay good. */
async function setUpInSpiteOfAll(device, link) {
  const { page } = device;
  await page.goto(link);
  const sheet = await untilPaper(page, { home: HOME, person: "Ada", name: "Ada’s phone" });
  await device.tolerate(/ERR_|status of 4\d\d .*\/api\/v1\/(setup|session)\)/, async () => {
    await house.kill();
    await proveSheet(page, sheet);
    await sees(page, "The hub did not answer. Nothing was done; try again in a moment.");
    await peek(page, "setup-5-no-hub");
    await house.return();
    await press(page, "I have the sheet");
    await sees(page, "The hub does not take this link any more");
    await peek(page, "setup-6-link-over");
  });
  const offer = JSON.parse(await doorward("pair", "--json"));
  await fill(page, "Setup code", offer.token);
  await press(page, "I have the sheet");
  await finish(page, HOME);
  await sees(page, "There is no door yet");
}

/** A door with nothing behind it, which is enough to give out codes for. */
async function describeDoor() {
  const { folder } = await opening;
  for (const kind of ["lock", "keypad"]) {
    const words = ["--kind", kind, "--dialect", "native", "--out", `${folder}/${kind}`];
    await doorward("device", "enrol", `back-${kind}`, ...words);
  }
  await doorward("door", "add", "back", "--lock", "back-lock", "--keypad", "back-keypad");
  await doorward("door", "policy", "back", "--recording", "off");
}

/** Nothing is given out that cannot be written down; with room again it is. */
async function runOutOfRoom(device) {
  const { page } = device;
  await page.goto("/deliveries/new");
  await heading(page, "Expect a delivery");
  await page.getByRole("radio", { name: "Tomorrow" }).check();
  await fill(page, "Who brings it?", "Parcel Post");
  if (!(await house.fillDisk())) return say("skipped: this needs the right to mount a file system");
  await device.tolerate(/status of 5\d\d .*\/api\/v1\/codes\)/, async () => {
    await press(page, "Make the code");
    await sees(page, "The hub could not write it down, so it was not done. Is its disk full?");
  });
  await peek(page, "disk-1-refused");
  await follow(page, "Home");
  await sees(page, /The hub cannot write to its disk|The hub’s disk is nearly full/);
  await peek(page, "disk-2-home");
  await house.freeDisk();
  await page.goto("/deliveries/new");
  await page.getByRole("radio", { name: "Tomorrow" }).check();
  await fill(page, "Who brings it?", "Parcel Post");
  await press(page, "Make the code");
  await heading(page, "Parcel Post");
  const codes = JSON.parse(await doorward("delivery", "list", "--json"));
  assert.equal(codes.length, 1, "what was refused was not given out in secret");
}

await act(installed, async ({ open, link }) => {
  const phone = await open(PHONE, "light");
  await scene("sets up while the hub dies", () => setUpInSpiteOfAll(phone, link));
  await describeDoor();
  await scene("runs out of room", () => runOutOfRoom(phone));
});
