/**
 * Takes an opened segment apart: what its tracks are, and where its samples lie.
 *
 * A segment comes from a disk that somebody else may have held, so nothing here
 * trusts a length: every read is checked against the bytes that there are. What is
 * read here is what the hub's recorder writes (docs/recordings.md), no more.
 */

/** The pictures' track. */
export const VIDEO_TRACK = 1;

/** A segment that is none of a hub's recordings, or is cut short. */
export class BadSegment extends Error {
  override name = "BadSegment";
}

export interface Track {
  id: number;
  kind: { video: { width: number; height: number } } | "audio";
  /** Ticks per second. */
  timescale: number;
  /** The `stsd` entries, each a whole box. */
  sampleEntries: Uint8Array[];
}

export interface Sample {
  /** Until the next one is decoded, in the track's ticks. */
  duration: number;
  bytes: number;
  /** From decoding to showing, in the track's ticks. */
  offset: number;
  /** Whether it can be decoded without any other. */
  standsAlone: boolean;
}

/** Samples of one track that lie behind one another. */
export interface Run {
  track: number;
  /** When the first one is decoded, in the track's ticks. */
  decodedFrom: number;
  samples: Sample[];
  /** Where in the segment the samples' durations lie, one for each. */
  durationsAt: number[];
  payload: Uint8Array<ArrayBuffer>;
}

export interface Segment {
  tracks: Track[];
  /** When the first picture arrived, in seconds since 1970. */
  createdS: number;
  runs: Run[];
}

interface Box {
  kind: string;
  /** Where the box begins in the segment. */
  at: number;
  content: Uint8Array<ArrayBuffer>;
}

/** A box's length and kind. */
const HEAD = 8;

/** Where a `trun`'s samples begin within its content. */
const SAMPLES_AT = 12;

const SECONDS_1904_TO_1970 = 2_082_844_800;

export function parseSegment(bytes: Uint8Array<ArrayBuffer>): Segment {
  const top = boxes(bytes, 0);
  const movie = inside(find(top, "moov"));
  const fragments = top.filter((box) => box.kind === "moof");
  const runs = fragments.flatMap((moof) =>
    inside(moof)
      .filter((box) => box.kind === "traf")
      .map((traf) => parseRun(traf, moof.at, bytes)),
  );
  const tracks = movie.filter((box) => box.kind === "trak").map(parseTrack);
  const createdS = u64(find(movie, "mvhd").content, 4) - SECONDS_1904_TO_1970;
  return { tracks, createdS, runs };
}

/** Lists the boxes in `bytes`, which start at `base` of what they were cut from. */
function boxes(bytes: Uint8Array<ArrayBuffer>, base: number): Box[] {
  const found: Box[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = u32(bytes, at);
    if (length < 8 || at + length > bytes.length) throw new BadSegment("cut short");
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    found.push({ kind, at: base + at, content: bytes.subarray(at + 8, at + length) });
    at += length;
  }
  return found;
}

const inside = (box: Box): Box[] => boxes(box.content, box.at + 8);

function find(among: Box[], kind: string): Box {
  const found = among.find((box) => box.kind === kind);
  if (!found) throw new BadSegment("not one of a hub's recordings");
  return found;
}

function view(bytes: Uint8Array, at: number, length: number): DataView {
  if (at < 0 || at + length > bytes.length) throw new BadSegment("cut short");
  return new DataView(bytes.buffer, bytes.byteOffset + at, length);
}

export const u16 = (bytes: Uint8Array, at: number) => view(bytes, at, 2).getUint16(0);
export const u32 = (bytes: Uint8Array, at: number) => view(bytes, at, 4).getUint32(0);
const i32 = (bytes: Uint8Array, at: number) => view(bytes, at, 4).getInt32(0);

function u64(bytes: Uint8Array, at: number): number {
  const value = Number(view(bytes, at, 8).getBigUint64(0));
  if (!Number.isSafeInteger(value)) throw new BadSegment("a time out of bounds");
  return value;
}

function parseRun(traf: Box, moofAt: number, segment: Uint8Array<ArrayBuffer>): Run {
  const within = inside(traf);
  const { content: trun, at: trunAt } = find(within, "trun");
  const step = stepOf(trun);
  const samples = parseSamples(trun, step);
  const start = moofAt + u32(trun, 8);
  const end = start + samples.reduce((sum, sample) => sum + sample.bytes, 0);
  if (end > segment.length) throw new BadSegment("cut short");
  return {
    track: u32(find(within, "tfhd").content, 4),
    decodedFrom: u64(find(within, "tfdt").content, 4),
    samples,
    durationsAt: samples.map((_, n) => trunAt + HEAD + SAMPLES_AT + n * step),
    payload: segment.subarray(start, end),
  };
}

/** Says how many bytes tell of a sample: duration and size, and for pictures flags and offset. */
function stepOf(trun: Uint8Array): number {
  const flags = u32(trun, 0) & 0xfff;
  if (flags !== 0x301 && flags !== 0xf01) throw new BadSegment("not one of a hub's recordings");
  return flags === 0xf01 ? 16 : 8;
}

function parseSamples(trun: Uint8Array, step: number): Sample[] {
  const count = u32(trun, 4);
  if (trun.length - SAMPLES_AT !== count * step) throw new BadSegment("cut short");
  return Array.from({ length: count }, (_, n) => parseSample(trun, SAMPLES_AT + n * step, step));
}

/** Reads a sample; sound has neither flags nor an offset, and stands alone. */
function parseSample(trun: Uint8Array, at: number, step: number): Sample {
  const LEANS_ON_OTHERS = 0x1_0000;
  const picture = step === 16;
  return {
    duration: u32(trun, at),
    bytes: u32(trun, at + 4),
    offset: picture ? i32(trun, at + 12) : 0,
    standsAlone: !picture || (u32(trun, at + 8) & LEANS_ON_OTHERS) === 0,
  };
}

function parseTrack(trak: Box): Track {
  const within = inside(trak);
  const header = find(within, "tkhd").content;
  const media = inside(find(within, "mdia"));
  const table = inside(find(inside(find(media, "minf")), "stbl"));
  const described = find(table, "stsd").content;
  const entries = described.subarray(8);
  const sampleEntries = boxes(entries, 0).map(({ at, content }) =>
    entries.subarray(at, at + 8 + content.length),
  );
  const timescale = u32(find(media, "mdhd").content, 20);
  const kind = kindOf(find(media, "hdlr").content, header);
  return { id: u32(header, 20), kind, timescale, sampleEntries };
}

function kindOf(handler: Uint8Array, header: Uint8Array): Track["kind"] {
  switch (String.fromCharCode(...handler.subarray(8, 12))) {
    case "vide":
      return { video: { width: u16(header, 88), height: u16(header, 92) } };
    case "soun":
      return "audio";
    default:
      throw new BadSegment("not one of a hub's recordings");
  }
}
