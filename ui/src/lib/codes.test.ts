import { expect, test } from "vitest";

import type { CodeState, CodeView, EntryView } from "../api/types";
import { deliveryName, expected, over, standing, visitOf, type Delivery } from "./codes";

const delivery = (id: number, from: string, until: string, state: CodeState): Delivery => ({
  id,
  doors: ["front"],
  issued_at: "2026-11-22T08:00:00Z",
  terms: {
    kind: "delivery",
    window: { from: `2026-11-22T${from}:00Z`, until: `2026-11-22T${until}:00Z` },
    carrier: "DHL",
    reference: null,
    instructions: null,
  },
  state,
});

const NOON = new Date("2026-11-22T12:00:00Z");

test("a delivery stands as the hub says, or as the time says before the hub has looked", () => {
  const table: [string, string, CodeState, string][] = [
    ["13:00", "17:00", "waiting", "ahead"],
    ["11:00", "17:00", "waiting", "open"],
    ["11:00", "17:00", "live", "open"],
    ["08:00", "12:00", "live", "missed"],
    ["08:00", "17:00", "expired", "missed"],
    ["08:00", "10:00", "spent", "used"],
    ["08:00", "17:00", "cancelled", "cancelled"],
  ];
  for (const [from, until, state, how] of table) {
    expect(standing(delivery(1, from, until, state), NOON)).toBe(how);
  }
});

test("the next delivery comes first, and the newest of those that are over", () => {
  const codes: CodeView[] = [
    delivery(1, "15:00", "17:00", "waiting"),
    delivery(2, "11:00", "17:00", "live"),
    delivery(3, "06:00", "08:00", "expired"),
    delivery(4, "08:00", "10:00", "spent"),
    { ...delivery(5, "11:00", "17:00", "live"), terms: { kind: "break_glass" } },
  ];
  expect(expected(codes, NOON).map(({ id }) => id)).toEqual([2, 1]);
  expect(over(codes, NOON).map(({ id }) => id)).toEqual([4, 3]);
});

test("a delivery whose notes were erased has no name", () => {
  const one = delivery(1, "11:00", "17:00", "live");
  expect(deliveryName(one)).toBe("DHL");
  expect(deliveryName({ ...one, terms: { ...one.terms, carrier: null } })).toBeUndefined();
});

test("a try that was refused is not the visit for which a code was used", () => {
  const entry = (id: number, outcome: EntryView["outcome"]): EntryView => ({
    id,
    door: "front",
    by: { who: "code", code: 1, kind: "delivery", label: "DHL" },
    opened_at: "2026-11-22T11:30:00Z",
    stage: "secured",
    outcome,
  });
  const entries = [
    entry(8, { result: "denied", reason: "spent" }),
    entry(7, { result: "completed" }),
  ];
  expect(visitOf(delivery(1, "11:00", "17:00", "spent"), entries)?.id).toBe(7);
});
