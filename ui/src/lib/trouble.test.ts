import { expect, test } from "vitest";

import type { DoorView, HouseStatus } from "../api/types";
import { ownClock, troubles } from "./trouble";

const DOOR: DoorView = {
  name: "front",
  lock: "front-lock",
  keypads: ["porch-keypad"],
  camera: "porch",
  policy: { recording: "required", approval: "none", relock_after_ms: 30_000 },
};

const keypad = { device: "porch-keypad", link: "online", wrong_tries: 0 } as const;
const quiet = { locked_out_for_ms: 0, suspended_for_ms: 0 };

const house = (change: Partial<HouseStatus>): HouseStatus => ({
  doors: [
    {
      name: "front",
      lock: { device: "front-lock", link: "online", bolt: "thrown", age_ms: 0 },
      keypads: [{ ...keypad, ...quiet }],
    },
  ],
  cameras: [
    {
      name: "porch",
      health: { state: "live", keyframe_age_ms: 1, codec: "H.264", width: 1, height: 1 },
    },
  ],
  devices: { enrolled: 3, connected: 3 },
  rejected: { malformed: 0, not_granted: 0, connections: 0 },
  clock: { trust: "trusted", now: "2026-11-22T12:00:00Z", time_zone: "UTC" },
  storage: {
    state: "writable",
    database_bytes: 1,
    recordings_bytes: 1,
    free_bytes: 50_000_000_000,
    log_leaves: 1,
  },
  broker: [],
  ...change,
});

const told = (change: Partial<HouseStatus>, blind = ["porch"]) =>
  troubles(house(change), [DOOR], new Set(blind)).map(({ sentence }) => sentence);

test("a house in order has no troubles", () => {
  expect(told({})).toEqual([]);
});

test("the disk comes before the clock, and the clock before cameras", () => {
  const all = told({
    storage: { ...house({}).storage, state: "failing" },
    clock: { ...house({}).clock, trust: "untrusted" },
    cameras: [{ name: "porch", health: { state: "frozen" } }],
  });
  expect(all).toEqual([
    "The hub cannot write to its disk. No code opens until it can.",
    "The hub’s clock jumped. Couriers’ and guests’ codes rest until you confirm the time.",
    "Porch: camera’s picture does not move.",
  ]);
});

test("a camera at no door, or one that is just being connected, is no trouble", () => {
  expect(
    told({
      cameras: [
        { name: "yard", health: { state: "frozen" } },
        { name: "porch", health: { state: "connecting" } },
      ],
    }),
  ).toEqual([]);
});

test("a keypad is told of by the worst that is true of it", () => {
  const at = (change: object) =>
    told({ doors: [{ ...house({}).doors[0]!, keypads: [{ ...keypad, ...quiet, ...change }] }] });
  expect(at({ link: "offline", suspended_for_ms: 1000 })).toEqual([
    "Porch-keypad is not connected: no code can be typed there.",
  ]);
  expect(at({ suspended_for_ms: 7_200_000, locked_out_for_ms: 30_000 })).toEqual([
    "At porch-keypad couriers’ and guests’ codes rest for 2 h, after wrong tries.",
  ]);
  expect(at({ locked_out_for_ms: 30_000 })).toEqual([
    "Porch-keypad takes no code for 30 s, after wrong tries.",
  ]);
});

test("a camera that was away for a moment is not told of", () => {
  const away = { cameras: [{ name: "porch", health: { state: "unjudged" } as const }] };
  expect(told(away, [])).toEqual([]);
  expect(told(away)).toHaveLength(1);
});

test("a clock of this device that is hours wrong is told of, seconds are not", () => {
  expect(ownClock(20_000)).toEqual([]);
  expect(ownClock(-3 * 3_600_000)).toMatchObject([{ tone: "warn" }]);
});
