/**
 * What stands before the samples of a whole MP4 file. Byte for byte what the hub's own
 * export writes, so that a clip made here can be compared with one made there.
 */

import type { Track } from "./read";
import { MOVIE_TIMESCALE, type SampleTable } from "./table";
import { BoxWriter } from "./write";

const SECONDS_1904_TO_1970 = 2_082_844_800;
/** The language code `und`, packed as ISO 639-2/T in five bits a letter. */
const UNDETERMINED = 0x55c4;
/** The identity transformation in 16.16 and 2.30 fixed point. */
const UNITY_MATRIX = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

export interface DescribedTrack {
  track: Track;
  table: SampleTable;
}

/** Writes `ftyp`, `moov` and the head of an `mdat` of `payload` bytes. */
export function wholeFileHead(
  tracks: DescribedTrack[],
  createdS: number,
  payload: number,
): Uint8Array<ArrayBuffer> {
  const head = (samplesAt: number) => {
    const w = new BoxWriter();
    fileType(w);
    movie(w, tracks, createdS, samplesAt);
    w.u32(1); // the length is in the eight bytes behind the name
    w.text("mdat");
    w.u64(BigInt(payload + 16));
    return w.take();
  };
  // Where the samples are changes no length, so the second pass only fills it in.
  return head(head(0).length);
}

function fileType(w: BoxWriter): void {
  w.box("ftyp", () => {
    w.text("isom");
    w.u32(0);
    w.text("isomiso5mp41");
  });
}

function movie(w: BoxWriter, tracks: DescribedTrack[], createdS: number, samplesAt: number) {
  const lengths = tracks.map(({ track, table }) => table.endsMs(track.timescale));
  w.box("moov", () => {
    const ids = tracks.map(({ track }) => track.id);
    movieHeader(w, Math.max(0, ...ids) + 1, createdS, Math.max(0, ...lengths));
    for (const described of tracks) {
      w.box("trak", () => trackBoxes(w, described, createdS, samplesAt));
    }
  });
}

function times(w: BoxWriter, createdS: number): void {
  w.u64(BigInt(createdS + SECONDS_1904_TO_1970));
  w.u64(BigInt(createdS + SECONDS_1904_TO_1970));
}

function movieHeader(w: BoxWriter, nextId: number, createdS: number, durationMs: number): void {
  w.fullBox("mvhd", 1, 0, () => {
    times(w, createdS);
    w.u32(MOVIE_TIMESCALE);
    w.u64(BigInt(durationMs));
    w.u32(0x1_0000); // played at its own speed
    w.u16(0x100); // at full volume
    w.zeros(10);
    for (const value of UNITY_MATRIX) w.u32(value);
    w.zeros(24);
    w.u32(nextId);
  });
}

function trackBoxes(
  w: BoxWriter,
  { track, table }: DescribedTrack,
  createdS: number,
  samplesAt: number,
): void {
  trackHeader(w, track, createdS, table.endsMs(track.timescale));
  table.writeEdits(w, track.timescale);
  w.box("mdia", () => {
    w.fullBox("mdhd", 1, 0, () => {
      times(w, createdS);
      w.u32(track.timescale);
      w.u64(BigInt(table.length));
      w.u16(UNDETERMINED);
      w.u16(0);
    });
    w.fullBox("hdlr", 0, 0, () => {
      w.u32(0);
      w.text(track.kind === "audio" ? "soun" : "vide");
      w.zeros(13); // reserved, and an empty name
    });
    w.box("minf", () => mediaInformation(w, track, table, samplesAt));
  });
}

function trackHeader(w: BoxWriter, track: Track, createdS: number, endsMs: number): void {
  const ENABLED_AND_IN_MOVIE = 3;
  const video = track.kind === "audio" ? undefined : track.kind.video;
  w.fullBox("tkhd", 1, ENABLED_AND_IN_MOVIE, () => {
    times(w, createdS);
    w.u32(track.id);
    w.u32(0);
    w.u64(BigInt(endsMs));
    w.zeros(12);
    w.u16(video ? 0 : 0x100);
    w.u16(0);
    for (const value of UNITY_MATRIX) w.u32(value);
    w.u32((video?.width ?? 0) * 2 ** 16);
    w.u32((video?.height ?? 0) * 2 ** 16);
  });
}

function mediaInformation(w: BoxWriter, track: Track, table: SampleTable, samplesAt: number) {
  if (track.kind === "audio") w.fullBox("smhd", 0, 0, () => w.zeros(4));
  else w.fullBox("vmhd", 0, 1, () => w.zeros(8));
  w.box("dinf", () =>
    w.fullBox("dref", 0, 0, () => {
      w.u32(1);
      w.fullBox("url ", 0, 1, () => {}); // the samples are in this file
    }),
  );
  w.box("stbl", () => {
    w.fullBox("stsd", 0, 0, () => {
      w.u32(track.sampleEntries.length);
      for (const entry of track.sampleEntries) w.raw(entry);
    });
    table.write(w, samplesAt);
  });
}
