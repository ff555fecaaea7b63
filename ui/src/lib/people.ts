// Who did something, and how a visit ended, in words.

import type { Actor, EntryView, LogLine, Outcome } from "../api/types";
import { t } from "../texts";
import { span } from "./time";

/** "DHL 0034", "Somebody with the emergency code", "The owner, at the hub". */
export function whoIs(by: Actor): string {
  switch (by.who) {
    case "local_owner":
      return t.who.owner;
    case "hub":
      return t.who.hub;
    case "code":
      if (by.kind === "break_glass") return t.who.breakGlass;
      if (by.label) return by.label;
      if (by.kind === "delivery") return t.who.courier;
      return by.kind === "guest" ? t.who.someGuest : t.who.somebody;
    default:
      // A person who was let in by name; the hub may know kinds of people that this app does not.
      return personName(by) ?? t.who.somebody;
  }
}

function personName(by: object): string | undefined {
  const { name, person } = by as { name?: unknown; person?: unknown };
  if (typeof name === "string" && name !== "") return name;
  const inner = typeof person === "object" && person !== null ? (person as { name?: unknown }) : {};
  return typeof inner.name === "string" ? inner.name : undefined;
}

/** How an entry ended or how far it is, in a sentence without its subject. */
export function outcomeWords(entry: EntryView): string {
  const outcome = entry.outcome;
  if (!outcome) return t.stages[entry.stage];
  switch (outcome.result) {
    case "completed":
      return entry.closed_at
        ? t.outcomes.completed(span(Date.parse(entry.closed_at) - Date.parse(entry.opened_at)))
        : t.outcomes.completedPlain;
    case "not_entered":
      return t.outcomes.notEntered;
    case "denied":
      return t.outcomes.denied(t.reasons[outcome.reason]);
  }
}

export const wentWell = (outcome: Outcome | null | undefined): boolean =>
  outcome?.result !== "denied";

/** Whether a line of the log is about an entry. */
export const belongsTo = (line: LogLine, entry: number): boolean =>
  "entry" in line && line.entry === entry;

/** Which visit a line of the log is about. */
export function entryOf(line: LogLine): number | undefined {
  return "entry" in line && typeof line.entry === "number" ? line.entry : undefined;
}
