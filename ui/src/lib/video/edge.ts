/**
 * How a live picture stays at the edge: slightly faster when it lags, a jump when it
 * lags far, and never so close that the next piece comes too late.
 */

/** How many arrivals the rhythm is judged by. */
const REMEMBERED = 30;
/** No camera's pieces come closer together than the eye could tell. */
const LEAST_S = 0.1;
/** Beyond this, catching up would take too long. */
const JUMP_S = 2;
const FASTER = 1.08;

/** What the player should do. */
export type Step = { rate: number } | { jumpTo: number };

export class LiveEdge {
  #arrivals: number[] = [];

  /** Notes that a piece arrived, in seconds of any steady clock. */
  arrived(at: number): void {
    this.#arrivals.push(at);
    if (this.#arrivals.length > REMEMBERED) this.#arrivals.shift();
  }

  /** How far behind the newest picture it is safe to be: the longest wait lately. */
  get target(): number {
    const waits = this.#arrivals.slice(1).map((at, n) => at - (this.#arrivals[n] ?? at));
    return Math.max(LEAST_S, Math.max(0, ...waits) * 1.25);
  }

  /** Says what to do at `shown` when the newest picture is at `edge`. */
  step(shown: number, edge: number): Step {
    const lag = edge - shown;
    const target = this.target;
    if (lag > target + JUMP_S || lag < 0) return { jumpTo: Math.max(0, edge - target) };
    return { rate: lag > target * 1.5 ? FASTER : 1 };
  }
}
