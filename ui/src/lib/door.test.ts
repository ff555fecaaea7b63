import { expect, test } from "vitest";

import type { Bolt, Contact, DoorStatus } from "../api/types";
import { cameraWords, sight } from "./door";

type Link = DoorStatus["lock"]["link"];

interface Given {
  bolt?: Bolt;
  lockLink?: Link;
  age?: number | null;
  contact?: Contact | "none";
  contactLink?: Link;
}

const door = (given: Given): DoorStatus => ({
  name: "front",
  lock: {
    device: "front-lock",
    link: given.lockLink ?? "online",
    bolt: given.bolt ?? "thrown",
    age_ms: given.age === undefined ? 6_000 : given.age,
  },
  contact:
    given.contact === "none"
      ? null
      : {
          device: "front-contact",
          link: given.contactLink ?? "online",
          contact: given.contact ?? "closed",
          age_ms: 60_000,
        },
  keypads: [],
  entry: null,
});

const told = (given: Given) => sight(door(given), 2_000);

test("a report's age goes on while nothing new is heard", () => {
  expect(told({}).sentence).toBe("Locked. Reported 8 s ago.");
  expect(sight(door({}), 62_000).sentence).toBe("Locked. Reported 1 min ago.");
});

test("each state has its sentence and its drawing", () => {
  const table: [Given, string, string][] = [
    [{ bolt: "retracted" }, "unlocked", "Unlocked and closed. Reported 8 s ago."],
    [{ bolt: "retracted", contact: "none" }, "unlocked", "Unlocked. Reported 8 s ago."],
    [{ bolt: "moving" }, "moving", "The bolt is moving."],
    [{ bolt: "jammed" }, "jammed", "The bolt is stuck. Reported 8 s ago. Look at the door."],
    [
      { bolt: "unknown", age: 38_000 },
      "unknown",
      "Unknown: the lock has not said where its bolt is for 40 s.",
    ],
    [{ bolt: "retracted", contact: "open" }, "open", "Open. Reported 1 min ago."],
  ];
  for (const [given, state, sentence] of table) {
    expect(told(given)).toMatchObject({ state, sentence });
  }
});

test("a lock that is not connected is unknown, whatever it said before", () => {
  expect(told({ lockLink: "offline" })).toMatchObject({
    state: "unknown",
    bolt: "unknown",
    sentence: "Unknown: the lock is not connected. Last heard 8 s ago.",
  });
  expect(told({ lockLink: "offline", age: null }).sentence).toBe(
    "Unknown: the lock is not connected.",
  );
});

test("a lock that never reported is unknown", () => {
  expect(told({ bolt: "unknown", age: null }).sentence).toBe(
    "Unknown: the lock has not reported since the hub started.",
  );
});

test("an open door with its bolt out is told as that", () => {
  expect(told({ contact: "open" })).toMatchObject({
    state: "open",
    sentence: "Open, with its bolt out. Reported 1 min ago.",
  });
});

test("a silent contact leaves the leaf unknown and says so", () => {
  const seen = told({ contact: "open", contactLink: "offline" });
  expect(seen).toMatchObject({ state: "locked", leaf: "unknown" });
  expect(seen.doubt).toMatch(/contact is silent/);
});

test("a camera is well only while it is live", () => {
  const live = { state: "live", keyframe_age_ms: 4, codec: "H.264", width: 1, height: 1 } as const;
  expect(cameraWords(live).well).toBe(true);
  expect(cameraWords({ state: "frozen" })).toEqual({
    words: "Camera’s picture does not move",
    well: false,
  });
});
