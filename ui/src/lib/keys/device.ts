/**
 * This device's key: P-256, made here, non-extractable. The hub knows its public
 * half since pairing; a signature by it is how this browser logs in and how an act
 * such as unlocking is asked for again.
 */

import { type Bytes, toBase64Url, utf8 } from "../bytes";
import type { Keep } from "./keep";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;
const KEY = "device-key";
const NAME = "device";

/** A key that has not been paired yet, or has. */
export interface DeviceKey {
  /** SubjectPublicKeyInfo (DER), base64url: what pairing hands to the hub. */
  publicKey: string;
  pair: CryptoKeyPair;
}

/** What this browser is to the hub. */
export interface DeviceIdentity {
  /** The number that the hub gave it. */
  device: number;
  key: DeviceKey;
}

/** Makes this browser's key, or returns the one that was made and not yet paired. */
export async function makeDeviceKey(keep: Keep): Promise<DeviceKey> {
  const kept = await keep.get<DeviceKey>(KEY);
  if (kept) return kept;
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
  const spki = await crypto.subtle.exportKey("spki", pair.publicKey);
  const key = { publicKey: toBase64Url(new Uint8Array(spki)), pair };
  await keep.put(KEY, key);
  return key;
}

/** Remembers as which device the hub knows this key. */
export async function rememberDevice(keep: Keep, device: number): Promise<void> {
  await keep.put(NAME, device);
}

/** Returns what this browser is to the hub, if it is paired. */
export async function deviceIdentity(keep: Keep): Promise<DeviceIdentity | undefined> {
  const device = await keep.get<number>(NAME);
  const key = await keep.get<DeviceKey>(KEY);
  return device !== undefined && key ? { device, key } : undefined;
}

/** Forgets key and pairing; the hub's side ends by revoking. */
export async function forgetDevice(keep: Keep): Promise<void> {
  await keep.remove(NAME);
  await keep.remove(KEY);
}

/** An act that the hub wants to hear of twice, as its request line has it. */
export interface Act {
  method: string;
  /** With the API's base and without a query. */
  path: string;
}

/** What is signed to log in. The host binds it to this hub's address. */
export function loginText(host: string, device: number, challenge: string): string {
  return `doorward-login-v1\n${host}\n${device}\n${challenge}`;
}

/** What is signed for one act: good for this act alone. */
export function actText(host: string, device: number, challenge: string, act: Act): string {
  return `doorward-act-v1\n${host}\n${device}\n${challenge}\n${act.method} ${act.path}`;
}

/** What is signed to stand for a checkpoint: its text, without the log's signatures. */
export function witnessText(note: string): string {
  return `doorward-witness-v1\n${note.slice(0, note.indexOf("\n\n") + 1)}`;
}

/** Signs a text: raw r‖s, base64url. */
export async function sign(key: DeviceKey, text: string): Promise<string> {
  return toBase64Url(await signBytes(key, utf8(text)));
}

async function signBytes(key: DeviceKey, bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(SIGNING, key.pair.privateKey, bytes));
}
