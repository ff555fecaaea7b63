import { describe, expect, it } from "vitest";
import { Held } from "./held";
import { type Gap, type Placed } from "./plan";

const placed = (sequence: number): Placed => ({
  segment: { sequence, startsAtMs: 0, durationMs: 4_000, bytes: 1, sha256: "" },
  from: sequence * 4,
  until: sequence * 4 + 4,
});
const ranges = (...times: [number, number][]): Gap[] =>
  times.map(([from, until]) => ({ from, until }));

describe("what a player holds", () => {
  it("is what was put in, as long as it is there", () => {
    const held = new Held();
    expect(held.has(placed(1), 0, ranges([0, 40]))).toBe(false);
    expect(held.add(placed(1), ranges([4, 7.96]))).toBe(true);
    expect(held.has(placed(1), 0, ranges([4, 7.96]))).toBe(true);
    expect(held.has(placed(1), 0, [])).toBe(false);
  });

  it("is not whole once the browser threw away a part that is still to be shown", () => {
    const held = new Held();
    held.add(placed(1), ranges([4, 8]));
    expect(held.has(placed(1), 4, ranges([4, 7.8]))).toBe(false);
    expect(held.has(placed(1), 4, ranges([5, 8]))).toBe(false);
    expect(held.has(placed(1), 6, ranges([5, 8]))).toBe(true);
  });

  it("does not grow by asking again for what the player never took", () => {
    const held = new Held();
    expect(held.add(placed(1), ranges([4, 7.6]))).toBe(true);
    expect(held.has(placed(1), 4, ranges([4, 7.6]))).toBe(true);
    expect(held.has(placed(1), 4, ranges([4, 7]))).toBe(false);
  });

  it("counts for nothing if most of it was not taken", () => {
    expect(new Held().add(placed(1), ranges([4, 5]))).toBe(false);
  });

  it("lets go of what is far away, once", () => {
    const held = new Held();
    for (const n of [0, 10, 40]) held.add(placed(n), ranges([0, 200]));
    expect(held.takeFar(40).map(({ segment }) => segment.sequence)).toEqual([0, 40]);
    expect(held.takeFar(40)).toEqual([]);
    expect(held.knows(placed(10))).toBe(true);
    expect(held.knows(placed(0))).toBe(false);
    const near = { behind: 2, ahead: 5 };
    for (const n of [8, 9, 10, 11, 12]) held.add(placed(n), ranges([0, 200]));
    const gone = held.takeFar(40, near).map(({ segment }) => segment.sequence);
    expect(gone.toSorted()).toEqual([12, 8]);
  });
});
