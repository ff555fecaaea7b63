import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromBase64Url, toBase64Url } from "../bytes";
import { memoryKeep } from "../keys/keep";
import { isConsistent, isIncluded } from "./merkle";
import { NotSigned, readCheckpoint, readVerifierKey } from "./note";
import { lastWitnessed, type LogSource, startOver, witness } from "./witness";

/** Made by the hub's own store: `crates/store/tests/store/vectors.rs`. */
interface Vectors {
  verifier_key: string;
  other_key: string;
  checkpoints: { size: number; note: string }[];
  consistency: { from: number; to: number; proof: string[] }[];
  inclusion: { size: number; number: number; record: string; path: string[] }[];
  forked: { note: string; proof: string[] };
  foreign: string;
}

const file = new URL("./vectors/log.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vectors;
const key = () => readVerifierKey(vectors.verifier_key);
const note = (size: number) => vectors.checkpoints.find((one) => one.size === size)?.note ?? "";
const tree = async (size: number) => readCheckpoint(note(size), await key());
const now = new Date("2026-11-22T10:00:00Z");

const proof = (from: number, to: number) =>
  vectors.consistency.find((one) => one.from === from && one.to === to)?.proof ?? [];

/** A hub that shows a note and proves what its store proved. */
function hub(shown: string, path?: string[], verifierKey = vectors.verifier_key) {
  const cosigned: number[] = [];
  const source: LogSource = {
    checkpoint: async () => ({ note: shown, verifierKey }),
    consistency: async (from, to) => path ?? proof(from, to),
    cosign: async ({ size }) => void cosigned.push(size),
  };
  return { source, cosigned };
}

describe("proofs of the hub's own store", () => {
  it("hold for every pair of sizes, and for no other pair of trees", async () => {
    for (const { from, to, proof } of vectors.consistency) {
      const [a, b, path] = [await tree(from), await tree(to), proof.map(fromBase64Url)];
      expect(await isConsistent(a, b, path), `${from} to ${to}`).toBe(true);
      const turned = { ...a, root: a.root.map((byte) => byte ^ 1) };
      expect(await isConsistent(turned, b, path), `${from} to ${to}, another root`).toBe(false);
      expect(await isConsistent(a, b, [...path, b.root]), `${from} to ${to}, longer`).toBe(false);
    }
  });

  it("hold for every leaf that is in the tree, and at no other place", async () => {
    for (const { size, number, record, path } of vectors.inclusion) {
      const [whole, hashes] = [await tree(size), path.map(fromBase64Url)];
      const leaf = fromBase64Url(record);
      expect(await isIncluded(leaf, number, hashes, whole), `${number} of ${size}`).toBe(true);
      expect(await isIncluded(leaf, size, hashes, whole)).toBe(false);
      if (size > 1) {
        expect(await isIncluded(leaf, (number + 1) % size, hashes, whole)).toBe(false);
      }
    }
  });
});

describe("a checkpoint", () => {
  it("is read with its own log's key only", async () => {
    expect((await tree(7)).size).toBe(7);
    await expect(readCheckpoint(vectors.foreign, await key())).rejects.toBeInstanceOf(NotSigned);
    const forged = note(7).replace("\n7\n", "\n8\n");
    await expect(readCheckpoint(forged, await key())).rejects.toBeInstanceOf(NotSigned);
    await expect(readCheckpoint("", await key())).rejects.toBeInstanceOf(NotSigned);
  });

  it("is not read with a key whose id is another's", async () => {
    const renamed = vectors.verifier_key.replace(/\+[0-9a-f]{8}\+/, "+00000000+");
    await expect(readVerifierKey(renamed)).rejects.toThrow("this id");
  });
});

describe("a witness", () => {
  it("follows a log that grows, and cosigns what it checked", async () => {
    const keep = memoryKeep();
    for (const size of [3, 3, 8, 100]) {
      const { source, cosigned } = hub(note(size));
      expect(await witness(keep, source, now)).toEqual({ state: "whole", size, at: now });
      expect(cosigned).toEqual([size]);
    }
    expect(await lastWitnessed(keep)).toEqual({ state: "whole", size: 100, at: now });
  });

  const after = async (shown: ReturnType<typeof hub>) => {
    const keep = memoryKeep();
    await witness(keep, hub(note(8)).source, now);
    const found = await witness(keep, shown.source, now);
    return { keep, found, cosigned: shown.cosigned };
  };

  it("finds a log that was put back", async () => {
    const { found, cosigned } = await after(hub(note(3)));
    expect(found).toMatchObject({ mismatch: "rolled_back", seen: 8, shown: 3 });
    expect(cosigned).toEqual([]);
  });

  it("finds a log that was rewritten, whatever it proves", async () => {
    const forked = vectors.forked;
    expect((await after(hub(forked.note, forked.proof))).found).toMatchObject({
      mismatch: "rewritten",
    });
    expect((await after(hub(note(100), []))).found).toMatchObject({ mismatch: "rewritten" });
    expect((await after(hub(note(100), ["!"]))).found).toMatchObject({ mismatch: "rewritten" });
    const junk = Array.from({ length: 1_000 }, () => toBase64Url(new Uint8Array(32)));
    expect((await after(hub(note(100), junk))).found).toMatchObject({ mismatch: "rewritten" });
  });

  it("finds a log that another key signs, and one that nobody signed", async () => {
    const other = await after(hub(vectors.foreign, [], vectors.other_key));
    expect(other.found).toMatchObject({ mismatch: "other_key" });
    expect((await after(hub(vectors.foreign))).found).toMatchObject({ mismatch: "not_signed" });
  });

  it("goes on alarming until somebody starts over on purpose", async () => {
    const { keep } = await after(hub(note(3)));
    expect(await witness(keep, hub(note(100)).source, now)).toMatchObject({ state: "mismatch" });
    expect(await lastWitnessed(keep)).toMatchObject({ state: "mismatch" });
    await startOver(keep);
    expect(await witness(keep, hub(note(100)).source, now)).toMatchObject({ state: "whole" });
  });
});
