// Recordings as the hub hands them out: sealed.

import { type Bytes, fromHex } from "../lib/bytes";
import type { SegmentIndex } from "../lib/video/plan";
import { ask, bytes, path } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type RecordingDetails = Schemas["RecordingDetails"];
export type KeepRules = Schemas["KeepRules"];

export const recording = (id: number) => ask<RecordingDetails>("GET", path`/recordings/${id}`);
export const sealedSegment = (id: number, sequence: number, signal?: AbortSignal) =>
  bytes(path`/recordings/${id}/segments/${sequence}`, signal);
export const eraseRecording = (id: number) => ask<void>("DELETE", path`/recordings/${id}`);
export const eraseEntry = (id: number) => ask<void>("DELETE", path`/entries/${id}`);
export const keepRules = () => ask<KeepRules>("GET", "/keep-rules");
export const changeKeepRules = (rules: Partial<KeepRules>) =>
  ask<KeepRules>("PATCH", "/keep-rules", rules);

/** The sealed secret: an age file. */
export const sealedSecret = (details: RecordingDetails): Bytes => fromHex(details.sealed_secret);

/** The index of the segments, as the player wants it. */
export function indexOf({ segments }: RecordingDetails): SegmentIndex[] {
  return segments.map(({ sequence, starts_at, duration_ms, bytes, sha256 }) => ({
    sequence,
    startsAtMs: Date.parse(starts_at),
    durationMs: duration_ms,
    bytes,
    sha256,
  }));
}
