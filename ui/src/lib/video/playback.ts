/**
 * Plays a sealed recording: fetches the segments around the shown moment, opens them
 * here, and lets go of those far away, so that an hour takes no more memory than a
 * minute. Seeking fetches what is needed there and nothing in between.
 */

import type { Bytes } from "../bytes";
import { mediaType } from "./mp4/codec";
import { parseSegment, type Segment, VIDEO_TRACK } from "./mp4/read";
import {
  duration,
  type Gap,
  gapAt,
  gaps,
  mayGo,
  nextToFetch,
  place,
  type Placed,
  type SegmentIndex,
} from "./plan";
import { filled } from "./silence";
import { attach, canPlay, type Feed } from "./source";

/** Why a recording, or a part of it, is not shown. */
export type Trouble = "unsupported" | "wrong_key" | "changed" | "missing" | "offline" | "damaged";

export interface PlaybackEvents {
  /** The recording cannot be shown at all. */
  failed(why: Trouble): void;
  /** Which times have no pictures; more may follow. */
  gaps(gaps: Gap[], why: ReadonlySet<Trouble>): void;
  /** Pictures of the shown moment are being fetched, or have come. */
  fetching(fetching: boolean): void;
}

/** Fetches and opens one segment; sorts what goes wrong. */
export type OpenSegment = (index: SegmentIndex, signal: AbortSignal) => Promise<Bytes>;

/** A segment could not be had. `fatal` says that no other one can either. */
export class SegmentTrouble extends Error {
  override name = "SegmentTrouble";
  constructor(
    readonly why: Trouble,
    readonly reach: "segment" | "recording",
    cause?: unknown,
  ) {
    super(`a segment is not shown: ${why}`, { cause });
  }
}

export class Playback {
  #placed: Placed[];
  #missing = new Set<number>();
  #why = new Set<Trouble>();
  #appended = new Map<number, Placed>();
  #feed: Feed | undefined;
  #buffer: SourceBuffer | undefined;
  #end = new AbortController();
  #wake: () => void = () => {};
  #current: { from: number; abort: AbortController } | undefined;

  constructor(
    private readonly video: HTMLVideoElement,
    segments: SegmentIndex[],
    private readonly open: OpenSegment,
    private readonly events: PlaybackEvents,
  ) {
    this.#placed = place(segments);
  }

  /** Runs until the recording fails or is closed. */
  async run(): Promise<void> {
    this.events.gaps(gaps(this.#placed, this.#missing), this.#why);
    const { signal } = this.#end;
    for (const name of ["timeupdate", "waiting", "play"]) {
      this.video.addEventListener(name, () => this.#moved(), { signal });
    }
    this.video.addEventListener("seeking", () => this.#sought(), { signal });
    try {
      await this.#pump();
    } catch (error) {
      if (!signal.aborted) this.events.failed(troubleOf(error));
    }
  }

  /** Takes in segments that were sealed since. */
  extend(segments: SegmentIndex[]): void {
    this.#placed = place(segments);
    this.#setDuration();
    this.#wake();
  }

  close(): void {
    this.#end.abort();
    this.#current?.abort.abort();
    this.#wake();
    this.#feed?.detach();
  }

  async #pump(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const next = nextToFetch(this.#placed, this.video.currentTime, (n) => this.#settled(n));
      this.events.fetching(next !== undefined && next.from <= this.video.currentTime);
      if (next) await this.#take(next);
      else await new Promise<void>((resolve) => (this.#wake = resolve));
      await this.#letGo();
    }
  }

  #settled(sequence: number): boolean {
    if (this.#missing.has(sequence)) return true;
    const placed = this.#appended.get(sequence);
    // A managed source may drop pictures by itself.
    return placed !== undefined && this.#isBuffered((placed.from + placed.until) / 2);
  }

  #isBuffered(at: number): boolean {
    const { buffered } = this.video;
    for (let n = 0; n < buffered.length; n += 1) {
      if (at >= buffered.start(n) && at <= buffered.end(n)) return true;
    }
    return false;
  }

  async #take(next: Placed): Promise<void> {
    const abort = new AbortController();
    this.#current = { from: next.from, abort };
    try {
      const opened = await this.open(next.segment, abort.signal);
      if (abort.signal.aborted) return;
      await this.#append(next, opened);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#without(next, error);
    } finally {
      this.#current = undefined;
    }
  }

  async #append(next: Placed, opened: Bytes): Promise<void> {
    const segment = parseSegment(opened);
    const { feed, buffer } = await this.#ready(segment);
    await feed.hungry(this.#end.signal);
    // Each segment goes to its place on the line, whatever the camera's clock says.
    buffer.timestampOffset = next.from - startOf(segment);
    for (const bytes of filled(opened, segment)) await feed.append(buffer, bytes);
    this.#appended.set(next.segment.sequence, next);
    this.#skipGap();
  }

  async #ready(segment: Segment): Promise<{ feed: Feed; buffer: SourceBuffer }> {
    const type = mediaType(segment);
    if (!this.#feed || !this.#buffer) {
      if (!canPlay(type)) throw new SegmentTrouble("unsupported", "recording");
      this.#feed = await attach(this.video);
      // What a phone threw away is fetched again as soon as it is wanted.
      this.#buffer = this.#feed.buffer(type, () => this.#wake());
      this.#setDuration();
    }
    return { feed: this.#feed, buffer: this.#buffer };
  }

  #setDuration(): void {
    const source = this.#feed?.source;
    const whole = duration(this.#placed);
    if (source?.readyState === "open" && !this.#buffer?.updating && whole > 0) {
      source.duration = whole;
    }
  }

  #without(next: Placed, error: unknown): void {
    if (error instanceof SegmentTrouble && error.reach === "recording") throw error;
    this.#missing.add(next.segment.sequence);
    this.#why.add(troubleOf(error));
    const unshown = gaps(this.#placed, this.#missing);
    this.events.gaps(unshown, this.#why);
    if (this.#placed.every(({ segment }) => this.#missing.has(segment.sequence))) {
      throw new SegmentTrouble(troubleOf(error), "recording", error);
    }
    this.#skipGap();
  }

  async #letGo(): Promise<void> {
    for (const [sequence, placed] of this.#appended) {
      if (!mayGo(placed, this.video.currentTime) || !this.#feed || !this.#buffer) continue;
      await this.#feed.remove(this.#buffer, placed.from, placed.until);
      this.#appended.delete(sequence);
    }
  }

  #moved(): void {
    this.#skipGap();
    this.#wake();
  }

  #sought(): void {
    // What is being fetched for another place would only be in the way.
    const at = this.video.currentTime;
    const current = this.#current;
    if (current && Math.abs(current.from - at) > 5) current.abort.abort();
    this.#wake();
  }

  /** Goes on behind a time without pictures; it is drawn on the line, not waited out. */
  #skipGap(): void {
    const gap = gapAt(gaps(this.#placed, this.#missing), this.video.currentTime);
    const last = duration(this.#placed);
    if (gap && gap.until < last) this.video.currentTime = gap.until + 0.01;
    else if (gap && gap.from > 0 && !this.video.paused) this.video.pause();
  }
}

function startOf(segment: Segment): number {
  const run = segment.runs.find((run) => run.track === VIDEO_TRACK);
  const track = segment.tracks.find((track) => track.id === VIDEO_TRACK);
  return run && track ? run.decodedFrom / track.timescale : 0;
}

function troubleOf(error: unknown): Trouble {
  return error instanceof SegmentTrouble ? error.why : "damaged";
}
