// A visit as the log tells it, in sentences.

import type { LogLine } from "../api/types";
import type { Step } from "../parts/Steps.svelte";
import { t } from "../texts";
import { whoIs } from "./people";
import { second } from "./time";

/** The lines of a visit as steps. Pieces of film are counted, not listed. */
export function steps(lines: LogLine[]): Step[] {
  const told: Step[] = [];
  let sealed = 0;
  for (const line of lines) {
    if (line.event === "segment_sealed") sealed += 1;
    const what = sentence(line);
    if (what) told.push({ id: String(line.index), what, state: state(line), when: when(line) });
  }
  if (sealed > 0) told.push({ id: "sealed", what: t.story.segments(sealed), state: "done" });
  return told;
}

const when = (line: LogLine) => (line.event === "erased" ? undefined : second(line.at));

function state(line: LogLine): Step["state"] {
  const failed =
    line.event === "alarm" || line.event === "entry_denied" || line.event === "entry_blocked";
  const stuck =
    line.event === "bolt_reported" && (line.bolt === "jammed" || line.bolt === "unknown");
  const lost =
    line.event === "entry_moved" && (line.stage === "jammed" || line.stage === "unknown");
  return failed || stuck || lost ? "failed" : "done";
}

/** What one line says; nothing where another line says it better. */
function sentence(line: LogLine): string | undefined {
  switch (line.event) {
    case "unlock_granted":
      return t.story.granted(whoIs(line.by));
    case "entry_denied":
      return t.story.denied(whoIs(line.by), t.reasons[line.reason]);
    case "entry_moved":
      return t.story.moved[line.stage];
    case "entry_closed":
      return t.story.closed[line.outcome.result];
    case "entry_resumed":
      return t.story.resumed;
    case "entry_blocked":
      return t.story.blocked;
    case "entry_approved":
      return t.story.approved;
    case "bolt_reported":
      return t.story.bolt[line.bolt];
    case "contact_reported":
      return t.story.contact[line.contact];
    case "lock_asked":
      return t.story.lockAsked(whoIs(line.by));
    case "alarm":
      return t.alarms[line.alarm](t.doorPhrase(line.door ?? ""));
    case "code_ended":
      return t.story.codeEnded[line.why];
    case "entry_erased":
      return t.story.entryErased;
    case "erased":
      return t.story.erased;
    default:
      return filming(line);
  }
}

function filming(line: LogLine): string | undefined {
  switch (line.event) {
    case "recording_opened":
      return t.story.filmBegan(t.capital(line.camera));
    case "recording_closed":
      return t.story.filmEnded;
    case "recording_erased":
      return t.story.filmErased;
    case "filming_rested":
      return t.story.filmRested;
    default:
      return undefined;
  }
}
