// Asks the hub. One place for paths, JSON, time limits and refusals.

import type { Bytes } from "../lib/bytes";
import { save } from "../lib/save";
import { type Method, type Saved, transport } from "../lib/transport";
import { refusal, unreachable } from "./problem";

export { BASE } from "../lib/transport";

/** Longer than the hub needs for most questions, shorter than a person waits. */
const PATIENCE_MS = 20_000;
const LONG_PATIENCE_MS = 5 * 60_000;

let renew: (() => Promise<boolean>) | undefined;

/** Says how to log in again when a session has ended; true if that went well. */
export function renewSessionWith(login: () => Promise<boolean>): void {
  renew = login;
}

/** Builds a path; every value stays within its own segment. */
export function path(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return String.raw({ raw: parts }, ...values.map((value) => encodeURIComponent(value)));
}

/**
 * Asks; if the session has ended, logs in again and asks a second time.
 *
 * @throws {Refused} with a sentence for people
 */
export async function ask<T>(method: Method, at: string, wish?: unknown): Promise<T> {
  const answer = await send({ method, at, wish });
  if (answer.status === 401 && renew && (await renew())) return askOnce(method, at, wish);
  return read(answer);
}

/** Asks without logging in again: for logging in itself. */
export async function askOnce<T>(method: Method, at: string, wish?: unknown): Promise<T> {
  return read(await send({ method, at, wish }));
}

/** Fetches a sealed file. */
export async function bytes(at: string, stop?: AbortSignal): Promise<Bytes> {
  return whole(await send({ method: "GET", at, stop }));
}

/** Saves a file that is made for this wish, which takes its time. */
export async function saveFor(at: string, wish: unknown, name: string): Promise<Saved> {
  if (transport.save) return transport.save({ at, body: inJson(wish) }, name);
  const file = await whole(await send({ method: "POST", at, wish, patience: LONG_PATIENCE_MS }));
  save(new Blob([file], { type: "application/octet-stream" }), name);
  return { name, bytes: file.length };
}

async function whole(answer: Response): Promise<Bytes> {
  if (!answer.ok) throw await refusal(answer);
  try {
    return new Uint8Array(await answer.arrayBuffer());
  } catch {
    // It broke off in the middle.
    throw unreachable();
  }
}

async function read<T>(answer: Response): Promise<T> {
  if (!answer.ok) throw await refusal(answer);
  const text = await answer.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

const inJson = (wish: unknown) => (wish === undefined ? undefined : JSON.stringify(wish));

interface Sent {
  method: Method;
  at: string;
  wish?: unknown;
  stop?: AbortSignal | undefined;
  patience?: number;
}

async function send({ method, at, wish, stop, patience = PATIENCE_MS }: Sent): Promise<Response> {
  const late = AbortSignal.timeout(patience);
  const body = inJson(wish);
  // Older browsers wait for what nobody wants any more; that costs time, not truth.
  const signal = stop && "any" in AbortSignal ? AbortSignal.any([stop, late]) : late;
  try {
    return await transport.ask({ method, at, body, signal });
  } catch {
    throw unreachable();
  }
}
