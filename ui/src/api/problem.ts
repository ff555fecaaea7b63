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
  const problem = await readProblem(answer);
  if (!problem) return new Refused("unclear", answer.status, t.problems.unclear(answer.status));
  return new Refused(problem.type, answer.status, sentence(problem));
}

/** Any thrown value as one clear sentence. */
export function inWords(thrown: unknown): string {
  if (thrown instanceof NotVerified) return t.unlock.notVerified;
  return thrown instanceof Refused ? thrown.message : t.problems.here;
}

async function readProblem(answer: Response): Promise<Problem | undefined> {
  if (!answer.headers.get("content-type")?.startsWith("application/problem+json")) return undefined;
  try {
    const body: unknown = await answer.json();
    return isProblem(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== "object" || body === null) return false;
  const { type, detail } = body as Partial<Problem>;
  return typeof type === "string" && typeof detail === "string";
}

/** The hub writes its sentences in lower case, without a final stop, for logs and terminals. */
function sentence({ type, detail }: Problem): string {
  const own = t.problems.byKind[type];
  if (own) return own;
  const first = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.?!]$/.test(first) ? first : `${first}.`;
}
