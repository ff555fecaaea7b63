/**
 * From opened segments to one file that any player opens.
 *
 * Nothing is decoded or changed: the samples are put one after the other behind one
 * table. Where a camera changed its parameters, the table names the description that
 * each sample follows. Gaps stay gaps. The bytes are those of `doorward recording
 * export`, whose plan this follows.
 */

import { equal } from "../bytes";
import { type DescribedTrack, wholeFileHead } from "./mp4/head";
import { parseSegment, type Run, type Segment, type Track, VIDEO_TRACK } from "./mp4/read";
import { SampleTable } from "./mp4/table";

const US_PER_SECOND = 1_000_000n;

/** There is nothing to export. */
export class NothingToExport extends Error {
  override name = "NothingToExport";
}

/** Gathers segments, in order, into one clip. */
export class ClipWriter {
  #tracks: DescribedTrack[] = [];
  #payload: Blob[] = [];
  #bytes = 0;
  #createdS: number | undefined;
  /** How much later than recorded everything is shown: time never goes back. */
  #laterByUs = 0n;

  /** Takes in one opened segment. Samples go into a Blob, which may rest on the disk. */
  add(opened: Uint8Array<ArrayBuffer>): void {
    const segment = parseSegment(opened);
    this.#createdS ??= segment.createdS;
    this.#keepTimeGoing(segment);
    for (const run of segment.runs) {
      const at = this.#bytes;
      this.#bytes += run.payload.length;
      this.#payload.push(new Blob([run.payload]));
      const track = segment.tracks.find((track) => track.id === run.track);
      if (track) this.#describe(run, track, at);
    }
  }

  /** Returns the whole file. */
  finish(): Blob {
    if (this.#createdS === undefined) throw new NothingToExport("no segments");
    const head = wholeFileHead(this.#tracks, this.#createdS, this.#bytes);
    return new Blob([head, ...this.#payload], { type: "video/mp4" });
  }

  /** Moves what follows behind the pictures that are already there. */
  #keepTimeGoing(segment: Segment): void {
    const run = segment.runs.find((run) => run.track === VIDEO_TRACK);
    const known = this.#tracks.find(({ track }) => track.id === VIDEO_TRACK);
    if (!run || !known) return;
    const { track, table } = known;
    const starts = run.decodedFrom + ticks(this.#laterByUs, track.timescale);
    const lag = BigInt(Math.max(0, table.ends - starts)) * US_PER_SECOND;
    const timescale = BigInt(Math.max(1, track.timescale));
    this.#laterByUs += (lag + timescale - 1n) / timescale;
  }

  #describe(run: Run, track: Track, at: number): void {
    const laterBy = ticks(this.#laterByUs, track.timescale);
    const known = this.#tableOf(track);
    const entry = track.sampleEntries[0];
    const number = entry ? sampleEntry(known.track, entry) : 1;
    // Sound may overlap by a rounding; it never goes back either.
    const starts = Math.max(run.decodedFrom + laterBy, known.table.ends);
    known.table.add(run, at, number, starts);
  }

  #tableOf(track: Track): DescribedTrack {
    const known = this.#tracks.find((one) => one.track.id === track.id);
    if (known) return known;
    const copy = { ...track, sampleEntries: track.sampleEntries.map((entry) => entry.slice()) };
    const fresh = { track: copy, table: new SampleTable() };
    this.#tracks.push(fresh);
    return fresh;
  }
}

function ticks(us: bigint, timescale: number): number {
  return Number((us * BigInt(timescale)) / US_PER_SECOND);
}

/** Returns the place of a sample entry, counted from 1, adding it if it is new. */
function sampleEntry(track: Track, entry: Uint8Array): number {
  const known = track.sampleEntries.findIndex((other) => equal(other, entry));
  return known >= 0 ? known + 1 : track.sampleEntries.push(entry.slice());
}
