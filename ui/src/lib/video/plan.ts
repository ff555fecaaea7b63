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
export const AHEAD_S = 20;
/** As far as that where the browser cannot hold more. */
const AHEAD_AT_LEAST_S = 5;
/** How much of a recording stays around the shown moment, in seconds. */
export interface Reach {
  behind: number;
  ahead: number;
}
/** For a step back, and for what was fetched on the way there. */
const ROOMY: Reach = { behind: 15, ahead: 60 };
/** More sound than any player wants to hold before it shows a picture, at four times the speed, too. */
const RUN_ON_S = 10;
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

/** Returns the gap that a moment lies in, or comes into within `reach` seconds. */
export function gapAt(all: Gap[], at: number, reach = 0.05): Gap | undefined {
  return all.find(({ from, until }) => at >= from - reach && at < until - 0.05);
}

/** Returns what follows a segment without pictures, as far as sound has to go on into it. */
export function behind({ until }: Placed, all: Gap[]): Gap | undefined {
  const gap = all.find(({ from }) => Math.abs(from - until) < 0.001);
  return gap && { from: gap.from, until: Math.min(gap.until, gap.from + RUN_ON_S) };
}

/** Returns the next segment to fetch, if any is needed from `at` until `ahead` seconds later. */
export function nextToFetch(
  placed: Placed[],
  { at, ahead }: { at: number; ahead: number },
  settled: (placed: Placed) => boolean,
): Placed | undefined {
  return placed.find((it) => it.until > at && it.from < at + ahead && !settled(it));
}

/** How far ahead to fetch once the browser threw something away. */
export const less = (ahead: number): number => Math.max(AHEAD_AT_LEAST_S, ahead / 2);

/** Says whether a segment is far enough from `at` to be let go. */
export function mayGo({ from, until }: Placed, at: number, { behind, ahead } = ROOMY): boolean {
  return until < at - behind || from > at + ahead;
}

/**
 * Lists the times that have pictures and cannot be played, given what was put in, in order, and what
 * the player says it has.
 */
export function unplayable(pictures: readonly Gap[], buffered: readonly Gap[]): Gap[] {
  return joined(pictures).flatMap((shown) => without(shown, buffered));
}

export const lengthOf = (times: readonly Gap[]): number =>
  times.reduce((sum, { from, until }) => sum + until - from, 0);

/** Makes one of those that follow each other without a break. */
function joined(pictures: readonly Gap[]): Gap[] {
  const whole: Gap[] = [];
  for (const { from, until } of pictures) {
    const last = whole.at(-1);
    if (last && from <= last.until) last.until = until;
    else whole.push({ from, until });
  }
  return whole;
}

function without(shown: Gap, buffered: readonly Gap[]): Gap[] {
  const left: Gap[] = [];
  let from = shown.from;
  for (const has of buffered) {
    if (has.from >= shown.until) break;
    if (has.from > from) left.push({ from, until: has.from });
    from = Math.max(from, has.until);
  }
  if (from < shown.until) left.push({ from, until: shown.until });
  return left;
}
