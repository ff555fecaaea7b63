// A visit as steps that tick off, and how long each of them may take.

import type { Alarm, DoorView, EntryView, LogLine, Stage } from "../api/types";
import type { Step } from "../parts/Steps.svelte";
import { t } from "../texts";
import { whoIs } from "./people";
import { second } from "./time";

export interface Visit {
  entry: EntryView;
  lines: LogLine[];
  /** The door as its owner described it; absent if it is not known yet. */
  door: DoorView | undefined;
}

/** In the order in which a visit goes; alarms and unknown states are told beside it. */
const ORDER: Stage[] = ["arming", "unlocking", "unlocked", "open", "relocking", "secured"];

/** How long a stage lasts at most before the hub does something about it. */
const ARMING_MS = 3_000;
const APPROVAL_MS = 60_000;
const LOCK_MS = 10_000;
const OPEN_MS = 120_000;
const OVERSTAY_MS = 300_000;

export const isOver = ({ entry }: Visit): boolean =>
  entry.stage === "secured" || (entry.outcome !== null && entry.outcome !== undefined);

/** Whether the hub waits for somebody's leave. */
export function waitsForLeave(visit: Visit): boolean {
  const { entry, door } = visit;
  return entry.stage === "arming" && !isOver(visit) && asked(door) && !at(visit, approved);
}

/** Whether somebody of the household stopped it. */
export const wasStopped = (visit: Visit): boolean =>
  at(visit, (line) => line.event === "entry_blocked") !== undefined;

/** Whether the code can no longer open: it is spent with the decision to unlock. */
export const isDecided = (visit: Visit): boolean => visit.entry.stage !== "arming";

export function steps(visit: Visit): Step[] {
  const { entry, door } = visit;
  const denied = entry.outcome?.result === "denied";
  const list = [asking(visit), ...filming(visit), ...leave(visit)];
  if (denied) return [...list.filter((step) => stands(step, visit)), refusal(visit)];
  const hasContact = door ? Boolean(door.contact) : true;
  const moves: [string, Stage, string, string, string | undefined][] = [
    ["unlock", "unlocking", t.visit.unlocked, t.visit.unlocking, at(visit, moved("unlocked"))],
    ...(hasContact
      ? ([
          ["open", "unlocked", t.visit.opened, t.visit.opens, at(visit, moved("open"))],
          ["close", "open", t.visit.closed, t.visit.closes, closedAt(visit)],
        ] as [string, Stage, string, string, string | undefined][])
      : []),
    ["lock", "relocking", t.visit.locked, t.visit.locks, at(visit, moved("secured"))],
  ];
  for (const [id, stage, done, ahead, when] of moves) {
    const passed = reached(entry.stage) > ORDER.indexOf(stage);
    if (id !== "lock" && passed && !when && entry.outcome?.result === "not_entered") continue;
    const state = passed ? "done" : entry.stage === stage ? "running" : "ahead";
    list.push({ id, what: passed ? done : ahead, state, when: passed ? shown(when) : undefined });
  }
  return list;
}

/** How long the running stage may last, and what happens then, if something still will. */
export function limit(visit: Visit, ranMs: number): { ms: number; then: string } | undefined {
  const bound = nextBound(visit, ranMs);
  return bound && ranMs < bound.ms ? bound : undefined;
}

function nextBound(visit: Visit, ranMs: number): { ms: number; then: string } | undefined {
  const { stage } = visit.entry;
  if (isOver(visit)) return undefined;
  switch (stage) {
    case "arming":
      return waitsForLeave(visit)
        ? { ms: APPROVAL_MS, then: t.visit.thenNotApproved }
        : { ms: ARMING_MS, then: t.visit.thenNoPicture };
    case "unlocking":
    case "relocking":
      return { ms: LOCK_MS, then: t.visit.thenLockSilent };
    case "unlocked":
      return { ms: visit.door?.policy.relock_after_ms ?? 30_000, then: t.visit.thenRelock };
    case "open":
      return ranMs < OPEN_MS
        ? { ms: OPEN_MS, then: t.visit.thenTones }
        : { ms: OVERSTAY_MS, then: t.visit.thenAlarm };
    case "jammed":
    case "unknown":
    case "secured":
      return undefined;
  }
}

/** When the running stage began, by the hub's clock. */
export function began(visit: Visit): string {
  const { entry, lines } = visit;
  const moves = lines.filter((line) => line.event === "entry_moved" && line.stage === entry.stage);
  return moves.at(-1)?.at ?? entry.opened_at;
}

/** What a bolt that reports itself locked has settled. */
const SETTLED: Alarm[] = ["jammed", "lock_silent", "lock_unreachable", "held_open"];

/**
 * Alarms and gaps of this visit, the newest first. A visit takes the screen by itself, and whoever
 * forces somebody to open may look at it: that a duress code was typed is told in its story alone.
 */
export const alarms = ({ entry, lines }: Visit): Extract<LogLine, { event: "alarm" }>[] =>
  lines
    .filter((line): line is Extract<LogLine, { event: "alarm" }> => line.event === "alarm")
    .filter(({ alarm }) => alarm !== "duress")
    .filter(({ alarm }) => entry.stage !== "secured" || !SETTLED.includes(alarm))
    .reverse();

function asking({ entry }: Visit): Step {
  const { by } = entry;
  const what =
    by.who === "code"
      ? by.kind === "break_glass"
        ? t.visit.breakGlass
        : t.visit.codeRight(whoIs(by))
      : t.visit.asked(whoIs(by));
  return { id: "asked", what, state: "done", when: second(entry.opened_at) };
}

function filming(visit: Visit): Step[] {
  const { entry, door } = visit;
  const when = at(visit, (line) => line.event === "recording_opened");
  if (when || entry.recording) {
    return [{ id: "camera", what: t.visit.cameraSees, state: "done", when: shown(when) }];
  }
  if (!door?.camera || door.policy.recording === "off") return [];
  if (entry.stage === "arming")
    return [{ id: "camera", what: t.visit.cameraAsked, state: "running" }];
  return [{ id: "camera", what: t.visit.cameraMissing, state: "failed" }];
}

function leave(visit: Visit): Step[] {
  const { entry, door } = visit;
  if (!asked(door) || entry.by.who !== "code") return [];
  const when = at(visit, approved);
  if (when) return [{ id: "leave", what: t.visit.approved, state: "done", when: shown(when) }];
  if (entry.stage !== "arming") return [];
  return [{ id: "leave", what: t.visit.awaitsYou, state: "running" }];
}

/** Whether a step counts in a visit that was refused: a camera that was asked and is the reason has
 *  seen nothing. */
function stands({ id, state }: Step, { entry: { outcome } }: Visit): boolean {
  const blind = outcome?.result === "denied" && outcome.reason.startsWith("camera_");
  return state === "done" && !(blind && id === "camera");
}

function refusal({ entry }: Visit): Step {
  const outcome = entry.outcome;
  const why = outcome?.result === "denied" ? t.reasons[outcome.reason] : "";
  const when = entry.closed_at ? second(entry.closed_at) : undefined;
  return { id: "denied", what: t.visit.denied(why), state: "failed", when };
}

/** A stuck or unknown bolt stands where the bolt was asked to be. */
function reached(stage: Stage): number {
  if (stage === "jammed") return ORDER.indexOf("relocking");
  return ORDER.indexOf(stage);
}

/** When the leaf closed after it was last open: a bolt that is asked again later closes nothing. */
function closedAt({ lines }: Visit): string | undefined {
  const opened = lines.findLastIndex(moved("open"));
  return lines.slice(opened + 1).find(moved("relocking"))?.at;
}

const asked = (door: DoorView | undefined): boolean => door?.policy.approval === "tap";
const approved = (line: LogLine): boolean => line.event === "entry_approved";
const moved = (to: Stage) => (line: LogLine) => line.event === "entry_moved" && line.stage === to;
const at = ({ lines }: Visit, sign: (line: LogLine) => boolean): string | undefined =>
  lines.findLast(sign)?.at;
const shown = (when: string | undefined): string | undefined => (when ? second(when) : undefined);
