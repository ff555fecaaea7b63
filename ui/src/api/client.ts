// Asks the hub. One place for paths, JSON, time limits and refusals.

import { type Method, transport } from "../lib/transport";
import { refusal, unreachable } from "./problem";

export { BASE } from "../lib/transport";

/** Longer than the hub needs for most questions, shorter than a person waits. */
const PATIENCE_MS = 20_000;

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
  const answer = await send(method, at, wish);
  if (answer.status === 401 && renew && (await renew())) return askOnce(method, at, wish);
  return read(answer);
}

/** Asks without logging in again: for logging in itself. */
export async function askOnce<T>(method: Method, at: string, wish?: unknown): Promise<T> {
  return read(await send(method, at, wish));
}

/** Fetches bytes. */
export async function bytes(at: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await send("GET", at, undefined, signal);
  if (!answer.ok) throw await refusal(answer);
  return new Uint8Array(await answer.arrayBuffer());
}

async function read<T>(answer: Response): Promise<T> {
  if (!answer.ok) throw await refusal(answer);
  const text = await answer.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

async function send(
  method: Method,
  at: string,
  wish?: unknown,
  stop?: AbortSignal,
): Promise<Response> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const body = wish === undefined ? undefined : JSON.stringify(wish);
  // Older browsers wait for what nobody wants any more; that costs time, not truth.
  const signal = stop && "any" in AbortSignal ? AbortSignal.any([stop, patience]) : patience;
  try {
    return await transport.ask({ method, at, body, signal });
  } catch {
    throw unreachable();
  }
}
