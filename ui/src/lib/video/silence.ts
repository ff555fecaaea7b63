/**
 * Silence where a recording's microphone gave nothing.
 *
 * A player shows no picture for which it has no sound: one track's hole stops the other. Where a
 * camera stopped sending sound while it was filmed, silence is put into the hole, so that the
 * pictures go on. Within a segment the last piece before a pause lasts until its end; players that
 * count what they hear instead of looking at its time would play on at once, so that such a piece
 * is cut to its own length, and silence follows it. What is exported has none: programs that play
 * files need none.
 */

import type { Bytes } from "../bytes";
import { codecName } from "./mp4/codec";
import { type Run, type Segment, type Track, u16, VIDEO_TRACK } from "./mp4/read";
import { BoxWriter } from "./mp4/write";

/** A shorter hole is filled by the next segment, which begins with the sound that came late. */
const SHORTEST_S = 0.3;

/** Pictures and sound begin here within a sample entry: behind its head, the channels. */
const CHANNELS_AT = 8 + 16;

/** One piece of AAC lasts so many ticks. */
const PIECE_TICKS = 1_024;

/** What a whole number of ticks loses on its way through seconds, at the most. */
const ROUNDING = 1e-4;

/** One piece of silence in AAC of low complexity (ISO/IEC 14496-3), by the number of channels. */
const QUIET = new Map([
  [1, Uint8Array.of(0x00, 0xc8, 0x00, 0x80, 0x23, 0x80)],
  [2, Uint8Array.of(0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80)],
]);
const LOW_COMPLEXITY = "mp4a.40.2";

const DATA_OFFSET = 0x1;
const DURATIONS = 0x100;
const SIZES = 0x200;
const BASE_IS_MOOF = 0x2_0000;

/** A time in seconds on the segment's own line. */
interface Hole {
  from: number;
  until: number;
}

/** A hole within the sound, and where in the segment the duration of the piece before it lies. */
interface Pause extends Hole {
  durationAt: number;
}

/**
 * Returns what is to be played of an opened segment, in the order in which a player takes it: the
 * segment, and the fragments that fill its holes. It is alone if it has none, or no sound at all.
 */
export function filled(opened: Bytes, segment: Segment): Bytes[] {
  const sound = segment.tracks.find((track) => track.kind === "audio");
  const piece = sound && quietPiece(sound);
  if (!sound || !piece) return [opened];
  const paused = pauses(segment, sound);
  const quiet = [...holes(segment, sound), ...paused].map((hole) => fragment(sound, piece, hole));
  return [withoutPauses(opened, paused), ...quiet];
}

function quietPiece(sound: Track): Uint8Array | undefined {
  const entry = sound.sampleEntries[0];
  if (!entry || entry.length < CHANNELS_AT + 2 || codecName(entry) !== LOW_COMPLEXITY) return;
  return QUIET.get(u16(entry, CHANNELS_AT));
}

function holes(segment: Segment, sound: Track): Hole[] {
  const pictures = span(segment, VIDEO_TRACK);
  if (!pictures) return [];
  const heard = span(segment, sound.id) ?? { from: pictures.until, until: pictures.until };
  // A camera's two clocks may be hours apart: only what has pictures can be a hole.
  return [
    { from: pictures.from, until: Math.min(heard.from, pictures.until) },
    { from: Math.max(heard.until, pictures.from), until: pictures.until },
  ].filter(({ from, until }) => until - from > SHORTEST_S);
}

/** Returns the holes within the sound: what a piece lasts beyond itself, if silence fits in. */
function pauses(segment: Segment, sound: Track): Pause[] {
  const pictures = span(segment, VIDEO_TRACK);
  if (!pictures || sound.timescale <= 0) return [];
  const own = segment.runs.filter((run) => run.track === sound.id);
  return own.flatMap(({ decodedFrom, samples, durationsAt }) => {
    let at = decodedFrom;
    return samples.flatMap(({ duration }, n) => {
      const [from, over] = [at + PIECE_TICKS, at + duration];
      at = over;
      const until = Math.min(over / sound.timescale, pictures.until);
      const fits = until * sound.timescale - from + ROUNDING >= PIECE_TICKS;
      const durationAt = durationsAt[n];
      if (!fits || durationAt === undefined) return [];
      return [{ from: from / sound.timescale, until, durationAt }];
    });
  });
}

/** Cuts each piece before a pause to its own length. */
function withoutPauses(opened: Bytes, paused: Pause[]): Bytes {
  if (paused.length === 0) return opened;
  const cut = opened.slice();
  const view = new DataView(cut.buffer);
  for (const { durationAt } of paused) view.setUint32(durationAt, PIECE_TICKS);
  return cut;
}

/** From when until when a track has samples. */
function span({ tracks, runs }: Segment, id: number): Hole | undefined {
  const timescale = tracks.find((track) => track.id === id)?.timescale ?? 0;
  const own = runs.filter((run) => run.track === id && run.samples.length > 0);
  if (timescale <= 0 || own.length === 0) return undefined;
  const ends = (run: Run) =>
    run.samples.reduce((at, { duration }) => at + duration, run.decodedFrom);
  return {
    from: Math.min(...own.map(({ decodedFrom }) => decodedFrom)) / timescale,
    until: Math.max(...own.map(ends)) / timescale,
  };
}

function fragment({ id, timescale }: Track, piece: Uint8Array, { from, until }: Hole): Bytes {
  const begins = Math.ceil(from * timescale - ROUNDING);
  const ticks = until * timescale - begins + ROUNDING;
  const pieces = Math.max(1, Math.floor(ticks / PIECE_TICKS));
  const head = (samplesAt: number) => {
    const w = new BoxWriter();
    w.box("moof", () => {
      w.fullBox("mfhd", 0, 0, () => w.u32(0));
      w.box("traf", () => {
        w.fullBox("tfhd", 0, BASE_IS_MOOF, () => w.u32(id));
        w.fullBox("tfdt", 1, 0, () => w.u64(BigInt(begins)));
        w.fullBox("trun", 0, DATA_OFFSET | DURATIONS | SIZES, () => {
          w.u32(pieces);
          w.u32(samplesAt);
          for (let n = 0; n < pieces; n += 1) {
            w.u32(PIECE_TICKS);
            w.u32(piece.length);
          }
        });
      });
    });
    return w;
  };
  // Where the samples are changes no length, so the second writing only fills it in.
  const w = head(head(0).take().length + 8);
  w.box("mdat", () => {
    for (let n = 0; n < pieces; n += 1) w.raw(piece);
  });
  return w.take();
}
