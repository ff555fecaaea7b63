// This device's watch over the hub's log: at every contact, and every few minutes while open.

import { checkpoint } from "../../api/calls";
import { consistency, cosign } from "../../api/trust";
import { deviceIdentity, sign, witnessText } from "../keys/device";
import { keep } from "../keys/own";
import type { Checkpoint } from "./note";
import { lastWitnessed, type LogSource, startOver, witness, type Witnessed } from "./witness";

const AGAIN_MS = 3 * 60_000;
/** Several pages of one browser share what was seen; one looks at a time. */
const LOCK = "doorward-witness";

const hub: LogSource = {
  async checkpoint() {
    const { note, verifier_key } = await checkpoint();
    return { note, verifierKey: verifier_key };
  },
  consistency: async (from, to) => (await consistency(from, to)).proof,
  cosign: stand,
};

class Watch {
  /** What came of the last look; absent before the first. */
  last: Witnessed | undefined = $state.raw();
  /** The owner wants to see the house in spite of the alarm, until the page is left. */
  setAside = $state(false);

  alarm = $derived(this.last?.state === "mismatch" ? this.last : undefined);

  /** Begins to watch; returns how to end it. */
  start(): () => void {
    void this.recall();
    const again = setInterval(() => void this.look(), AGAIN_MS);
    return () => clearInterval(again);
  }

  async look(): Promise<void> {
    try {
      this.last = await navigator.locks.request(LOCK, () => witness(keep, hub, new Date()));
    } catch {
      // The hub cannot be asked, or this browser keeps nothing: no mismatch, and no news either.
    }
  }

  async startOver(): Promise<void> {
    await startOver(keep);
    this.last = undefined;
    await this.look();
  }

  private async recall(): Promise<void> {
    this.last = await lastWitnessed(keep).catch(() => undefined);
    await this.look();
  }
}

/** Cosigns with this device's key. The desktop window has none and only checks. */
async function stand(checked: Checkpoint): Promise<void> {
  const known = await deviceIdentity(keep);
  if (!known) return;
  // What was checked stays checked, even if the hub does not take the signature.
  await cosign(checked.size, await sign(known.key, witnessText(checked.note))).catch(
    () => undefined,
  );
}

export const watch = new Watch();
