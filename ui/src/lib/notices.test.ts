import { expect, test } from "vitest";

import type { Numbered } from "../api/types";
import { mayComeUp } from "./notice-words";
import { asKept } from "./notices.svelte";

const at = "2026-11-22T14:02:05Z";

const granted = (who: "code" | "local_owner"): Numbered =>
  ({
    seq: 9,
    at,
    news: "logged",
    line: {
      index: 1,
      at,
      hub_ms: 0,
      clock: "trusted",
      event: "unlock_granted",
      entry: 17,
      door: "front",
      by: who === "code" ? { who, code: 12, kind: "delivery", label: "DHL" } : { who },
    },
  }) as Numbered;

test("an arrival is told as the hub keeps it for those who are away", () => {
  expect(asKept(granted("code"))).toEqual({
    seq: 9,
    at,
    news: "arrived",
    door: "front",
    entry: 17,
  });
});

test("whoever is of the house does not arrive", () => {
  expect(asKept(granted("local_owner"))).toBeUndefined();
});

test("an alarm is kept, and what only keeps screens up to date is not", () => {
  const alarm: Numbered = { seq: 1, at, news: "alarm", door: "front", alarm: "held_open" };
  expect(asKept(alarm)).toBe(alarm);
  expect(asKept({ seq: 2, at, news: "missed", notices: 3 })).toBeUndefined();
});

test("that a duress code was typed is listed, and comes up on no screen by itself", () => {
  const told = (alarm: "duress" | "jammed"): Numbered => ({
    seq: 1,
    at,
    news: "alarm",
    door: "front",
    alarm,
  });
  expect(mayComeUp(told("duress"))).toBe(false);
  expect(asKept(told("duress"))).toBeDefined();
  expect(mayComeUp(told("jammed"))).toBe(true);
});
