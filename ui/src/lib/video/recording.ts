/**
 * Opening a recording in this browser: its secret with the household identity, and
 * its segments with that secret. The hub hands out sealed bytes alone.
 */

import { type Bytes, sha256, toHex } from "../bytes";
import { age, type IdentityLine } from "../keys/household";
import type { SegmentIndex } from "./plan";

/** The identity in this browser is not the one that this was sealed to. */
export class WrongKey extends Error {
  override name = "WrongKey";
}

/** A sealed segment is not what the log says it was. */
export class NotAsLogged extends Error {
  override name = "NotAsLogged";
}

/** A recording's own secret, which opens that recording and nothing else. */
export type RecordingSecret = string & { readonly brand: unique symbol };

/** Opens a recording's secret with the household identity. */
export async function openSecret(sealed: Bytes, household: IdentityLine): Promise<RecordingSecret> {
  return new TextDecoder().decode(await openWith(household, sealed)) as RecordingSecret;
}

/** Opens one sealed segment, after holding it against its hash. */
export async function openSegment(
  sealed: Bytes,
  index: SegmentIndex,
  secret: RecordingSecret,
): Promise<Bytes> {
  if (toHex(await sha256(sealed)) !== index.sha256) {
    throw new NotAsLogged(`segment ${index.sequence} was changed`);
  }
  return openWith(secret, sealed);
}

async function openWith(identity: string, sealed: Bytes): Promise<Bytes> {
  const { Decrypter } = await age();
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    return new Uint8Array(await decrypter.decrypt(sealed));
  } catch (cause) {
    throw new WrongKey("sealed to somebody else, or damaged", { cause });
  }
}
