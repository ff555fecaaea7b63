// Something that a screen asks the hub for: what came, what went wrong, and asking again.

import { inWords } from "../api/problem";

export class Asked<T> {
  value: T | undefined = $state.raw();
  problem: string | undefined = $state();

  constructor(private readonly question: () => Promise<T>) {
    void this.again();
  }

  /** Asks; what was there stays until the answer comes. */
  async again(): Promise<void> {
    try {
      this.value = await this.question();
      this.problem = undefined;
    } catch (error) {
      this.problem = inWords(error);
    }
  }
}

/** A wish that somebody made: under way, refused in words, or met. */
export class Wish {
  busy = $state(false);
  problem: string | undefined = $state();
  done: string | undefined = $state();

  /** Returns whether it went well. */
  async run(what: () => Promise<unknown>, done?: string): Promise<boolean> {
    if (this.busy) return false;
    [this.busy, this.problem, this.done] = [true, undefined, undefined];
    try {
      await what();
      this.done = done;
      return true;
    } catch (error) {
      this.problem = inWords(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
