// Which visit or ring takes the screen, and which ones this person has put aside.

import type { EntryView } from "../api/types";
import { inProgress } from "./door";
import { house } from "./house.svelte";

export interface Ring {
  door: string;
  /** By `performance.now()`. */
  at: number;
  seq: number;
}

/** A ring that nobody looked at for so long takes the screen no more. */
const RING_LASTS_MS = 120_000;

class Visits {
  ring = $state.raw<Ring>();
  private aside = $state.raw<ReadonlySet<number>>(new Set());
  /** A visit that took the screen stays there until it is put aside, so that its end is seen. */
  private held = $state<number>();

  /** The visit that takes the screen. */
  current = $derived.by((): number | undefined => {
    const running = house.status?.house?.doors.flatMap(({ entry }) =>
      entry && inProgress(entry) ? [entry.id] : [],
    );
    const fresh = running?.find((id) => !this.aside.has(id));
    return fresh ?? this.held;
  });

  start(): () => void {
    return house.listen((notice) => {
      if (notice.news === "bell") this.rang(notice.door, notice.seq);
      if (notice.news === "entry_changed") this.follow(notice.entry);
    });
  }

  /** This person does not want to look at it any longer; its door's card still leads there. */
  dismiss(entry: number): void {
    this.aside = new Set([...this.aside, entry]);
    if (this.held === entry) this.held = undefined;
  }

  answerRing(): void {
    this.ring = undefined;
  }

  private follow(entry: EntryView): void {
    const over = entry.stage === "secured" || Boolean(entry.outcome);
    if (!over && !this.aside.has(entry.id)) this.held = entry.id;
  }

  private rang(door: string, seq: number): void {
    const ring = { door, seq, at: performance.now() };
    this.ring = ring;
    setTimeout(() => {
      if (this.ring === ring) this.ring = undefined;
    }, RING_LASTS_MS);
  }
}

export const visits = new Visits();
