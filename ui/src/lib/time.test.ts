import { beforeEach, expect, test, vi } from "vitest";

import { ago, atHome, clock, dateOf, day, liveIn, moment, roughly, span, window } from "./time";

beforeEach(() => liveIn("Europe/Berlin"));

test("an age is told in one unit", () => {
  expect([500, 8_400, 61_000, 7_200_000, 4 * 86_400_000].map(ago)).toEqual([
    "just now",
    "8 s ago",
    "1 min ago",
    "2 h ago",
    "4 days ago",
  ]);
  expect(span(-5)).toBe("0 s");
});

test("a countdown never shows less than nothing", () => {
  expect([41_000, 40_001, 725_000, -1].map(clock)).toEqual(["0:41", "0:41", "12:05", "0:00"]);
});

test("a moment is told in the home's time zone, wherever the phone is", () => {
  const now = new Date("2026-11-22T12:00:00Z");
  expect(moment("2026-11-22T13:02:07Z", now)).toBe("today 14:02");
  expect(day("2026-11-22T23:30:00Z", now)).toBe("tomorrow");
  expect(day("2026-11-21T22:59:00Z", now)).toBe("yesterday");
  expect(day("2026-11-24T12:00:00Z", now)).toBe("Tue");
  expect(day("2026-12-24T12:00:00Z", now)).toBe("24 Dec");
});

test("a window names its day once, and midnight as its end", () => {
  const now = new Date("2026-11-22T12:00:00Z");
  expect(window("2026-11-22T13:00:00Z", "2026-11-22T17:00:00Z", now)).toBe("today 14:00–18:00");
  expect(window("2026-11-22T13:00:00Z", "2026-11-22T23:00:00Z", now)).toBe("today 14:00–24:00");
  expect(window("2026-11-22T21:00:00Z", "2026-11-23T05:00:00Z", now)).toBe(
    "today 22:00–tomorrow 06:00",
  );
});

test("an hour at home is one moment, in summer and in winter", () => {
  expect(atHome("2026-11-22", "14:00").toISOString()).toBe("2026-11-22T13:00:00.000Z");
  expect(atHome("2026-07-01", "14:00").toISOString()).toBe("2026-07-01T12:00:00.000Z");
});

test("of an hour that comes twice the first is meant, and a skipped one is the one after it", () => {
  expect(atHome("2026-10-25", "02:30").toISOString()).toBe("2026-10-25T00:30:00.000Z");
  expect(atHome("2026-03-29", "02:30").toISOString()).toBe("2026-03-29T01:30:00.000Z");
});

test("a calendar day is the same whatever order an engine writes dates in", () => {
  const engine: { format: object } = Intl.DateTimeFormat.prototype;
  const american = vi.spyOn(engine, "format", "get").mockReturnValue(() => "11/22/2026");
  expect(dateOf("2026-11-21T23:30:00Z")).toBe("2026-11-22");
  expect(day("2026-11-22T22:00:00Z", new Date("2026-11-22T12:00:00Z"))).toBe("today");
  american.mockRestore();
});

test("what is left is said in minutes, and in seconds at the end", () => {
  expect(roughly(300_900)).toBe("5 min");
  expect(roughly(61_000)).toBe("1 min");
  expect(roughly(40_500)).toBe("40 s");
});
