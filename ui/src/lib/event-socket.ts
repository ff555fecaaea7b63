// One socket for all news: goes on where it broke off, acknowledges, comes back by itself.
//
// Knows no screens and no browser: what it needs of either is handed in, so that tests can play the
// hub and the clock.

import type { Numbered } from "../api/types";
import type { Wire, WireEvents } from "./transport";

export interface World {
  /** Opens a wire to the hub. */
  dial(events: WireEvents): Wire;
  /** Calls back later; returns how to call that off. */
  later(ms: number, what: () => void): () => void;
  /** The number after which this device wants to hear, kept over restarts. */
  recall(): number | null;
  keep(seq: number): void;
}

export interface Hooks {
  /** The socket is open: what the screens show may be asked for anew. */
  up(): void;
  /** The socket is lost, or could not be opened. */
  down(): void;
  news(notice: Numbered): void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** The hub is never silent for so long; a phone that slept does not notice a dead socket otherwise. */
export const SILENCE_MS = 40_000;

export class EventSocket {
  private wire: Wire | undefined;
  private isOpen = false;
  /** The newest number on this wire. A hub that was set up anew counts from the start again. */
  private newest = -1;
  private wait = FIRST_WAIT_MS;
  private callOff: (() => void) | undefined;
  private callOffSilence: (() => void) | undefined;
  private acknowledged = 0;
  private heard: number | null;
  private stopped = true;

  constructor(
    private readonly world: World,
    private readonly hooks: Hooks,
  ) {
    this.heard = world.recall();
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.dial();
  }

  stop(): void {
    this.stopped = true;
    this.callOff?.();
    this.hangUp();
  }

  /** Tries at once instead of at the next turn: the network is back, or somebody looks again. */
  hurry(): void {
    if (this.stopped || this.wire) return;
    this.callOff?.();
    this.wait = FIRST_WAIT_MS;
    this.dial();
  }

  /** Tells the hub that a person has seen everything up to this number. */
  acknowledge(seq: number): void {
    if (seq <= this.acknowledged) return;
    this.acknowledged = seq;
    if (this.isOpen) this.wire?.send(JSON.stringify({ ack: seq }));
  }

  private dial(): void {
    this.isOpen = false;
    this.newest = -1;
    const wire = this.world.dial({
      opened: () => {
        if (this.wire === wire) this.opened(wire);
      },
      heard: (data) => {
        if (this.wire === wire) this.hear(data);
      },
      ended: () => {
        if (this.wire === wire) this.lost();
      },
    });
    this.wire = wire;
  }

  private opened(wire: Wire): void {
    this.wait = FIRST_WAIT_MS;
    this.isOpen = true;
    wire.send(JSON.stringify({ after: this.heard }));
    if (this.acknowledged > 0) wire.send(JSON.stringify({ ack: this.acknowledged }));
    this.listen();
    this.hooks.up();
  }

  private hear(data: unknown): void {
    this.listen();
    const notice = read(data);
    if (!notice) return;
    if (notice.seq <= this.newest && notice.news !== "missed") return;
    this.newest = notice.seq;
    this.heard = notice.seq;
    this.world.keep(notice.seq);
    this.hooks.news(notice);
  }

  private listen(): void {
    this.callOffSilence?.();
    this.callOffSilence = this.world.later(SILENCE_MS, () => {
      this.hangUp();
      this.lost();
    });
  }

  private lost(): void {
    this.hangUp();
    if (this.stopped) return;
    this.hooks.down();
    this.callOff = this.world.later(this.wait, () => this.dial());
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }

  private hangUp(): void {
    this.callOffSilence?.();
    const wire = this.wire;
    this.wire = undefined;
    this.isOpen = false;
    wire?.close();
  }
}

function read(data: unknown): Numbered | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const frame: unknown = JSON.parse(data);
    return isNumbered(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}

function isNumbered(frame: unknown): frame is Numbered {
  if (typeof frame !== "object" || frame === null) return false;
  const { seq, news } = frame as { seq?: unknown; news?: unknown };
  return typeof seq === "number" && typeof news === "string";
}
