/** Where the samples of a whole file are, and when they are shown. */

import type { Run, Sample } from "./read";
import type { BoxWriter } from "./write";

/** Ticks per second of the whole file's times. */
export const MOVIE_TIMESCALE = 1000;

/** Samples that lie behind one another and follow one sample entry. */
interface Chunk {
  /** From the first sample byte of the file. */
  at: number;
  samples: number;
  sampleEntry: number;
}

export class SampleTable {
  #samples: Sample[] = [];
  #chunks: Chunk[] = [];
  #starts = 0;
  #ends = 0;

  /**
   * Adds a run that is written `at` bytes behind the first sample and starts at
   * `starts`. The sample before lasts until then: that is what a gap is.
   */
  add(run: Run, at: number, sampleEntry: number, starts: number): void {
    const last = this.#samples.at(-1);
    if (last) last.duration = Math.max(0, last.duration + starts - this.#ends);
    else this.#starts = starts;
    this.#ends = starts + run.samples.reduce((sum, sample) => sum + sample.duration, 0);
    this.#samples.push(...run.samples.map((sample) => ({ ...sample })));
    this.#chunks.push({ at, samples: run.samples.length, sampleEntry });
  }

  /** When the last sample is over, in the track's ticks. */
  get ends(): number {
    return this.#ends;
  }

  /** How long the samples last, in the track's ticks. */
  get length(): number {
    return Math.max(0, this.#ends - this.#starts);
  }

  endsMs(timescale: number): number {
    return movieTicks(this.#ends, timescale);
  }

  /** Writes how long the track is silent or dark before its first sample. */
  writeEdits(w: BoxWriter, timescale: number): void {
    const NOTHING_SHOWN = 2n ** 64n - 1n;
    if (this.#starts === 0) return;
    w.box("edts", () =>
      w.fullBox("elst", 1, 0, () => {
        w.u32(2);
        const edits: [number, bigint][] = [
          [this.#starts, NOTHING_SHOWN],
          [this.length, 0n],
        ];
        for (const [ticks, from] of edits) {
          w.u64(BigInt(movieTicks(ticks, timescale)));
          w.u64(from);
          w.u32(0x1_0000); // at its own speed
        }
      }),
    );
  }

  /** Writes the boxes within `stbl` that follow `stsd`. */
  write(w: BoxWriter, samplesAt: number): void {
    const samples = this.#samples;
    runLengths(
      w,
      "stts",
      0,
      samples.map((sample) => sample.duration),
    );
    if (samples.some((sample) => sample.offset !== 0)) {
      runLengths(
        w,
        "ctts",
        1,
        samples.map((sample) => sample.offset >>> 0),
      );
    }
    this.#writeKeyframes(w);
    this.#writeChunks(w, samplesAt);
  }

  #writeKeyframes(w: BoxWriter): void {
    const keyframes = this.#samples.flatMap((sample, n) => (sample.standsAlone ? [n + 1] : []));
    if (keyframes.length === this.#samples.length) return;
    w.fullBox("stss", 0, 0, () =>
      list(
        w,
        keyframes.map((number) => [number]),
      ),
    );
  }

  #writeChunks(w: BoxWriter, samplesAt: number): void {
    const kinds: [number, number, number][] = [];
    this.#chunks.forEach(({ samples, sampleEntry }, n) => {
      const last = kinds.at(-1);
      if (last?.[1] !== samples || last[2] !== sampleEntry)
        kinds.push([n + 1, samples, sampleEntry]);
    });
    w.fullBox("stsc", 0, 0, () => list(w, kinds));
    w.fullBox("stsz", 0, 0, () => {
      w.u32(0);
      list(
        w,
        this.#samples.map((sample) => [sample.bytes]),
      );
    });
    w.fullBox("co64", 0, 0, () => {
      w.u32(this.#chunks.length);
      for (const chunk of this.#chunks) w.u64(BigInt(samplesAt + chunk.at));
    });
  }
}

function list(w: BoxWriter, rows: number[][]): void {
  w.u32(rows.length);
  for (const row of rows) for (const value of row) w.u32(value);
}

function movieTicks(ticks: number, timescale: number): number {
  return Number((BigInt(ticks) * BigInt(MOVIE_TIMESCALE)) / BigInt(Math.max(1, timescale)));
}

/** Writes values as how often each comes in a row. */
function runLengths(w: BoxWriter, kind: string, version: number, values: number[]): void {
  const rows: [number, number][] = [];
  for (const value of values) {
    const last = rows.at(-1);
    if (last?.[1] === value) last[0] += 1;
    else rows.push([1, value]);
  }
  w.fullBox(kind, version, 0, () => list(w, rows));
}
