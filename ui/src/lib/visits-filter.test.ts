import { describe, expect, it } from "vitest";
import type { EntryView } from "../api/types";
import { everybody, fits } from "./visits-filter";

const entry = (label: string, door: string, result?: "completed" | "not_entered") =>
  ({
    id: 1,
    door,
    by: { who: "code", code: 1, kind: "delivery", label },
    opened_at: "2026-11-22T10:00:00Z",
    stage: "secured",
    outcome: result ? { result } : null,
  }) as EntryView;

const list = [
  entry("DHL", "front", "completed"),
  entry("Anna", "garden", "not_entered"),
  entry("DHL", "front"),
];

describe("a list of visits", () => {
  it("is narrowed by door, by who came, and by how it went", () => {
    const left = (wanted: Partial<Parameters<typeof fits>[1]>) =>
      list.filter((one) => fits(one, { door: "", who: "", how: "all", ...wanted })).length;
    expect(left({})).toBe(3);
    expect(left({ door: "front" })).toBe(2);
    expect(left({ who: "Anna" })).toBe(1);
    expect(left({ how: "in" })).toBe(1);
    expect(left({ how: "going", door: "front" })).toBe(1);
    expect(left({ how: "denied" })).toBe(0);
  });

  it("names everybody once", () => {
    expect(everybody(list)).toEqual(["Anna", "DHL"]);
  });
});
