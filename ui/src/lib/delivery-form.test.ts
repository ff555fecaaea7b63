import { beforeEach, expect, test } from "vitest";

import type { CodeView, DoorView } from "../api/types";
import { dayAfter, defaults, fromCode, lateCarriers, read } from "./delivery-form";
import { liveIn } from "./time";

beforeEach(() => liveIn("Europe/Berlin"));

const policy = { recording: "required", approval: "none", relock_after_ms: 30_000 } as const;
const door = (name: string, keypads: string[]): DoorView => ({
  name,
  lock: `${name}-lock`,
  keypads,
  policy,
});
const DOORS = [door("cellar", []), door("front", ["porch"])];

const delivery = (id: number, carrier: string | null, instructions: string | null): CodeView => ({
  id,
  doors: ["front"],
  issued_at: "2026-11-20T10:00:00Z",
  terms: {
    kind: "delivery",
    window: { from: "2026-11-22T13:00:00Z", until: "2026-11-22T17:00:00Z" },
    carrier,
    reference: null,
    instructions,
  },
  state: "live",
});

const at = (time: string) => new Date(`2026-11-22T${time}:00Z`);

test("a delivery is for today until the evening, at a door with a keypad", () => {
  expect(defaults(at("12:20"), DOORS, [])).toEqual({
    door: "front",
    carrier: "",
    reference: "",
    date: "2026-11-22",
    from: "13:15",
    until: "20:00",
    instructions: "",
  });
});

test("early in the morning the window begins with the couriers", () => {
  expect(defaults(at("04:20"), DOORS, [])).toMatchObject({ date: "2026-11-22", from: "08:00" });
});

test("in the evening a delivery is for tomorrow", () => {
  expect(defaults(at("18:30"), DOORS, [])).toMatchObject({ date: "2026-11-23", from: "08:00" });
});

test("where to put it is taken over from the last delivery", () => {
  const codes = [delivery(3, "DHL", "On the bench."), delivery(2, "DPD", "In the cellar.")];
  expect(defaults(at("12:00"), DOORS, codes).instructions).toBe("On the bench.");
});

test("the form makes the window at home's hours", () => {
  const form = { ...defaults(at("12:20"), DOORS, []), carrier: " DHL ", from: "14:00" };
  expect(read(form, at("12:20"))).toEqual({
    code: {
      kind: "delivery",
      door: "front",
      window: { from: "2026-11-22T13:00:00.000Z", until: "2026-11-22T19:00:00.000Z" },
      carrier: "DHL",
      reference: null,
      instructions: null,
    },
  });
});

test("an end at or before the start is on the next day", () => {
  const form = { ...defaults(at("12:20"), DOORS, []), from: "22:00", until: "06:00" };
  expect(read(form, at("12:20"))).toMatchObject({
    code: { window: { from: "2026-11-22T21:00:00.000Z", until: "2026-11-23T05:00:00.000Z" } },
  });
});

test("a form that cannot be meant says at which line", () => {
  const good = defaults(at("12:20"), DOORS, []);
  const wrongs = [
    [{ ...good, door: "" }, "door"],
    [{ ...good, date: "" }, "date"],
    [{ ...good, from: "25:00" }, "from"],
    [{ ...good, date: "2026-11-21" }, "until"],
  ] as const;
  for (const [form, line] of wrongs) {
    const answer = read(form, at("12:20"));
    expect("wrong" in answer && Object.keys(answer.wrong)).toEqual([line]);
  }
});

test("what was expected once can be expected again", () => {
  expect(fromCode(delivery(1, "DHL", null))).toMatchObject({
    carrier: "DHL",
    date: "2026-11-22",
    from: "14:00",
    until: "18:00",
  });
  expect(fromCode({ ...delivery(1, null, null), terms: { kind: "break_glass" } })).toBeUndefined();
});

test("each late carrier is named once", () => {
  const codes = ["DHL", "DPD", null, "DHL", "Bakery"].map((name, at) => delivery(at, name, null));
  expect(lateCarriers(codes, 2)).toEqual(["Bakery", "DHL"]);
});

test("the day after is found across months and years", () => {
  expect(dayAfter("2026-12-31")).toBe("2027-01-01");
});
