/**
 * Where a recording's segments lie on the time line of its player, which of them it
 * needs, and which it may let go. Pure: told the time, it answers.
 */

/** One segment as the hub's index has it. */
export interface SegmentIndex {
  sequence: number;
  /** When its first picture was taken, in milliseconds since 1970. */
  startsAtMs: number;
  durationMs: number;
  bytes: number;
  /** Of the sealed file, in hex, as the log has it. */
  sha256: string;
}

/** A segment on the time line, in seconds from the recording's first picture. */
export interface Placed {
  segment: SegmentIndex;
  from: number;
  until: number;
}

/** A time of which there are no pictures. */
export interface Gap {
  from: number;
  until: number;
}

/** How far ahead of the shown picture segments are fetched. */
const AHEAD_S = 20;
/** How much of the past stays, for a step back. */
const BEHIND_S = 15;
/** Segments further away than this are let go. */
const FAR_S = 60;
/** Rounding between segments; no pictures are missing. */
const SEAM_S = 0.5;

/**
 * Puts segments on the line. Time never goes back there, even if the wall clock was set
 * back between two segments.
 */
export function place(segments: SegmentIndex[]): Placed[] {
  const first = segments[0]?.startsAtMs ?? 0;
  let ends = 0;
  return segments.map((segment) => {
    const indexed = (segment.startsAtMs - first) / 1000;
    const from = Math.abs(indexed - ends) < SEAM_S ? ends : Math.max(indexed, ends);
    ends = from + segment.durationMs / 1000;
    return { segment, from, until: ends };
  });
}

export function duration(placed: Placed[]): number {
  return placed.at(-1)?.until ?? 0;
}

/** Lists the times without pictures; `missing` are segments that cannot be shown. */
export function gaps(placed: Placed[], missing: ReadonlySet<number>): Gap[] {
  const shown = placed.filter(({ segment }) => !missing.has(segment.sequence));
  const found: Gap[] = [];
  let ends = 0;
  for (const { from, until } of shown) {
    if (from > ends) found.push({ from: ends, until: from });
    ends = until;
  }
  if (duration(placed) > ends) found.push({ from: ends, until: duration(placed) });
  return found;
}

/** Returns the gap that a moment lies in, if it does. */
export function gapAt(all: Gap[], at: number): Gap | undefined {
  return all.find(({ from, until }) => at >= from - 0.05 && at < until - 0.05);
}

/** Returns the next segment to fetch, if any is needed at `at`. */
export function nextToFetch(
  placed: Placed[],
  at: number,
  settled: (sequence: number) => boolean,
): Placed | undefined {
  return placed.find(
    ({ segment, from, until }) => until > at && from < at + AHEAD_S && !settled(segment.sequence),
  );
}

/** Says whether a segment is far enough from `at` to be let go. */
export function mayGo({ from, until }: Placed, at: number): boolean {
  return until < at - BEHIND_S || from > at + FAR_S;
}
