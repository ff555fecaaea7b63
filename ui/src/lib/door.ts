// What is true of a door, from what its lock and contact last said.

import type { Bolt, CameraHealth, DoorStatus } from "../api/types";
import { t } from "../texts";
import { ago, span } from "./time";

export type DoorState = "locked" | "unlocked" | "open" | "moving" | "jammed" | "unknown";

export interface DoorSight {
  state: DoorState;
  /** The whole truth in a sentence, with its age. */
  sentence: string;
  /** Something else that must be known about it. */
  doubt?: string;
  /** How it is drawn. */
  bolt: Bolt;
  leaf: "open" | "closed" | "unknown";
}

/** Tells how a door is, `sinceMs` after its status arrived. */
export function sight(door: DoorStatus, sinceMs: number): DoorSight {
  const state = stateOf(door);
  const leaf = leafOf(door);
  const bolt = door.lock.link === "offline" ? "unknown" : door.lock.bolt;
  const said = { state, bolt, leaf, sentence: sentence(door, state, sinceMs) };
  const silent = door.contact && leaf === "unknown" && state !== "unknown";
  return silent ? { ...said, doubt: t.door.contactGone } : said;
}

function stateOf({ lock, contact }: DoorStatus): DoorState {
  if (contact?.contact === "open" && contact.link !== "offline") return "open";
  if (lock.link === "offline") return "unknown";
  switch (lock.bolt) {
    case "thrown":
      return "locked";
    case "retracted":
      return "unlocked";
    case "moving":
    case "jammed":
    case "unknown":
      return lock.bolt;
  }
}

/** A door without a contact is drawn closed: nothing ever says otherwise. */
function leafOf({ contact }: DoorStatus): DoorSight["leaf"] {
  if (!contact) return "closed";
  return contact.link === "offline" ? "unknown" : contact.contact;
}

function sentence(door: DoorStatus, state: DoorState, sinceMs: number): string {
  const { lock, contact } = door;
  const age = aged(lock.age_ms, sinceMs);
  const reported = age === undefined ? undefined : ago(age);
  switch (state) {
    case "open": {
      const contactAge = aged(contact?.age_ms, sinceMs);
      const seen = contactAge === undefined ? t.time.justNow : ago(contactAge);
      return lock.bolt === "thrown" ? t.door.openLocked(seen) : t.door.open(seen);
    }
    case "locked":
      return reported ? t.door.locked(reported) : t.door.lockedNoAge;
    case "unlocked": {
      const closed = contact?.contact === "closed" && contact.link !== "offline";
      const when = reported ?? t.time.justNow;
      return closed ? t.door.unlocked(when) : t.door.unlockedNoContact(when);
    }
    case "moving":
      return t.door.moving;
    case "jammed":
      return t.door.jammed(reported ?? t.time.justNow);
    case "unknown":
      return unknown(door, age);
  }
}

function unknown({ lock }: DoorStatus, age: number | undefined): string {
  if (lock.link === "offline") {
    return age === undefined ? t.door.offlineNever : t.door.offline(ago(age));
  }
  return age === undefined ? t.door.never : t.door.unknown(span(age));
}

const aged = (age: number | null | undefined, sinceMs: number): number | undefined =>
  age === null || age === undefined ? undefined : age + sinceMs;

/** Whether a visit still goes on. The hub keeps it a little longer, for the end of its recording. */
export const inProgress = (entry: DoorStatus["entry"]): boolean =>
  entry !== null && entry !== undefined && entry.stage !== "secured";

/** How a camera is, in a few words, and whether that is as it should be. */
export function cameraWords(health: CameraHealth | undefined): { words: string; well: boolean } {
  if (!health) return { words: t.camera.none, well: true };
  return { words: t.camera[health.state], well: health.state === "live" };
}
