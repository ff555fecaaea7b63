// Every other screen is shown and judged once.

import { peek } from "../lib/look.js";
import { follow, heading } from "../lib/see.js";

const SCREENS = [
  ["/deliveries", "Deliveries"],
  ["/notices", "Notices"],
  ["/live", "Live pictures"],
  ["/settings", "Settings"],
  ["/settings/doors", "Doors"],
  ["/settings/cameras", "Cameras"],
  ["/settings/devices", "Locks, keypads, contacts"],
  ["/settings/recordings", "How long recordings are kept"],
  ["/settings/people", "People"],
  ["/settings/key", "Household key"],
  ["/settings/pin", /PIN/],
  ["/settings/trust", "Trust"],
  ["/settings/backup", "Backup and restore"],
  ["/settings/hub", "About the hub"],
  ["/nowhere", "There is nothing at this address"],
];

/** Opens each by its address, as a bookmark would; the way home from a wrong one is offered. */
export async function walkSettings({ page }) {
  for (const [address, title] of SCREENS) {
    await page.goto(address);
    await heading(page, title);
    await peek(page, `walk${address.replaceAll("/", "-")}`);
  }
  await follow(page, "To Home");
  await heading(page, "Front");
}
