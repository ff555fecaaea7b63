// Visits that are over, and what proves them.

import { ask, path } from "./client";
import type { components } from "./schema";
import type { EntryView } from "./types";

type Schemas = components["schemas"];
export type EntryEvidence = Schemas["EntryEvidence"];

/** The visits before one, newest first; the newest of all without it. */
export const entriesBefore = (before: number | undefined, limit: number) =>
  ask<EntryView[]>(
    "GET",
    before === undefined
      ? path`/entries?limit=${limit}`
      : path`/entries?limit=${limit}&before=${before}`,
  );

/** What the log holds of a visit, with salts and proofs. */
export const evidence = (id: number) => ask<EntryEvidence>("GET", path`/entries/${id}/evidence`);
