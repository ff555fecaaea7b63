/**
 * Handing the household identity from one device to another, through a hub that
 * cannot read it.
 *
 * The asking device makes an age identity for this one exchange and shows a number
 * derived from its public half; the giving device shows the number of the request
 * that the hub passed on. A hub that put a request of its own in between would show
 * another number, so the people who compare the two catch it.
 */

import { type Bytes, sha256, utf8 } from "../bytes";
import { age, type IdentityLine, makeIdentity, parseIdentity, recipientOf } from "./household";

const DIGITS = 6;

/** An ask that waits for a device that holds the key. */
export interface KeyAsk {
  /** What the hub passes on. */
  recipient: string;
  /** What both screens show. */
  number: string;
  /** Opens the answer; never leaves this page. */
  once: IdentityLine;
}

/** What was handed over cannot be used. */
export class BadHandover extends Error {
  override name = "BadHandover";
}

/** Prepares to ask for the household identity. */
export async function prepareAsk(): Promise<KeyAsk> {
  const once = await makeIdentity();
  const recipient = await recipientOf(once);
  return { recipient, number: await comparisonNumber(recipient), once };
}

/** Returns the six digits that both screens show for a request. */
export async function comparisonNumber(recipient: string): Promise<string> {
  const digest = await sha256(utf8(`doorward-key-request-v1\n${recipient}`));
  // The first eight bytes as a number; 2^64 is so much more than 10^6 that the
  // digits are even.
  const head = new DataView(digest.buffer).getBigUint64(0);
  return (head % 10n ** BigInt(DIGITS)).toString().padStart(DIGITS, "0");
}

/** Shows a comparison number in two groups, to be read aloud. */
export function inGroups(number: string): string {
  return `${number.slice(0, 3)} ${number.slice(3)}`;
}

/** Seals the household identity for the device that asked. */
export async function sealFor(recipient: string, line: IdentityLine): Promise<Bytes> {
  const { Encrypter } = await age();
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return new Uint8Array(await encrypter.encrypt(line));
}

/** Opens what another device sealed for this ask. */
export async function openAnswer(ask: KeyAsk, sealed: Uint8Array): Promise<IdentityLine> {
  try {
    const { Decrypter } = await age();
    const decrypter = new Decrypter();
    decrypter.addIdentity(ask.once);
    return await parseIdentity(await decrypter.decrypt(sealed, "text"));
  } catch {
    throw new BadHandover("the answer was not sealed for this device");
  }
}
