// What goes wrong in every house: a wrong PIN, a hub that dies, a camera that is gone, a clock that is
// wrong, windows and people who must agree.

import assert from "node:assert/strict";

import { peek } from "../lib/look.js";
import { doorward, house } from "../lib/stage.js";
import { fill, follow, heading, hubSays, press, sees } from "../lib/see.js";
import { PIN } from "./setup.js";

/** A wrong PIN opens nothing and is told; the right one after it lets somebody in. */
export async function unlockWithPin(device) {
  const { page } = device;
  await askToUnlock(page);
  await peek(page, "unlock-1-asks");
  await device.tolerate(/status of 403 .*\/unlock\)/, async () => {
    await prove(page, "111111");
    await page.getByRole("dialog").getByText(/not this device’?'?s PIN; 4 tries are left/).waitFor();
  });
  await peek(page, "unlock-2-wrong");
  await house.order("visitor polite");
  // A visit is told of before it is written down, and may be asked for in between.
  await device.tolerate(/status of 404 .*\/api\/v1\/entries\/\d+\)/, async () => {
    await prove(page, PIN);
    await heading(page, /is open/);
  });
}

async function askToUnlock(page) {
  await page.goto("/");
  await heading(page, "Front");
  await press(page, /Unlock the front door/);
  await heading(page, "Unlock the front door?");
}

async function prove(page, pin) {
  await fill(page, "Your PIN for this device", pin);
  await page.getByRole("dialog").getByRole("button", { name: "Unlock the front door" }).click();
}

/** Two windows of one device tell the same story to its end. */
export async function twoWindows(device) {
  const other = await device.window();
  await other.goto("/");
  await heading(other, /is open|The visit is over/);
  await Promise.all([device.page, other].map((page) => heading(page, "The visit is over")));
  await other.close();
}

/** Two owners take the same delivery back; the second is told, and both see the same in the end. */
export async function twoOwners(first, second, name) {
  await makeOwner(first, second, name);
  const { page } = first;
  await page.goto("/deliveries/new");
  await fill(page, "Who brings it?", "Two Owners’ Post");
  await page.getByRole("radio", { name: "Tomorrow" }).check();
  await press(page, "Make the code");
  await heading(page, "Two Owners’ Post");
  await second.page.goto(new URL(page.url()).pathname);
  await heading(second.page, "Two Owners’ Post");
  await Promise.all([first, second].map(({ page }) => press(page, "Cancel this delivery")));
  await second.tolerate(/status of 4\d\d .*\/codes\/\d+/, async () => {
    await press(page, "Cancel the delivery");
    await sees(page, "You took it back");
    // It went from under the other's question.
    await sees(second.page, "You took it back");
  });
  await peek(second.page, "owners-agree");
}

/** A role that changes ends the sessions of before; that device logs in again by itself. */
async function makeOwner({ page }, second, name) {
  await second.page.goto("/");
  await heading(second.page, "Front");
  await second.tolerate(/status of 401|WebSocket/, async () => {
    await page.goto("/settings/people");
    const card = page.locator("article, section, div").filter({ hasText: name }).last();
    await card.waitFor();
    await page.getByLabel("May do").selectOption("owner");
    await sees(page, "Saved.");
    await second.page.goto("/settings/people");
    await sees(second.page, "Pair another device");
  });
}

/** The camera says nothing any more: nobody is let in unseen, and it mends itself. */
export async function loseCamera(device) {
  const { page } = device;
  await house.camera("stalled");
  await page.goto("/live/porch");
  await sees(page, /No new picture\. The last one came|Connecting to the camera|The connection broke/);
  await peek(page, "camera-1-live");
  await cameraIs(page, (state) => state !== "live");
  await page.goto("/");
  await sees(page, "Porch: camera sends no picture.");
  await peek(page, "camera-2-gone");
  const issued = JSON.parse(await doorward("delivery", "expect", "--door", "front", "--json"));
  assert.equal(await house.type(issued.digits), "refused", "nobody is let in unseen");
  await sees(page, /Not let in: the camera sent no picture/);
  await peek(page, "camera-3-denied");
  await house.camera("live");
  await cameraIs(page, (state) => state === "live");
  await page.goto("/");
  await sees(page, "Camera sees the door.");
}

/** Waits until the hub says so of its only camera. */
const cameraIs = (page, wanted) =>
  hubSays(page, ({ cameras: [camera] }) => wanted(camera.health.state));

const HOURS_AHEAD = 3;

/** A phone whose clock is wrong gives out the hub's hours, and is told. */
export async function wrongClock(device) {
  const page = await device.window();
  await page.addInitScript((ahead) => {
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...parts) {
        if (parts.length > 0) super(...parts);
        else super(Real.now() + ahead);
      }
      static now() {
        return Real.now() + ahead;
      }
    };
  }, HOURS_AHEAD * 3_600_000);
  await page.goto("/");
  await sees(page, `This device’s clock and the hub’s differ by ${HOURS_AHEAD} h.`);
  await peek(page, "clock-1-wrong");
  // An offer of five minutes is still good, though this device's clock says that it is long over.
  await page.goto("/settings/people");
  await press(page, "Pair another device");
  await press(page, "Show the code");
  await sees(page, /Good for [45] min more/);
  await press(page, "Done");
  await page.goto("/settings/hub");
  await sees(page, /The two differ by/);
  await page.close();
}

/** The owner ends a pairing while that device is about to unlock: it says what happened to it. */
export async function revokeInMidAction(first, second, name) {
  await askToUnlock(second.page);
  await fill(second.page, "Your PIN for this device", PIN);
  await first.page.goto("/settings/people");
  const line = first.page.getByRole("listitem").filter({ hasText: name });
  await line.getByRole("button", { name: "End…" }).click();
  await sees(first.page, `End the pairing of ${name}?`);
  await peek(first.page, "people-3-end");
  await second.tolerate(/status of 40[13]|WebSocket/, async () => {
    await press(first.page, "End the pairing");
    await heading(second.page, "Pair this device");
    await sees(second.page, "This browser was paired before, but the hub does not take its key");
  });
  await peek(second.page, "pair-4-ended");
  await first.page.getByText(name).waitFor({ state: "detached" });
}

/** The hub dies: what is shown is called old, nothing can be done and why, and it mends itself. */
export async function loseHub(device) {
  const { page } = device;
  await page.goto("/");
  await sees(page, /Locked\. Reported/);
  await device.tolerate(/ERR_|WebSocket|status of 401/, async () => {
    await house.kill();
    await sees(page, /No connection to the hub\. What you see is from \d+ s ago/);
    const unlock = page.getByRole("button", { name: /Unlock the front door/ });
    assert.equal(await unlock.getAttribute("aria-disabled"), "true", "nothing can be done");
    assert.equal(await unlock.getAttribute("title"), "Not while the hub cannot be reached.");
    await peek(page, "home-3-stale");
    await follow(page, "History");
    await heading(page, "History");
    await house.return();
    await page.getByText(/No connection to the hub/).first().waitFor({ state: "detached" });
    await follow(page, "Home");
    await sees(page, /Locked\. Reported/);
  });
}
