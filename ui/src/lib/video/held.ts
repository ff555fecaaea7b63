/**
 * What was put into a player, and whether it still has it: a browser that is short of memory throws
 * parts away at any time, without a word.
 */

import { type Gap, lengthOf, mayGo, type Placed, type Reach, unplayable } from "./plan";

/** Less than this is lost at any seam, and is nobody's loss. */
const TRIFLE_S = 0.1;

interface Put {
  placed: Placed;
  /** What the player never took of it, in seconds: where sound ends a little before the pictures. */
  lacked: number;
}

export class Held {
  readonly #put = new Map<number, Put>();

  /** Notes a segment that was put in; says whether the player took most of it. */
  add(placed: Placed, buffered: readonly Gap[]): boolean {
    const lacked = lengthOf(unplayable([placed], buffered));
    this.#put.set(placed.segment.sequence, { placed, lacked });
    return lacked < (placed.until - placed.from) / 2;
  }

  /** Says whether a segment was put in at all. */
  knows({ segment }: Placed): boolean {
    return this.#put.has(segment.sequence);
  }

  /** Says whether all that is shown from `at` on of a segment is still there. */
  has({ segment, from, until }: Placed, at: number, buffered: readonly Gap[]): boolean {
    const put = this.#put.get(segment.sequence);
    if (!put) return false;
    const left = unplayable([{ from: Math.max(from, at), until }], buffered);
    return lengthOf(left) <= put.lacked + TRIFLE_S;
  }

  /** Takes out those that are far from `at`. */
  takeFar(at: number, reach?: Reach): Placed[] {
    const all = [...this.#put.values()].map(({ placed }) => placed);
    const far = all.filter((it) => mayGo(it, at, reach));
    for (const { segment } of far) this.#put.delete(segment.sequence);
    return far;
  }
}
