// What this person has not said to have seen: alarms, rings, requests, from now and from while away.

import * as calls from "../api/calls";
import type { Numbered } from "../api/types";
import { house } from "./house.svelte";
import { session } from "./session.svelte";

class Unseen {
  list = $state.raw<Numbered[]>([]);
  /** Whether the hub's own list of missed notices was read. */
  complete = $state(false);

  start(): () => void {
    void this.look();
    return house.listen((notice) => {
      const told = asKept(notice);
      if (told) this.add([told]);
      if (notice.news === "missed") void this.look();
    });
  }

  /** Reads what the hub kept for this device while it was away. */
  async look(): Promise<void> {
    try {
      const kept = session.means.missed ? await calls.notices() : [];
      this.add(kept.map(asKept).filter((notice) => notice !== undefined));
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

/** What the hub keeps for those who are away, out of what it tells those who listen. */
export function asKept(notice: Numbered): Numbered | undefined {
  switch (notice.news) {
    case "alarm":
    case "bell":
    case "trespass":
    case "certificate_ends":
    case "approval_wanted":
    case "arrived":
      return notice;
    case "logged":
      return arrival(notice);
    case "entry_changed":
    case "door_changed":
    case "missed":
      return undefined;
  }
}

/** A door was unlocked for somebody who is not of the house. */
function arrival({ seq, at, line }: Numbered & { news: "logged" }): Numbered | undefined {
  if (line.event !== "unlock_granted" || line.by.who !== "code") return undefined;
  return { seq, at, news: "arrived", door: line.door, entry: line.entry };
}

export const unseen = new Unseen();
