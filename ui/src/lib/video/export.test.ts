import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ClipWriter, NothingToExport } from "./export";
import { mediaType } from "./mp4/codec";
import { BadSegment, parseSegment } from "./mp4/read";

/** Made by the hub's own recorder and export: `crates/recorder/src/export/vectors.rs`. */
const vector = (name: string) =>
  new Uint8Array(readFileSync(new URL(`./vectors/${name}`, import.meta.url)));
const segments = () => [1, 2, 3, 4].map((n) => vector(`segment-${n}.mp4`));

describe("a clip", () => {
  it("is byte for byte the one that the command line exports", async () => {
    const clip = new ClipWriter();
    segments().forEach((segment) => clip.add(segment));
    const made = new Uint8Array(await clip.finish().arrayBuffer());
    expect(Buffer.from(made).equals(Buffer.from(vector("clip.mp4")))).toBe(true);
  });

  it("of nothing is refused", () => {
    expect(() => new ClipWriter().finish()).toThrow(NothingToExport);
  });
});

describe("a segment", () => {
  it("is taken apart as the recorder wrote it", () => {
    const [first] = segments().map(parseSegment);
    expect(first?.tracks.map(({ id, timescale }) => [id, timescale])).toEqual([
      [1, 90_000],
      [2, 16_000],
    ]);
    expect(first?.runs.map(({ track, samples }) => [track, samples.length])).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  it("that is damaged anywhere is refused or read, and never more than it holds", () => {
    const [whole] = segments();
    for (let at = 0; at < (whole?.length ?? 0); at += 1) {
      for (const damaged of [
        whole!.slice(0, at),
        whole!.map((b, n) => (n === at ? b ^ 0xff : b)),
      ]) {
        try {
          parseSegment(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(BadSegment);
        }
      }
    }
  });

  it("tells a player its codecs", () => {
    const avc = entry("avc1", 78, box("avcC", [1, 0x64, 0, 0x1f, 0xff]));
    const aac = entry("mp4a", 28, box("esds", [0, 0, 0, 0, 3, 0, 4, 0, 5, 2, 0x14, 0x08]));
    const hevc = entry("hvc1", 78, box("hvcC", [1, 1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93]));
    const of = (...entries: Uint8Array[]) =>
      mediaType({
        createdS: 0,
        runs: [],
        tracks: entries.map((one, id) => ({
          id,
          kind: "audio",
          timescale: 1,
          sampleEntries: [one],
        })),
      });
    expect(of(avc, aac)).toBe('video/mp4; codecs="avc1.64001f,mp4a.40.2"');
    expect(of(hevc)).toBe('video/mp4; codecs="hvc1.1.6.L93.90"');
  });
});

function box(kind: string, content: number[]): number[] {
  return [0, 0, 0, 8 + content.length, ...Buffer.from(kind), ...content];
}

function entry(kind: string, fields: number, child: number[]): Uint8Array {
  return Uint8Array.from(box(kind, [...new Array<number>(fields).fill(0), ...child]));
}
