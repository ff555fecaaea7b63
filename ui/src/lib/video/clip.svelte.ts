// One recording on the screen: opened with this device's household key, played, exported.

import { Refused } from "../../api/problem";
import {
  indexOf,
  recording,
  type RecordingDetails,
  sealedSecret,
  sealedSegment,
} from "../../api/recordings";
import type { Bytes } from "../bytes";
import { openIdentity } from "../keys/household";
import { keep } from "../keys/own";
import { ClipWriter } from "./export";
import { type Known, Playback } from "./playback";
import { SegmentTrouble, type Trouble } from "./trouble";
import type { Gap, SegmentIndex } from "./plan";
import { NotAsLogged, openSecret, openSegment, type RecordingSecret, WrongKey } from "./recording";

/** How often a recording that still runs is asked for more. */
const MORE_MS = 3_000;

export type ClipState =
  | { state: "opening" }
  | { state: "playing" }
  /** This device does not hold the household key. */
  | { state: "no_key" }
  /** Nothing is sealed yet. */
  | { state: "empty" }
  | { state: "failed"; why: Trouble | "gone" };

/** A file, and how many segments it had to go without. */
export interface Exported {
  file: Blob;
  lost: number;
}

export class Clip {
  state: ClipState = $state({ state: "opening" });
  gaps: Gap[] = $state.raw([]);
  why: ReadonlySet<Trouble> = $state.raw(new Set<Trouble>());
  fetching = $state(false);
  /** How much of the export is done, from 0 to 1; absent while none runs. */
  exported: number | undefined = $state();

  #playback: Playback | undefined;
  #closed = false;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly id: number,
    private readonly video: HTMLVideoElement,
  ) {}

  async start(): Promise<void> {
    try {
      const details = await recording(this.id);
      const secret = await this.#secret(details);
      if (this.#closed || !secret) return;
      if (details.segments.length === 0) this.#waitForMore(secret);
      else this.#play(details, secret);
    } catch (error) {
      this.#fail(error);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    this.#playback?.close();
  }

  /** Opens all segments that the hub still has and puts them into one file. */
  async export(): Promise<Exported> {
    const details = await recording(this.id);
    const line = await openIdentity(keep);
    if (!line) throw new SegmentTrouble("wrong_key", "recording");
    const secret = await openSecret(sealedSecret(details), line);
    return this.#gather(indexOf(details), secret);
  }

  async #gather(segments: SegmentIndex[], secret: RecordingSecret): Promise<Exported> {
    const clip = new ClipWriter();
    let lost = 0;
    try {
      for (const [done, index] of segments.entries()) {
        this.exported = done / segments.length;
        const opened = await open(this.id, index, secret).catch(unlessLost);
        if (opened) clip.add(opened);
        else lost += 1;
      }
      if (lost === segments.length) throw new SegmentTrouble("missing", "recording");
      return { file: clip.finish(), lost };
    } finally {
      this.exported = undefined;
    }
  }

  async #secret(details: RecordingDetails): Promise<RecordingSecret | undefined> {
    const line = await openIdentity(keep);
    if (line) return openSecret(sealedSecret(details), line);
    this.state = { state: "no_key" };
    return undefined;
  }

  #play(details: RecordingDetails, secret: RecordingSecret): void {
    const opener = (index: SegmentIndex, signal: AbortSignal) =>
      open(this.id, index, secret, signal);
    this.#playback = new Playback(this.video, knownOf(details), opener, {
      failed: (why) => (this.state = { state: "failed", why }),
      gaps: (gaps, why) => ([this.gaps, this.why] = [gaps, new Set(why)]),
      fetching: (fetching) => (this.fetching = fetching),
    });
    this.state = { state: "playing" };
    void this.#playback.run();
    if (details.recording.state === "running") this.#follow();
  }

  /** Takes in what is sealed while somebody watches. */
  #follow(): void {
    this.#again = setTimeout(async () => {
      const details = await recording(this.id).catch(() => undefined);
      if (this.#closed) return;
      if (details) this.#playback?.extend(knownOf(details));
      if (!details || details.recording.state === "running") this.#follow();
    }, MORE_MS);
  }

  #waitForMore(secret: RecordingSecret): void {
    this.state = { state: "empty" };
    this.#again = setTimeout(async () => {
      const details = await recording(this.id).catch(() => undefined);
      if (this.#closed) return;
      if (details && details.segments.length > 0) this.#play(details, secret);
      else if (!details || details.recording.state === "running") this.#waitForMore(secret);
    }, MORE_MS);
  }

  #fail(error: unknown): void {
    const gone = error instanceof Refused && error.status === 404;
    const why = gone ? "gone" : error instanceof Refused ? "offline" : troubleOf(error);
    this.state = { state: "failed", why };
  }
}

function knownOf(details: RecordingDetails): Known {
  const state = details.recording.state === "running" ? "growing" : "whole";
  return { segments: indexOf(details), state };
}

/** What is gone from the hub's disk leaves a gap; anything else ends the export. */
function unlessLost(error: unknown): undefined {
  if (!(error instanceof SegmentTrouble && error.why === "missing")) throw error;
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof SegmentTrouble) return error.why;
  if (error instanceof WrongKey) return "wrong_key";
  return error instanceof NotAsLogged ? "changed" : "damaged";
}

/** Fetches and opens one segment; sorts what goes wrong. */
export async function open(
  id: number,
  index: SegmentIndex,
  secret: RecordingSecret,
  signal?: AbortSignal,
): Promise<Bytes> {
  try {
    return await openSegment(await sealedSegment(id, index.sequence, signal), index, secret);
  } catch (error) {
    if (!(error instanceof Refused)) throw new SegmentTrouble(troubleOf(error), "segment", error);
    if (error.status === 404) throw new SegmentTrouble("missing", "segment", error);
    // The hub may be there again in a moment.
    const passes = [0, 502, 503, 504].includes(error.status);
    throw new SegmentTrouble("offline", passes ? "moment" : "segment", error);
  }
}
