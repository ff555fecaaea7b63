import { describe, expect, it } from "vitest";
import { LiveEdge } from "./edge";
import {
  AHEAD_S,
  behind,
  duration,
  gapAt,
  gaps,
  less,
  mayGo,
  nextToFetch,
  place,
  type SegmentIndex,
  unplayable,
} from "./plan";

const segment = (sequence: number, startsAtMs: number, durationMs = 2_000): SegmentIndex => ({
  sequence,
  startsAtMs,
  durationMs,
  bytes: 1,
  sha256: "",
});
const none = new Set<number>();

describe("segments on the line", () => {
  it("lie one behind the other, rounding forgiven", () => {
    const placed = place([segment(1, 5_000), segment(2, 7_003), segment(3, 8_999)]);
    expect(placed.map(({ from, until }) => [from, until])).toEqual([
      [0, 2],
      [2, 4],
      [4, 6],
    ]);
    expect(gaps(placed, none)).toEqual([]);
  });

  it("leave a gap as long as it was", () => {
    const placed = place([segment(1, 0), segment(2, 12_000)]);
    expect(duration(placed)).toBe(14);
    expect(gaps(placed, none)).toEqual([{ from: 2, until: 12 }]);
    expect(gapAt(gaps(placed, none), 5)).toEqual({ from: 2, until: 12 });
    expect(gapAt(gaps(placed, none), 12.01)).toBeUndefined();
    expect(gapAt(gaps(placed, none), 1.7)).toBeUndefined();
    expect(gapAt(gaps(placed, none), 1.7, 0.4)).toEqual({ from: 2, until: 12 });
  });

  it("never go back, though the clock was set back", () => {
    const placed = place([segment(1, 60_000), segment(2, 10_000)]);
    expect(placed[1]).toMatchObject({ from: 2, until: 4 });
  });

  it("that cannot be shown are gaps, at the end too", () => {
    const placed = place([segment(1, 0), segment(2, 2_000), segment(3, 4_000)]);
    expect(gaps(placed, new Set([1, 3]))).toEqual([
      { from: 0, until: 2 },
      { from: 4, until: 6 },
    ]);
  });

  it("are fetched from the shown moment on, and let go when far away", () => {
    const placed = place(Array.from({ length: 100 }, (_, n) => segment(n + 1, n * 2_000)));
    const wanted = { at: 100.5, ahead: AHEAD_S };
    const among =
      (from: number, until: number) =>
      ({ segment }: (typeof placed)[number]) =>
        segment.sequence >= from && segment.sequence <= until;
    expect(nextToFetch(placed, wanted, among(51, 52))?.segment.sequence).toBe(53);
    expect(nextToFetch(placed, wanted, among(51, 61))).toBeUndefined();
    expect(nextToFetch(placed, { ...wanted, ahead: 4 }, among(51, 53))).toBeUndefined();
    const kept = placed.filter((one) => !mayGo(one, 100)).length;
    expect(kept).toBeGreaterThan(10);
    expect(kept).toBeLessThan(45);
  });
});

it("sound goes on into a gap behind a segment, for a while", () => {
  const placed = place([segment(1, 0), segment(2, 3_000), segment(3, 60_000)]);
  const [first, second, third] = placed;
  const all = gaps(placed, new Set());
  expect(first && behind(first, all)).toEqual({ from: 2, until: 3 });
  expect(second && behind(second, all)).toEqual({ from: 5, until: 15 });
  expect(third && behind(third, all)).toBeUndefined();
});

it("less is fetched ahead each time, and never less than is needed to go on", () => {
  const far = [AHEAD_S];
  for (let n = 0; n < 9; n += 1) far.push(less(far.at(-1) ?? 0));
  expect(far.slice(0, 4)).toEqual([20, 10, 5, 5]);
  expect(far.at(-1)).toBe(5);
});

describe("what cannot be played", () => {
  const whole = [
    { from: 0, until: 4 },
    { from: 4, until: 8 },
  ];

  it("is all that has pictures as long as the player has nothing", () => {
    expect(unplayable(whole, [])).toEqual([{ from: 0, until: 8 }]);
  });

  it("is what lies between, before and behind what the player has", () => {
    const buffered = [
      { from: 0.2, until: 3.9 },
      { from: 4.1, until: 7 },
    ];
    expect(unplayable(whole, buffered)).toEqual([
      { from: 0, until: 0.2 },
      { from: 3.9, until: 4.1 },
      { from: 7, until: 8 },
    ]);
  });

  it("is a segment between two that can", () => {
    const buffered = [
      { from: 0, until: 3.9 },
      { from: 32, until: 40 },
    ];
    expect(unplayable([{ from: 4, until: 8 }], buffered)).toEqual([{ from: 4, until: 8 }]);
  });

  it("is nothing where there are no pictures, or where all is there", () => {
    expect(unplayable(whole, [{ from: -1, until: 9 }])).toEqual([]);
    const apart = [
      { from: 0, until: 2 },
      { from: 6, until: 8 },
    ];
    expect(unplayable(apart, apart)).toEqual([]);
  });
});

describe("the live edge", () => {
  const steady = (every: number) => {
    const edge = new LiveEdge();
    for (let n = 0; n < 20; n += 1) edge.arrived(n * every);
    edge.step(0, 0.04);
    return edge;
  };

  it("is near where pieces come one picture at a time, and further where they come in groups", () => {
    expect(steady(0.04).target).toBeLessThan(0.2);
    expect(steady(2).target).toBeCloseTo(2.5);
  });

  it("is caught up with gently, and jumped to from afar", () => {
    expect(steady(0.04).step(10, 10.05)).toEqual({ rate: 1 });
    expect(steady(0.04).step(10, 10.2)).toEqual({ rate: 1.08 });
    expect(steady(0.04).step(10, 10.4)).toEqual({ rate: 1.25 });
    expect(steady(0.04).step(10, 11)).toEqual({ rate: 1.5 });
    expect(steady(0.04).step(10, 20)).toEqual({ jumpTo: 19.9 });
  });

  it("is jumped to when the picture is ahead of what there is", () => {
    expect(steady(0.04).step(10, 3)).toEqual({ jumpTo: 2.9 });
  });
});
