/**
 * How a live picture, or a live sound, stays at the edge: faster when it lags, a jump when
 * it lags far, and never so close that the next piece comes too late.
 */

/** How many arrivals the rhythm is judged by. */
const REMEMBERED = 30;
/** No camera's pieces come closer together than the eye could tell. */
const LEAST_S = 0.1;
/** Beyond this, catching up would take too long. */
const JUMP_S = 2;
/** By how much a lag is too long, in seconds, and how much faster it is then caught up with. */
const FASTER: [over: number, rate: number][] = [
  [0.6, 1.5],
  [0.25, 1.25],
];
/** Nobody notices it, or hears it. */
const GENTLY = 1.08;
const SLOWER = 0.92;
/** Sound that is heard so much before its picture is seen is noticed; later than so much, it is not this picture's. */
const EARLY_S = 0.06;
const APART_S = 1;

/** What the player should do. */
export type Step = { rate: number } | { jumpTo: number };

export class LiveEdge {
  #arrivals: number[] = [];
  #begun = false;

  /**
   * @param least how far behind the newest piece it is safe to be at best, in seconds
   * @param fastest how fast it may be played: people mind of sound what they do not of pictures
   */
  constructor(
    private readonly least = LEAST_S,
    private readonly fastest = Infinity,
  ) {}

  /** Notes that a piece arrived, in seconds of any steady clock. */
  arrived(at: number): void {
    this.#arrivals.push(at);
    if (this.#arrivals.length > REMEMBERED) this.#arrivals.shift();
  }

  /** How far behind the newest piece it is safe to be: the longest wait lately. */
  get target(): number {
    const waits = this.#arrivals.slice(1).map((at, n) => at - (this.#arrivals[n] ?? at));
    return Math.max(this.least, Math.max(0, ...waits) * 1.25);
  }

  /**
   * Says what to do at `shown` when the newest piece is at `edge`. Sound keeps behind its picture,
   * which is at `beside`; it does not wait for one that has stopped.
   */
  step(shown: number, edge: number, beside?: number): Step {
    const lag = edge - shown;
    const target = this.target;
    // The first piece holds all pictures since the last keyframe; nobody wants to see the old ones.
    const far = this.#begun ? JUMP_S : target / 2;
    this.#begun = true;
    if (lag > target + far || lag < 0) return { jumpTo: Math.max(0, edge - target) };
    const ahead = beside === undefined ? -Infinity : shown - beside;
    if (ahead > EARLY_S && ahead < APART_S) return { rate: SLOWER };
    if (lag <= target * 1.5 || (ahead >= 0 && ahead < APART_S)) return { rate: 1 };
    const [, rate] = FASTER.find(([over]) => lag - target > over) ?? [0, GENTLY];
    return { rate: Math.min(rate, this.fastest) };
  }
}
