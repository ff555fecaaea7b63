/**
 * Silence where a recording's microphone gave nothing.
 *
 * A player shows no picture for which it has no sound: one track's hole stops the other, for ever.
 * Where a camera stopped sending sound while it was filmed, silence is put into the hole, so that the
 * pictures go on. What is a hole only the player knows, which drops pieces at seams and joins others:
 * it is asked after each segment. Within a segment the last piece before a pause lasts until its end;
 * players that count what they hear instead of looking at its time would play on at once, so that
 * such a piece is cut to its own length, and becomes a hole. What is exported has no silence: programs
 * that play files need none.
 */

import type { Bytes } from "../bytes";
import { codecName } from "./mp4/codec";
import { type Segment, type Track, u16 } from "./mp4/read";
import { BoxWriter } from "./mp4/write";
import type { Gap } from "./plan";

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

/** A track of sound that silence can be made for, and one piece of it. */
interface Quiet {
  sound: Track;
  piece: Uint8Array;
}

/** Returns a segment as it is to be played: each piece before a pause has its own length. */
export function withoutPauses(opened: Bytes, segment: Segment): Bytes {
  const quiet = quietOf(segment);
  const paused = quiet ? pauses(segment, quiet.sound) : [];
  if (paused.length === 0) return opened;
  const cut = opened.slice();
  const view = new DataView(cut.buffer);
  for (const durationAt of paused) view.setUint32(durationAt, PIECE_TICKS);
  return cut;
}

/** Returns so much silence as fits into a hole; it begins at 0 on the line of its own. */
export function silence(segment: Segment, { from, until }: Gap): Bytes | undefined {
  const quiet = quietOf(segment);
  if (!quiet) return undefined;
  const ticks = (until - from) * quiet.sound.timescale + ROUNDING;
  const pieces = Math.floor(ticks / PIECE_TICKS);
  return pieces > 0 ? fragment(quiet, pieces) : undefined;
}

function quietOf({ tracks }: Segment): Quiet | undefined {
  const sound = tracks.find((track) => track.kind === "audio");
  const entry = sound?.sampleEntries[0];
  if (!entry || entry.length < CHANNELS_AT + 2 || codecName(entry) !== LOW_COMPLEXITY) return;
  const piece = QUIET.get(u16(entry, CHANNELS_AT));
  return piece && { sound, piece };
}

/** Returns where the durations of those pieces lie behind which another one would fit. */
function pauses(segment: Segment, sound: Track): number[] {
  const own = segment.runs.filter((run) => run.track === sound.id);
  return own.flatMap(({ samples, durationsAt }) =>
    durationsAt.filter((_, n) => (samples[n]?.duration ?? 0) >= 2 * PIECE_TICKS),
  );
}

function fragment({ sound, piece }: Quiet, pieces: number): Bytes {
  const head = (samplesAt: number) => {
    const w = new BoxWriter();
    w.box("moof", () => {
      w.fullBox("mfhd", 0, 0, () => w.u32(0));
      w.box("traf", () => {
        w.fullBox("tfhd", 0, BASE_IS_MOOF, () => w.u32(sound.id));
        w.fullBox("tfdt", 1, 0, () => w.u64(0n));
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
