// Taking leave of a hub on another machine.

import { logOut } from "../api/trust";
import * as keepsake from "../lib/keepsake";
import { keep } from "../lib/keys/own";
import { leaveHub } from "./program";

/**
 * Forgets the hub, and all that this page keeps of it: keys, codes, choices. It may be out of reach, or
 * have ended the pairing already.
 */
export async function forgetHub(): Promise<void> {
  await logOut().catch(() => undefined);
  await Promise.all([keep.clear(), keepsake.forgetAll()]);
  localStorage.clear();
  await leaveHub();
}
