import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseSegment, type Run, type Segment, type Track } from "./mp4/read";
import { silence, withoutPauses } from "./silence";

const RATE = 16_000;

/** An `mp4a` entry of so many channels, with a configuration of low complexity. */
function entry(channels: number): Uint8Array {
  const esds = [0, 0, 0, 0, 3, 11, 0, 0, 0, 4, 4, 0x40, 5, 2, 0x14, 0x08];
  const fields = [...new Array(16).fill(0), 0, channels, ...new Array(10).fill(0)];
  const box = (kind: string, content: number[]) => [
    ...[0, 0, 0, content.length + 8],
    ...[...kind].map((letter) => letter.charCodeAt(0)),
    ...content,
  ];
  return Uint8Array.from(box("mp4a", [...fields, ...box("esds", esds)]));
}

const pictures: Track = {
  id: 1,
  kind: { video: { width: 640, height: 360 } },
  timescale: 90_000,
  sampleEntries: [],
};
const sound = (channels = 1): Track => ({
  id: 2,
  kind: "audio",
  timescale: RATE,
  sampleEntries: [entry(channels)],
});

const segment = (tracks: Track[], ...runs: Run[]): Segment => ({ tracks, createdS: 0, runs });

/** A segment's sound, as a hub writes it: each piece lasts until the next. */
function pieces(...durations: number[]): Run {
  return {
    track: 2,
    decodedFrom: 0,
    samples: durations.map((duration) => ({ duration, bytes: 1, offset: 0, standsAlone: true })),
    durationsAt: durations.map((_, n) => n * 8),
    payload: new Uint8Array(durations.length),
  };
}

/** Takes a fragment apart, which has no head of its own. */
function read(fragment: Uint8Array<ArrayBuffer>): Run | undefined {
  const moov = Uint8Array.from([
    ...[0, 0, 0, 28, ...[..."moov"].map((c) => c.charCodeAt(0))],
    ...[0, 0, 0, 20, ...[..."mvhd"].map((c) => c.charCodeAt(0))],
    ...[1, 0, 0, 0, 0, 0, 0, 0, 0x7c, 0x25, 0xb0, 0x80],
  ]);
  return parseSegment(Uint8Array.from([...moov, ...fragment])).runs[0];
}

describe("silence", () => {
  it.each([
    [1, 6],
    [2, 9],
  ])("fills a hole with whole pieces of %i channels", (channels, bytes) => {
    const made = silence(segment([pictures, sound(channels)]), { from: 10, until: 12 });
    const run = made && read(made);
    expect(run?.track).toBe(2);
    expect(run?.decodedFrom).toBe(0);
    expect(run?.samples.map(({ duration }) => duration)).toEqual(new Array(31).fill(1_024));
    expect(run?.payload.length).toBe(31 * bytes);
  });

  it("is none where no piece fits, where there never was sound, and of what it cannot imitate", () => {
    const hole = { from: 1, until: 2 };
    expect(silence(segment([pictures, sound()]), { from: 1, until: 1.063 })).toBeUndefined();
    expect(silence(segment([pictures]), hole)).toBeUndefined();
    expect(silence(segment([pictures, sound(6)]), hole)).toBeUndefined();
  });
});

describe("a pause of the microphone", () => {
  it("is a hole once the piece before it has its own length", () => {
    const of = segment([pictures, sound()], pieces(1_024, 1_024 * 10 + 7, 1_500, 1_024));
    const opened = new Uint8Array(32).fill(1);
    const expected = opened.slice();
    expected.set([0, 0, 4, 0], 8);
    expect(withoutPauses(opened, of)).toEqual(expected);
    expect(opened).toEqual(new Uint8Array(32).fill(1));
  });

  it("is found in what a hub recorded", () => {
    const opened = new Uint8Array(
      readFileSync(new URL("./vectors/segment-1.mp4", import.meta.url)),
    );
    // The imaginary microphone's entry does not tell how it is coded.
    const told = { ...parseSegment(opened), tracks: [pictures, sound()] };
    const lasts = (bytes: Uint8Array<ArrayBuffer>) =>
      parseSegment(bytes)
        .runs.filter((run) => run.track === 2)
        .flatMap((run) => run.samples.map(({ duration }) => duration));
    expect(lasts(opened)).toEqual([1_024, 5 * 1_024, 1_024]);
    expect(lasts(withoutPauses(opened, told))).toEqual([1_024, 1_024, 1_024]);
  });

  it("stays in what has no sound that can be imitated", () => {
    const opened = new Uint8Array(32);
    const of = segment([pictures, sound(6)], pieces(1_024 * 10));
    expect(withoutPauses(opened, of)).toBe(opened);
  });
});
