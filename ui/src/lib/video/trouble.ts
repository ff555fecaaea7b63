// What keeps a recording, or a part of it, from being shown.

/** Why a recording, or a part of it, is not shown. */
export type Trouble = "unsupported" | "wrong_key" | "changed" | "missing" | "offline" | "damaged";

/** A segment could not be had: it, or no other one either, or it alone and only for now. */
export class SegmentTrouble extends Error {
  override name = "SegmentTrouble";
  constructor(
    readonly why: Trouble,
    readonly reach: "segment" | "recording" | "moment",
    cause?: unknown,
  ) {
    super(`a segment is not shown: ${why}`, { cause });
  }
}

export const isFull = (error: unknown): boolean =>
  error instanceof DOMException && error.name === "QuotaExceededError";

/** Says whether what went wrong goes by: a hub that is away, a player that is full. */
export const passes = (error: unknown): boolean =>
  isFull(error) || (error instanceof SegmentTrouble && error.reach === "moment");

export function troubleOf(error: unknown): Trouble {
  return error instanceof SegmentTrouble ? error.why : "damaged";
}
