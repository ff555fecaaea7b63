/**
 * This device as a witness of the hub's log.
 *
 * It keeps the last checkpoint that it saw and accepts a later one only with a proof
 * that nothing before it was changed. The log's key is taken at the first contact and
 * kept: a log that another key signs is another log. What does not fit is kept too,
 * so that closing the alarm does not make it go away.
 */

import { type Bytes, FormatError, fromBase64Url } from "../bytes";
import type { Keep } from "../keys/keep";
import { isConsistent } from "./merkle";
import { type Checkpoint, NotSigned, readCheckpoint, readVerifierKey } from "./note";

const KEPT = "witness";
/** A proof for any tree that fits into a disk is shorter. */
const LONGEST_PROOF = 128;

/** What a witness asks of the hub. */
export interface LogSource {
  checkpoint(): Promise<{ note: string; verifierKey: string }>;
  /** The hashes, base64url. */
  consistency(from: number, to: number): Promise<string[]>;
  cosign(checkpoint: Checkpoint): Promise<void>;
}

/** Why the log is not the one that was seen before. */
export type Mismatch =
  /** Another key signs it. */
  | "other_key"
  /** The checkpoint is not signed by the log's key. */
  | "not_signed"
  /** It is shorter than it was: an older copy was put in its place. */
  | "rolled_back"
  /** What was seen before is not part of it: it was rewritten. */
  | "rewritten";

/** How the log stands, as far as this device can tell. */
export type Witnessed =
  | { state: "whole"; size: number; at: Date }
  | { state: "mismatch"; mismatch: Mismatch; seen: number; shown: number | undefined; at: Date };

interface Kept {
  verifierKey: string;
  note: string;
  at: Date;
  /** The first thing that did not fit, if anything did not. */
  alarm?: Extract<Witnessed, { state: "mismatch" }>;
}

/** Returns what this device witnessed last, without asking the hub. */
export async function lastWitnessed(keep: Keep): Promise<Witnessed | undefined> {
  const kept = await keep.get<Kept>(KEPT);
  if (!kept) return undefined;
  if (kept.alarm) return kept.alarm;
  const { size } = await readCheckpoint(kept.note, await readVerifierKey(kept.verifierKey));
  return { state: "whole", size, at: kept.at };
}

/**
 * Asks the hub for its newest checkpoint, checks it against the last one seen, and
 * cosigns it. Fails if the hub cannot be asked; that is no mismatch.
 */
export async function witness(keep: Keep, log: LogSource, now: Date): Promise<Witnessed> {
  const kept = await keep.get<Kept>(KEPT);
  if (kept?.alarm) return kept.alarm;
  const shown = await log.checkpoint();
  const judged = kept ? await compare(kept, shown, log) : await first(shown);
  if ("mismatch" in judged) {
    const alarm = { state: "mismatch", ...judged, at: now } as const;
    if (kept) await keep.put(KEPT, { ...kept, alarm } satisfies Kept);
    return alarm;
  }
  const { verifierKey } = shown;
  await keep.put(KEPT, { verifierKey, note: judged.note, at: now } satisfies Kept);
  await log.cosign(judged);
  return { state: "whole", size: judged.size, at: now };
}

/** Forgets what was seen: for an owner who restored the hub on purpose. */
export async function startOver(keep: Keep): Promise<void> {
  await keep.remove(KEPT);
}

type Judged = Checkpoint | { mismatch: Mismatch; seen: number; shown: number | undefined };

async function first(shown: { note: string; verifierKey: string }): Promise<Judged> {
  const newest = await signed(shown.note, shown.verifierKey);
  return newest ?? { mismatch: "not_signed", seen: 0, shown: undefined };
}

async function compare(
  kept: Kept,
  shown: { note: string; verifierKey: string },
  log: LogSource,
): Promise<Judged> {
  const seen = await readCheckpoint(kept.note, await readVerifierKey(kept.verifierKey));
  const mismatch = (mismatch: Mismatch, size?: number) => ({
    mismatch,
    seen: seen.size,
    shown: size,
  });
  if (shown.verifierKey !== kept.verifierKey) return mismatch("other_key");
  const newest = await signed(shown.note, kept.verifierKey);
  if (!newest) return mismatch("not_signed");
  if (newest.size < seen.size) return mismatch("rolled_back", newest.size);
  if (await connects(seen, newest, log)) return newest;
  return mismatch("rewritten", newest.size);
}

async function connects(seen: Checkpoint, newest: Checkpoint, log: LogSource): Promise<boolean> {
  const trivial = seen.size === 0 || seen.size === newest.size;
  const path = trivial ? [] : await log.consistency(seen.size, newest.size);
  return path.length <= LONGEST_PROOF && isConsistent(seen, newest, hashes(path));
}

function hashes(path: string[]): Bytes[] {
  try {
    return path.map(fromBase64Url);
  } catch (error) {
    // Bytes that are no hash prove nothing; the proof then fails as it should.
    if (error instanceof FormatError) return [new Uint8Array(0)];
    throw error;
  }
}

async function signed(note: string, verifierKey: string): Promise<Checkpoint | undefined> {
  try {
    return await readCheckpoint(note, await readVerifierKey(verifierKey));
  } catch (error) {
    if (error instanceof NotSigned || error instanceof FormatError) return undefined;
    throw error;
  }
}
