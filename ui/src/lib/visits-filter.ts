// Which visits of a list are wanted.

import type { EntryView } from "../api/types";
import { whoIs } from "./people";

export type How = "all" | "in" | "out" | "denied" | "going";

export interface Wanted {
  /** Empty for every door. */
  door: string;
  /** Empty for everybody. */
  who: string;
  how: How;
}

export function fits(entry: EntryView, { door, who, how }: Wanted): boolean {
  return (
    (door === "" || entry.door === door) &&
    (who === "" || whoIs(entry.by) === who) &&
    (how === "all" || howOf(entry) === how)
  );
}

export function howOf({ outcome }: EntryView): Exclude<How, "all"> {
  if (!outcome) return "going";
  switch (outcome.result) {
    case "completed":
      return "in";
    case "not_entered":
      return "out";
    case "denied":
      return "denied";
  }
}

/** Everybody in a list, each once, as people are called. */
export const everybody = (entries: EntryView[]): string[] =>
  [...new Set(entries.map(({ by }) => whoIs(by)))].sort((a, b) => a.localeCompare(b));
