import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseSegment, type Run, type Segment, type Track } from "./mp4/read";
import { filled as filling } from "./silence";

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

function run(track: Track, fromS: number, untilS: number): Run {
  const [from, until] = [fromS * track.timescale, untilS * track.timescale];
  const piece = track.kind === "audio" ? 1_024 : until - from;
  const samples = Array.from({ length: Math.ceil((until - from) / piece) }, (_, n) => ({
    duration: Math.min(piece, until - from - n * piece),
    bytes: 1,
    offset: 0,
    standsAlone: true,
  }));
  const durationsAt = samples.map((_, n) => n * 8);
  const payload = new Uint8Array(samples.length);
  return { track: track.id, decodedFrom: from, samples, durationsAt, payload };
}

const segment = (tracks: Track[], ...runs: Run[]): Segment => ({ tracks, createdS: 0, runs });

const silence = (of: Segment) => filling(new Uint8Array(32), of).slice(1);

/** From when until when each piece of silence lasts, in seconds, and what it holds. */
function filled(of: Segment): { from: number; until: number; bytes: number }[] {
  const file = (fragment: Uint8Array<ArrayBuffer>) => {
    const moov = Uint8Array.from([
      ...[0, 0, 0, 28, ...[..."moov"].map((c) => c.charCodeAt(0))],
      ...[0, 0, 0, 20, ...[..."mvhd"].map((c) => c.charCodeAt(0))],
      ...[1, 0, 0, 0, 0, 0, 0, 0, 0x7c, 0x25, 0xb0, 0x80],
    ]);
    return Uint8Array.from([...moov, ...fragment]);
  };
  return silence(of).flatMap((fragment) =>
    parseSegment(file(fragment)).runs.map(({ track, decodedFrom, samples, payload }) => {
      expect(track).toBe(2);
      const lasts = samples.reduce((sum, { duration }) => sum + duration, 0);
      const [from, until] = [decodedFrom / RATE, (decodedFrom + lasts) / RATE];
      return { from, until, bytes: payload.length / samples.length };
    }),
  );
}

describe("silence", () => {
  it("fills a segment whose microphone gave nothing", () => {
    const [hole, ...more] = filled(segment([pictures, sound()], run(pictures, 10, 12)));
    expect(more).toEqual([]);
    expect(hole?.from).toBe(10);
    expect(hole?.until).toBeGreaterThan(12 - 1_024 / RATE);
    expect(hole?.until).toBeLessThanOrEqual(12);
    expect(hole?.bytes).toBe(6);
  });

  it("fills what is before the sound and behind it", () => {
    const stereo = sound(2);
    const holes = filled(segment([pictures, stereo], run(pictures, 0, 4), run(stereo, 1, 2)));
    expect(holes.map(({ from }) => from)).toEqual([0, 2]);
    expect(holes.every(({ bytes }) => bytes === 9)).toBe(true);
  });

  it("fills no more than has pictures, wherever the camera's clock put its sound", () => {
    for (const fromS of [0, 90_000]) {
      const [hole, ...more] = filled(
        segment([pictures, sound()], run(pictures, 10, 12), run(sound(), fromS, fromS + 1)),
      );
      expect(more).toEqual([]);
      expect(hole?.from).toBe(10);
      expect(hole?.until).toBeLessThanOrEqual(12);
    }
  });

  it("puts silence into a pause and cuts the piece before it to its own length", () => {
    const paused: Run = {
      track: 2,
      decodedFrom: 0,
      samples: [1_024, 1_024 * 10 + 7, 1_500, 1_024].map((duration) => ({
        duration,
        bytes: 1,
        offset: 0,
        standsAlone: true,
      })),
      durationsAt: [0, 8, 16, 24],
      payload: new Uint8Array(4),
    };
    const of = segment([pictures, sound()], run(pictures, 0, 0.9), paused);
    const [hole, ...more] = filled(of);
    expect(more).toEqual([]);
    expect(hole?.from).toBe(2_048 / RATE);
    expect(hole?.until).toBe((2_048 + 9 * 1_024) / RATE);
    const opened = new Uint8Array(32).fill(1);
    const [cut] = filling(opened, of);
    const expected = opened.slice();
    expected.set([0, 0, 4, 0], 8);
    expect(cut).toEqual(expected);
    expect(opened).toEqual(new Uint8Array(32).fill(1));
  });

  it("finds the pause in what a hub recorded", () => {
    const opened = new Uint8Array(
      readFileSync(new URL("./vectors/segment-1.mp4", import.meta.url)),
    );
    const [cut, ...quiet] = filling(opened, {
      ...parseSegment(opened),
      // The imaginary microphone's entry does not tell how it is coded.
      tracks: [pictures, sound()],
    });
    const lasts = (bytes: Uint8Array<ArrayBuffer>) =>
      parseSegment(bytes)
        .runs.filter((run) => run.track === 2)
        .flatMap((run) => run.samples.map(({ duration }) => duration));
    expect(lasts(opened)).toEqual([1_024, 5 * 1_024, 1_024]);
    expect(cut && lasts(cut)).toEqual([1_024, 1_024, 1_024]);
    expect(quiet.length).toBeGreaterThan(0);
  });

  it("leaves alone what has its sound, what never had any, and what it cannot imitate", () => {
    const whole = segment([pictures, sound()], run(pictures, 0, 2), run(sound(), 0.1, 1.8));
    expect(silence(whole)).toEqual([]);
    expect(silence(segment([pictures], run(pictures, 0, 2)))).toEqual([]);
    expect(silence(segment([pictures, sound(6)], run(pictures, 0, 2)))).toEqual([]);
  });
});
