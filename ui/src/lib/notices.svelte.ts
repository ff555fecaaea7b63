// What this person has not said to have seen: alarms, rings, requests, from now and from while away.

import * as calls from "../api/calls";
import type { Numbered } from "../api/types";
import { house } from "./house.svelte";

class Unseen {
  list = $state.raw<Numbered[]>([]);
  /** Whether the hub's own list of missed notices was read. */
  complete = $state(false);

  start(): () => void {
    void this.look();
    return house.listen((notice) => {
      if (worthTelling(notice)) this.add([notice]);
      if (notice.news === "missed") void this.look();
    });
  }

  /** Reads what the hub kept for this device while it was away. */
  async look(): Promise<void> {
    try {
      this.add((await calls.notices()).filter(worthTelling));
      this.complete = true;
    } catch {
      this.complete = false;
    }
  }

  /** This person has seen them all. */
  acknowledge(): void {
    const newest = this.list[0]?.seq;
    if (newest === undefined) return;
    house.acknowledge(newest);
    this.list = [];
  }

  private add(notices: Numbered[]): void {
    const known = new Map(this.list.map((one) => [one.seq, one]));
    for (const notice of notices) known.set(notice.seq, notice);
    this.list = [...known.values()].sort((a, b) => b.seq - a.seq);
  }
}

/** Much of the news only keeps screens up to date; this is what a person is told. */
export function worthTelling(notice: Numbered): boolean {
  switch (notice.news) {
    case "alarm":
    case "bell":
    case "trespass":
    case "certificate_ends":
    case "approval_wanted":
      return true;
    case "entry_changed":
      return notice.entry.outcome !== null && notice.entry.outcome !== undefined;
    case "logged":
    case "door_changed":
    case "missed":
      return false;
  }
}

export const unseen = new Unseen();
