/**
 * The hub's signed checkpoints, read and checked: C2SP `signed-note` around C2SP
 * `tlog-checkpoint`, with Ed25519.
 */

import { type Bytes, concat, equal, FormatError, fromBase64, sha256, utf8 } from "../bytes";

const ALGORITHM_ED25519 = 1;
const KEY_ID_BYTES = 4;
const HASH_BYTES = 32;
/** No checkpoint is longer; a hub that sends more is not read. */
const MOST_LETTERS = 64 * 1024;

/** A checkpoint whose signature was checked. Made by `readCheckpoint` alone. */
export interface Checkpoint {
  origin: string;
  /** How many leaves it covers. */
  size: number;
  root: Bytes;
  /** The signed note as it came. */
  note: string;
}

/** A log's name and public key. */
export interface VerifierKey {
  origin: string;
  id: Bytes;
  key: Bytes;
}

/** A note that is no checkpoint signed by the log that it should be from. */
export class NotSigned extends Error {
  override name = "NotSigned";
}

/** Reads a verifier key, `name+id+key`, and checks that its id belongs to it. */
export async function readVerifierKey(text: string): Promise<VerifierKey> {
  const [, origin, idHex, keyBase64] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  if (origin === undefined || idHex === undefined || keyBase64 === undefined) {
    throw new FormatError("not a verifier key");
  }
  const typed = fromBase64(keyBase64);
  if (typed.length !== 1 + HASH_BYTES || typed[0] !== ALGORITHM_ED25519) {
    throw new FormatError("not an Ed25519 verifier key");
  }
  const id = (await sha256(concat(utf8(`${origin}\n`), typed))).slice(0, KEY_ID_BYTES);
  const claimed = Uint8Array.from(idHex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  if (!equal(id, claimed)) throw new FormatError("the key does not have this id");
  return { origin, id, key: typed.slice(1) };
}

/** Reads a note and checks that this log signed it. */
export async function readCheckpoint(note: string, by: VerifierKey): Promise<Checkpoint> {
  const end = note.indexOf("\n\n");
  if (note.length > MOST_LETTERS || end < 0) throw new NotSigned("not a signed note");
  const text = note.slice(0, end + 1);
  const signatures = note.slice(end + 2).split("\n");
  const checks = signatures.map((line) => signedBy(line, text, by));
  if (!(await Promise.all(checks)).includes(true)) throw new NotSigned("not signed by this log");
  return { ...parseBody(text, by.origin), note };
}

/** Says whether a line is this log's signature over the text. */
async function signedBy(line: string, text: string, by: VerifierKey): Promise<boolean> {
  const [, name, base64] = /^— (\S+) (\S+)$/.exec(line) ?? [];
  if (name !== by.origin || base64 === undefined) return false;
  const bytes = fromBase64(base64);
  if (!equal(bytes.slice(0, KEY_ID_BYTES), by.id)) return false;
  return verifyEd25519(by.key, bytes.slice(KEY_ID_BYTES), utf8(text));
}

function parseBody(text: string, expected: string): Omit<Checkpoint, "note"> {
  const [origin, size, root] = text.split("\n");
  if (origin !== expected || size === undefined || !/^(0|[1-9]\d{0,15})$/.test(size)) {
    throw new NotSigned("not a checkpoint of this log");
  }
  const hash = fromBase64(root ?? "");
  if (hash.length !== HASH_BYTES) throw new NotSigned("not a checkpoint of this log");
  return { origin, size: Number(size), root: hash };
}

async function verifyEd25519(key: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, signature, message);
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== "NotSupportedError") throw error;
    // Older browsers have no Ed25519 of their own.
    const { ed25519 } = await import("@noble/curves/ed25519.js");
    return ed25519.verify(signature, message, key);
  }
}
