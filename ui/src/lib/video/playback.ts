/**
 * Plays a sealed recording: fetches the segments around the shown moment, opens them
 * here, and lets go of those far away, so that an hour takes no more memory than a
 * minute. Seeking fetches what is needed there and nothing in between.
 */

import type { Bytes } from "../bytes";
import { Held } from "./held";
import { mediaType } from "./mp4/codec";
import { parseSegment, type Segment, VIDEO_TRACK } from "./mp4/read";
import {
  AHEAD_S,
  behind,
  duration,
  type Gap,
  gapAt,
  gaps,
  less,
  nextToFetch,
  place,
  type Placed,
  type Reach,
  type SegmentIndex,
  unplayable,
} from "./plan";
import { silence, withoutPauses } from "./silence";
import { attach, canPlay, type Feed } from "./source";
import { isFull, passes, SegmentTrouble, type Trouble, troubleOf } from "./trouble";

/** How soon a hub that was away is asked again. */
const AGAIN_MS = 2_000;

/** What stays of the past in a player that is full, in seconds. */
const BEHIND_WHEN_FULL_S = 2;

/** As much sound a player wants to hold before it shows a picture. */
const STUCK_S = 0.4;

export interface PlaybackEvents {
  /** The recording cannot be shown at all. */
  failed(why: Trouble): void;
  /** Which times have no pictures; more may follow. */
  gaps(gaps: Gap[], why: ReadonlySet<Trouble>): void;
  /** Pictures of the shown moment are being fetched, or have come. */
  fetching(fetching: boolean): void;
}

/** What there is to play; `growing` may become more. */
export interface Known {
  segments: SegmentIndex[];
  state: "growing" | "whole";
}

/** Fetches and opens one segment; sorts what goes wrong. */
export type OpenSegment = (index: SegmentIndex, signal: AbortSignal) => Promise<Bytes>;

export class Playback {
  #placed: Placed[];
  #missing = new Set<number>();
  #why = new Set<Trouble>();
  #state: Known["state"];
  #held = new Held();
  #ahead = AHEAD_S;
  #feed: Feed | undefined;
  #buffer: SourceBuffer | undefined;
  /** The segment that was put in last: silence is made like its sound. */
  #latest: Segment | undefined;
  #end = new AbortController();
  #wake: () => void = () => {};
  #current: { from: number; abort: AbortController } | undefined;

  constructor(
    private readonly video: HTMLVideoElement,
    { segments, state }: Known,
    private readonly open: OpenSegment,
    private readonly events: PlaybackEvents,
  ) {
    this.#placed = place(segments);
    this.#state = state;
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

  /** Takes in what was sealed since. */
  extend({ segments, state }: Known): void {
    this.#placed = place(segments);
    this.#state = state;
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
      const at = this.video.currentTime;
      const next = nextToFetch(this.#placed, { at, ahead: this.#ahead }, (it) => this.#settled(it));
      this.events.fetching(next !== undefined && next.from <= at);
      if (next) await this.#take(next);
      else await this.#rest();
      await this.#letGo();
    }
  }

  /** Waits until something is wanted. */
  async #rest(): Promise<void> {
    this.#endIfWhole();
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Tells the player that nothing follows: it would wait for more before it shows the last pictures. */
  #endIfWhole(): void {
    const last = this.#placed.at(-1);
    const source = this.#feed?.source;
    if (this.#state === "growing" || !last || source?.readyState !== "open") return;
    if (this.#held.knows(last) && this.#settled(last)) source.endOfStream();
  }

  #settled(placed: Placed): boolean {
    if (this.#missing.has(placed.segment.sequence)) return true;
    return this.#held.has(placed, this.video.currentTime, rangesOf(this.video.buffered));
  }

  async #take(next: Placed): Promise<void> {
    // The browser threw it away: it cannot hold so much.
    if (this.#held.knows(next) && next.from > this.video.currentTime) {
      this.#ahead = less(this.#ahead);
    }
    const abort = new AbortController();
    this.#current = { from: next.from, abort };
    try {
      const opened = await this.open(next.segment, abort.signal);
      if (abort.signal.aborted) return;
      await this.#append(next, opened);
    } catch (error) {
      if (abort.signal.aborted) return;
      if (passes(error)) await patience(abort.signal);
      else await this.#without(next, error);
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
    await this.#put(withoutPauses(opened, segment), feed, buffer);
    await this.#quieten(next, segment, buffer);
    // It would be fetched for ever.
    const taken = this.#held.add(next, rangesOf(buffer.buffered));
    if (!taken) throw new SegmentTrouble("unsupported", "segment");
    this.#setDuration();
    this.#skipGap();
  }

  /** Puts pieces in. A player that is full lets go of what is not shown soon, and is fed less. */
  async #put(bytes: Bytes, feed: Feed, buffer: SourceBuffer): Promise<void> {
    try {
      await feed.append(buffer, bytes);
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#ahead = less(this.#ahead);
      await this.#letGo({ behind: BEHIND_WHEN_FULL_S, ahead: this.#ahead });
      await feed.append(buffer, bytes);
    }
  }

  /**
   * Puts silence where there are pictures and no sound, at a segment and its neighbours: what comes
   * may drop pieces that were there. Before a gap it goes on into it: a player whose sound ends shows
   * the last pictures before that never.
   */
  async #quieten(next: Placed, segment: Segment, buffer: SourceBuffer): Promise<void> {
    this.#latest = segment;
    const near = this.#placed.filter(
      (it) => touch(it, next) && (sameAs(it, next) || this.#held.knows(it)),
    );
    const into = behind(next, gaps(this.#placed, this.#missing));
    const holes = unplayable(near, rangesOf(buffer.buffered));
    for (const hole of into ? [...holes, into] : holes) await this.#fill(hole);
  }

  async #fill(hole: Gap): Promise<void> {
    const bytes = this.#latest && silence(this.#latest, hole);
    if (!bytes || !this.#feed || !this.#buffer) return;
    this.#buffer.timestampOffset = hole.from;
    await this.#put(bytes, this.#feed, this.#buffer);
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
    if (source?.readyState !== "open" || this.#buffer?.updating) return;
    // What the player holds may last a little longer already, and cannot be cut so.
    if (!(source.duration >= whole)) source.duration = whole;
  }

  async #without(next: Placed, error: unknown): Promise<void> {
    if (error instanceof SegmentTrouble && error.reach === "recording") throw error;
    this.#missing.add(next.segment.sequence);
    this.#why.add(troubleOf(error));
    const unshown = gaps(this.#placed, this.#missing);
    this.events.gaps(unshown, this.#why);
    if (this.#placed.every(({ segment }) => this.#missing.has(segment.sequence))) {
      throw new SegmentTrouble(troubleOf(error), "recording", error);
    }
    await this.#runOn(next, unshown);
    this.#skipGap();
  }

  /** Lets the sound of the segment before a missing one go on into the gap that it leaves. */
  async #runOn(missing: Placed, unshown: Gap[]): Promise<void> {
    const before = this.#placed.find((it) => it.until === missing.from && this.#held.knows(it));
    const into = before && behind(before, unshown);
    if (into) await this.#fill(into);
  }

  async #letGo(reach?: Reach): Promise<void> {
    if (!this.#feed || !this.#buffer) return;
    for (const { from, until } of this.#held.takeFar(this.video.currentTime, reach)) {
      await this.#feed.remove(this.#buffer, from, until);
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
    this.#moved();
  }

  /** Goes on behind a time without pictures; it is drawn on the line, not waited out. */
  #skipGap(): void {
    const { currentTime: at, readyState, seeking } = this.video;
    // A player that has sound shows nothing so close to its end: it never holds enough of it.
    const stuck = seeking || readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    const gap = gapAt(gaps(this.#placed, this.#missing), at, stuck ? STUCK_S : undefined);
    if (!gap) return;
    if (gap.until < duration(this.#placed)) this.video.currentTime = gap.until + 0.01;
    else if (gap.from > 0) this.#stopBefore(gap);
  }

  /** Stays at the last picture that can be shown. */
  #stopBefore({ from }: Gap): void {
    if (!this.video.paused) this.video.pause();
    if (this.video.seeking) this.video.currentTime = Math.max(0, from - STUCK_S - 0.1);
  }
}

function rangesOf(times: TimeRanges): Gap[] {
  const one = (_: unknown, n: number) => ({ from: times.start(n), until: times.end(n) });
  return Array.from({ length: times.length }, one);
}

const sameAs = (one: Placed, other: Placed) => one.segment.sequence === other.segment.sequence;
const touch = (one: Placed, other: Placed) => one.until >= other.from && one.from <= other.until;

function startOf(segment: Segment): number {
  const run = segment.runs.find((run) => run.track === VIDEO_TRACK);
  const track = segment.tracks.find((track) => track.id === VIDEO_TRACK);
  return run && track ? run.decodedFrom / track.timescale : 0;
}

/** Waits a little, or until nobody waits any more. */
function patience(until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, AGAIN_MS);
    until.addEventListener("abort", () => resolve(), { once: true });
  });
}
