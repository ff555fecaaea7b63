import { beforeEach, expect, test } from "vitest";

import type { DoorView, EntryView, LogLine, Stage } from "../api/types";
import { belongsTo } from "./people";
import { liveIn } from "./time";
import { alarms, isDecided, isOver, limit, steps, waitsForLeave, type Visit } from "./visit";

beforeEach(() => liveIn("Europe/Berlin"));

const door = (approval: "none" | "tap", contact: string | null = "front-contact"): DoorView => ({
  name: "front",
  lock: "front-lock",
  keypads: ["porch-keypad"],
  contact,
  camera: "porch",
  policy: { recording: "required", approval, relock_after_ms: 30_000 },
});

const entry = (stage: Stage, change: Partial<EntryView> = {}): EntryView => ({
  id: 17,
  door: "front",
  by: { who: "code", code: 12, kind: "delivery", label: "DHL 0034" },
  opened_at: "2026-11-22T13:02:05Z",
  stage,
  ...change,
});

const line = (event: object, at: string): LogLine =>
  ({ index: 1, at: `2026-11-22T13:02:${at}Z`, hub_ms: 0, clock: "trusted", ...event }) as LogLine;

const moved = (stage: Stage, at: string) =>
  line({ event: "entry_moved", entry: 17, door: "front", stage }, at);
const filmed = line({ event: "recording_opened", recording: 8, entry: 17, camera: "porch" }, "06");
const retracted = moved("unlocked", "07");
const opened = moved("open", "09");
const approved = line({ event: "entry_approved", entry: 17, door: "front" }, "08");

const visit = (one: EntryView, lines: LogLine[], at = door("none")): Visit => ({
  entry: one,
  lines,
  door: at,
});
const told = (one: Visit) => steps(one).map(({ state, what, when }) => [state, what, when]);

test("steps tick off with their times, and the running one is marked", () => {
  expect(told(visit(entry("open", { recording: 8 }), [filmed, retracted, opened]))).toEqual([
    ["done", "DHL 0034: right code, door and time", "14:02:05"],
    ["done", "Camera sees it", "14:02:06"],
    ["done", "Unlocked", "14:02:07"],
    ["done", "Door opened", "14:02:09"],
    ["running", "Door closes", undefined],
    ["ahead", "Locked again", undefined],
  ]);
});

test("a door without a contact has no steps of its leaf", () => {
  const without = visit(entry("unlocked", { recording: 8 }), [filmed], door("none", null));
  expect(steps(without).map(({ id }) => id)).toEqual(["asked", "camera", "unlock", "lock"]);
});

test("a refused visit ends with its reason", () => {
  const outcome = { result: "denied", reason: "camera_frozen" } as const;
  const denied = visit(entry("arming", { outcome, closed_at: "2026-11-22T13:02:08Z" }), []);
  const asked = visit(denied.entry, [filmed]);
  expect(steps(asked).map(({ id }) => id)).toEqual(["asked", "denied"]);
  expect(told(denied).at(-1)).toEqual([
    "failed",
    "Not let in: the camera’s picture does not move",
    "14:02:08",
  ]);
  expect(isOver(denied)).toBe(true);
});

test("a policy that asks waits for somebody's leave, once", () => {
  const waiting = visit(entry("arming"), [filmed], door("tap"));
  expect(waitsForLeave(waiting)).toBe(true);
  expect(limit(waiting, 0)?.ms).toBe(60_000);
  expect(waitsForLeave(visit(entry("arming"), [filmed, approved], door("tap")))).toBe(false);
  expect(waitsForLeave(visit(entry("arming"), [filmed], door("none")))).toBe(false);
});

test("a code is spent once the lock was told, however that goes on", () => {
  const later: Stage[] = ["unlocking", "unlocked", "open", "relocking", "jammed", "unknown"];
  expect(later.map((stage) => isDecided(visit(entry(stage), [])))).not.toContain(false);
  expect(isDecided(visit(entry("arming"), []))).toBe(false);
});

test("a visit that is over waits for nothing", () => {
  const outcome = { result: "completed" } as const;
  expect(limit(visit(entry("secured", { outcome }), []), 0)).toBeUndefined();
});

test("a line that names another visit, or none, is not of this one", () => {
  expect(belongsTo(opened, 17)).toBe(true);
  expect(belongsTo(opened, 18)).toBe(false);
  expect(belongsTo(line({ event: "clock_confirmed" }, "09"), 17)).toBe(false);
});

test("an open door is called back first and alarmed for later", () => {
  const open = visit(entry("open"), []);
  expect([0, 119_999, 120_000, 300_000].map((ran) => limit(open, ran)?.ms)).toEqual([
    120_000,
    120_000,
    300_000,
    undefined,
  ]);
});

test("no visit calls out on its screen that somebody is forced to open", () => {
  const alarm = (alarm: "duress" | "held_open", second: string) =>
    line({ event: "alarm", alarm, door: "front", entry: 17 }, second);
  const forced = visit(entry("open"), [alarm("duress", "06"), alarm("held_open", "07")]);
  expect(alarms(forced).map(({ alarm }) => alarm)).toEqual(["held_open"]);
});

test("a bolt that was stuck and is locked now closed the door when the door closed", () => {
  const alarm = { event: "alarm", alarm: "jammed", entry: 17, door: "front", untold: 0 };
  const stuck = [opened, moved("relocking", "15"), moved("jammed", "25"), line(alarm, "25")];
  const freed = [...stuck, moved("relocking", "40"), moved("secured", "42")];
  const done = visit(entry("secured", { recording: 8 }), [filmed, retracted, ...freed]);
  expect(told(done).slice(-2)).toEqual([
    ["done", "Door closed", "14:02:15"],
    ["done", "Locked again", "14:02:42"],
  ]);
  expect(alarms(done)).toEqual([]);
  expect(alarms(visit(entry("jammed"), stuck)).map(({ alarm }) => alarm)).toEqual(["jammed"]);
});
