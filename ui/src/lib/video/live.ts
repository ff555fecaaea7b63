/**
 * A camera's live picture, or what it hears: fMP4 over a wire into the player, kept at the edge.
 *
 * It says at every moment what is true: connecting, live with its lag, stalled since
 * when, or why not. A lost connection is taken up again by itself, ever less often.
 */

import type { Wire, WireEvents } from "../transport";
import { type Beside, type LiveHeader, Session } from "./session";

export type LiveState =
  | { state: "connecting" }
  | { state: "live" }
  /** Nothing came for a while. */
  | { state: "stalled"; since: Date }
  /** The connection ended; it is tried again. */
  | { state: "lost"; since: Date; why: string }
  /** This browser cannot show what the camera sends. */
  | { state: "unsupported"; mediaType: string };

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

/** What else there is to know about a stream, and to tell it. */
export interface Company extends Beside {
  /** Told what comes, before it is shown. */
  introduced?(header: LiveHeader): void;
}

export class LivePlayer {
  #wire: Wire | undefined;
  #session: Session | undefined;
  #closed = false;
  #wait = FIRST_WAIT_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #lostSince: Date | undefined;

  constructor(
    private readonly player: HTMLMediaElement,
    private readonly dial: (events: WireEvents) => Wire,
    private readonly told: (state: LiveState) => void,
    private readonly company: Company = {},
  ) {}

  /** The moment on the camera's own line that is shown, in milliseconds, while pictures come. */
  get shownMs(): number | undefined {
    return this.#session?.shownMs;
  }

  start(): void {
    this.told({ state: "connecting" });
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#watch);
    this.#wire?.close();
    this.#session?.end();
  }

  #connect(): void {
    const session = new Session(
      this.player,
      (state) => this.#heard(state),
      // A fresh connection begins with a keyframe.
      () => {
        wire.close();
        this.#ended(session, "");
      },
      this.company,
    );
    const wire = this.dial({
      opened: () => {},
      heard: (data) => {
        this.#wait = FIRST_WAIT_MS;
        session.take(data);
      },
      ended: (why) => this.#ended(session, why),
    });
    [this.#wire, this.#session] = [wire, session];
    clearInterval(this.#watch);
    this.#watch = setInterval(() => session.look(), 1_000);
  }

  #ended(session: Session, why: string): void {
    if (session.ended) return;
    clearInterval(this.#watch);
    session.end();
    if (!this.#closed) this.#tryAgain(why);
  }

  #heard(state: LiveState): void {
    if (state.state === "live") this.#lostSince = undefined;
    if (state.state === "unsupported") this.close();
    this.told(state);
  }

  #tryAgain(why: string): void {
    this.#lostSince ??= new Date();
    this.told({ state: "lost", since: this.#lostSince, why });
    this.#retry = setTimeout(() => this.#connect(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
  }
}
