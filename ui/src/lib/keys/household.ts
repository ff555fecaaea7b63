/**
 * The household identity in this browser: an age X25519 identity that opens the
 * household's recordings.
 *
 * It is kept wrapped with an AES-GCM key that cannot be taken out of the browser, so
 * that a copy of the browser's files holds no readable identity line. While a
 * recording is opened the line is in memory, and nowhere else. The hub never has it.
 */

import { type Bytes, utf8 } from "../bytes";
import type { Keep } from "./keep";

const WRAPPED = "household";
const MARK = "AGE-SECRET-KEY-1";
const IV_BYTES = 12;

/** The identity line: the one secret that opens everything. */
export type IdentityLine = string & { readonly brand: unique symbol };

interface Wrapped {
  recipient: string;
  key: CryptoKey;
  iv: Bytes;
  sealed: ArrayBuffer;
}

/** What was typed or read is no household identity. */
export class NoIdentity extends Error {
  override name = "NoIdentity";
}

/** An identity of another household than this hub's. */
export class OtherHousehold extends Error {
  override name = "OtherHousehold";
}

// The age library is larger than the rest of the app and needed on few screens.
export const age = () => import("age-encryption");

/** Makes an identity from the browser's randomness. */
export async function makeIdentity(): Promise<IdentityLine> {
  const { generateX25519Identity } = await age();
  return (await generateX25519Identity()) as IdentityLine;
}

/** Returns the public half (`age1…`), which the hub knows. */
export async function recipientOf(line: IdentityLine): Promise<string> {
  const { identityToRecipient } = await age();
  return identityToRecipient(line);
}

/** Reads an identity line; whatever else the text says must be gone already. */
export async function parseIdentity(text: string): Promise<IdentityLine> {
  const line = text.trim().toUpperCase();
  if (!line.startsWith(MARK)) throw new NoIdentity("no identity line");
  try {
    const { identityToRecipient } = await age();
    // Reads the line with its checksum, so that one mistyped letter is found here.
    await identityToRecipient(line);
  } catch {
    throw new NoIdentity("the line has a wrong letter");
  }
  return line as IdentityLine;
}

/** Keeps an identity, wrapped, and only if it is the one of `recipient`. */
export async function keepIdentity(keep: Keep, line: IdentityLine, recipient: string) {
  if ((await recipientOf(line)) !== recipient) throw new OtherHousehold("another household");
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, utf8(line));
  await keep.put(WRAPPED, { recipient, key, iv, sealed } satisfies Wrapped);
}

/** Returns the public half of the identity that this browser keeps, if it does. */
export async function keptRecipient(keep: Keep): Promise<string | undefined> {
  return (await keep.get<Wrapped>(WRAPPED))?.recipient;
}

/** Unwraps the identity that this browser keeps; undefined if it keeps none. */
export async function openIdentity(keep: Keep): Promise<IdentityLine | undefined> {
  const wrapped = await keep.get<Wrapped>(WRAPPED);
  if (!wrapped) return undefined;
  const { key, iv, sealed } = wrapped;
  const line = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed);
  return new TextDecoder().decode(line) as IdentityLine;
}

/** Forgets the identity in this browser; the sheet and other devices keep theirs. */
export async function forgetIdentity(keep: Keep): Promise<void> {
  await keep.remove(WRAPPED);
}
