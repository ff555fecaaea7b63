// What went wrong with a question, as a value that screens can show.

import { NotVerified } from "../lib/keys/passkey";
import { t } from "../texts";
import type { Problem } from "./types";

/** Why the hub did not do it, or why nobody could ask it. */
export class Refused extends Error {
  /** `/problems/not-found` and the like; `unreachable` if there was no answer at all. */
  readonly kind: string;
  readonly status: number;

  constructor(kind: string, status: number, sentence: string) {
    super(sentence);
    this.name = "Refused";
    this.kind = kind;
    this.status = status;
  }
}

export function unreachable(): Refused {
  return new Refused("unreachable", 0, t.problems.unreachable);
}

/** Reads an answer that is not good. What is no problem document is told by its status alone. */
export async function refusal(answer: Response): Promise<Refused> {
  const problem = asRefused(await readProblem(answer));
  return problem ?? new Refused("unclear", answer.status, t.problems.unclear(answer.status));
}

/** A problem document as what it is; nothing for any other value. */
export function asRefused(body: unknown): Refused | undefined {
  return isProblem(body) ? new Refused(body.type, body.status, sentence(body)) : undefined;
}

/** Any thrown value as one clear sentence. */
export function inWords(thrown: unknown): string {
  if (thrown instanceof NotVerified) return t.unlock.notVerified;
  return thrown instanceof Refused ? thrown.message : t.problems.here;
}

async function readProblem(answer: Response): Promise<unknown> {
  if (!answer.headers.get("content-type")?.startsWith("application/problem+json")) return undefined;
  try {
    return await answer.json();
  } catch {
    return undefined;
  }
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== "object" || body === null) return false;
  const { type, status, detail } = body as Partial<Problem>;
  return typeof type === "string" && typeof status === "number" && typeof detail === "string";
}

function sentence({ type, detail }: Problem): string {
  return t.problems.byKind[type] ?? asSentence(detail);
}

/** Programs write what went wrong in lower case, without a final stop, for logs and terminals. */
export function asSentence(said: string): string {
  const first = said.charAt(0).toUpperCase() + said.slice(1);
  return /[.?!]$/.test(first) ? first : `${first}.`;
}
