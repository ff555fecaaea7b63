/**
 * How a player is asked whether it can show a stream: RFC 6381 codec names, from the
 * decoder configurations in the sample entries.
 */

import { type Segment, u16, u32 } from "./read";

const VISUAL_ENTRY_BYTES = 8 + 78;
const AUDIO_ENTRY_BYTES = 8 + 28;

/** Returns the media type of a segment, such as `video/mp4; codecs="avc1.64001f"`. */
export function mediaType(segment: Segment): string {
  const names = segment.tracks.flatMap((track) => track.sampleEntries.slice(0, 1).map(codecName));
  return `video/mp4; codecs="${names.join(",")}"`;
}

/** Returns the codec name of a sample entry, such as `mp4a.40.2`. */
export function codecName(entry: Uint8Array): string {
  const kind = text(entry, 4);
  switch (kind) {
    case "avc1":
    case "avc3":
      return avcName(kind, child(entry, VISUAL_ENTRY_BYTES, "avcC"));
    case "hvc1":
    case "hev1":
      return hevcName(kind, child(entry, VISUAL_ENTRY_BYTES, "hvcC"));
    case "mp4a":
      return aacName(child(entry, AUDIO_ENTRY_BYTES, "esds"));
    default:
      return kind;
  }
}

const text = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
const hex = (value: number) => value.toString(16).padStart(2, "0");

/** Finds a box within a sample entry, behind its fixed fields. */
function child(entry: Uint8Array, from: number, kind: string): Uint8Array | undefined {
  for (let at = from; at + 8 <= entry.length;) {
    const length = u32(entry, at);
    if (text(entry, at + 4) === kind) return entry.subarray(at + 8, at + length);
    if (length < 8) return undefined;
    at += length;
  }
  return undefined;
}

/** Profile, compatibility and level, as they stand in `avcC`. */
function avcName(kind: string, configuration: Uint8Array | undefined): string {
  const [, profile, compatibility, level] = configuration ?? [];
  if (profile === undefined || compatibility === undefined || level === undefined) return kind;
  return `${kind}.${hex(profile)}${hex(compatibility)}${hex(level)}`;
}

/** ISO/IEC 14496-15, annex E.3. */
function hevcName(kind: string, configuration: Uint8Array | undefined): string {
  if (!configuration || configuration.length < 13) return kind;
  const head = configuration[1] ?? 0;
  const space = ["", "A", "B", "C"][head >> 6] ?? "";
  const tier = head & 0x20 ? "H" : "L";
  const constraints = [...configuration.subarray(6, 12)];
  while (constraints.at(-1) === 0) constraints.pop();
  return [
    kind,
    `${space}${head & 0x1f}`,
    reversed(u32(configuration, 2)).toString(16),
    `${tier}${configuration[12] ?? 0}`,
    ...constraints.map((byte) => byte.toString(16)),
  ].join(".");
}

function reversed(bits: number): number {
  let out = 0;
  for (let n = 0; n < 32; n += 1) out = out * 2 + ((bits >>> n) & 1);
  return out;
}

/** The object type, from the DecoderSpecificInfo behind its tag (0x05). */
function aacName(configuration: Uint8Array | undefined): string {
  const tag = configuration?.indexOf(0x05, 4) ?? -1;
  if (!configuration || tag < 0) return "mp4a.40.2";
  let at = tag + 1;
  while ((configuration[at] ?? 0) & 0x80) at += 1;
  const kind = at + 3 <= configuration.length ? u16(configuration, at + 1) >> 11 : 2;
  return `mp4a.40.${kind === 0 ? 2 : kind}`;
}
