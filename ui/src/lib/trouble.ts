// What is not as it should be, as sentences.

import type { DoorView, HouseStatus } from "../api/types";
import { t } from "../texts";
import { cameraWords } from "./door";
import { size } from "./size";
import { span } from "./time";

export interface Trouble {
  id: string;
  tone: "warn" | "bad";
  sentence: string;
}

/** A difference that somebody would notice at a door. */
const WRONG_CLOCK_MS = 120_000;

/** Below this the disk is told of: a day of one camera's recordings at a usual rate. */
const LOW_DISK_BYTES = 2_000_000_000;

/** Lists what a person should look at, the worst first; of cameras only those that stay `blind`. */
export function troubles(
  house: HouseStatus,
  doors: DoorView[],
  blind: ReadonlySet<string>,
): Trouble[] {
  return [...disk(house), ...clock(house), ...cameras(house, doors, blind), ...keypads(house)];
}

/** Codes open by the hub's clock: whoever reads another one here would give out wrong hours. */
export function ownClock(apartMs: number): Trouble[] {
  const apart = Math.abs(apartMs);
  if (apart < WRONG_CLOCK_MS) return [];
  return [{ id: "own clock", tone: "warn", sentence: t.trouble.ownClock(span(apart)) }];
}

function disk({ storage }: HouseStatus): Trouble[] {
  if (storage.state === "failing") {
    return [{ id: "storage", tone: "bad", sentence: t.trouble.storage }];
  }
  if (storage.free_bytes >= LOW_DISK_BYTES) return [];
  return [{ id: "disk", tone: "warn", sentence: t.trouble.disk(size(storage.free_bytes)) }];
}

function clock({ clock }: HouseStatus): Trouble[] {
  return clock.trust === "untrusted"
    ? [{ id: "clock", tone: "bad", sentence: t.trouble.clock }]
    : [];
}

/** Cameras at doors are told on their doors' cards too; here because no courier gets in without. */
function cameras(house: HouseStatus, doors: DoorView[], blind: ReadonlySet<string>): Trouble[] {
  return house.cameras
    .filter(({ health }) => !cameraWords(health).well && health.state !== "connecting")
    .filter(({ name }) => blind.has(name))
    .filter(({ name }) => doors.some(({ camera }) => camera === name))
    .map(({ name, health }) => ({
      id: `camera ${name}`,
      tone: "warn" as const,
      sentence: t.trouble.camera(name, cameraWords(health).words),
    }));
}

function keypads(house: HouseStatus): Trouble[] {
  return house.doors
    .flatMap((door) => door.keypads)
    .flatMap(({ device, link, locked_out_for_ms, suspended_for_ms }): Trouble[] => {
      const id = `keypad ${device}`;
      if (link === "offline") {
        return [{ id, tone: "warn", sentence: t.trouble.keypadOffline(device) }];
      }
      if (suspended_for_ms > 0) {
        const sentence = t.trouble.keypadSuspended(device, span(suspended_for_ms));
        return [{ id, tone: "bad", sentence }];
      }
      if (locked_out_for_ms > 0) {
        const sentence = t.trouble.keypadLocked(device, span(locked_out_for_ms));
        return [{ id, tone: "warn", sentence }];
      }
      return [];
    });
}
