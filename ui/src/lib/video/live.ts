/**
 * A camera's live picture: fMP4 over a wire into the player, kept at the edge.
 *
 * It says at every moment what is true: connecting, live with its lag, stalled since
 * when, or why not. A lost connection is taken up again by itself, ever less often.
 */

import type { Wire, WireEvents } from "../transport";
import { LiveEdge } from "./edge";
import { attach, canPlay, type Feed } from "./source";

export type LiveState =
  | { state: "connecting" }
  | { state: "live" }
  /** Nothing came for a while. */
  | { state: "stalled"; since: Date }
  /** The connection ended; it is tried again. */
  | { state: "lost"; since: Date; why: string }
  /** This browser cannot show what the camera sends. */
  | { state: "unsupported"; mediaType: string };

/** After so long without a piece the picture is called stalled. */
const STALLED_MS = 4_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
/** Pieces that wait for the player; more means that it does not keep up. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;
/** Buffered past beyond which it is trimmed, and how much of it stays. */
const TRIM_AT_S = 20;
const TRIM_TO_S = 5;

export class LivePlayer {
  #wire: Wire | undefined;
  #session: Session | undefined;
  #closed = false;
  #wait = FIRST_WAIT_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #lostSince: Date | undefined;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly dial: (events: WireEvents) => Wire,
    private readonly told: (state: LiveState) => void,
  ) {}

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
      this.video,
      (state) => this.#heard(state),
      // A fresh connection begins with a keyframe.
      () => {
        wire.close();
        this.#ended(session, "");
      },
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

/** One connection's worth of pictures. */
class Session {
  #feed: Feed | undefined;
  #buffer: SourceBuffer | undefined;
  #edge = new LiveEdge();
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #feeding = false;
  #end = new AbortController();
  #newest = Date.now();
  #stalled = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly told: (state: LiveState) => void,
    private readonly anew: () => void,
  ) {}

  get ended(): boolean {
    return this.#end.signal.aborted;
  }

  take(data: string | ArrayBuffer): void {
    if (typeof data === "string") this.#open(data).catch(() => this.#startAnew());
    else this.#queue(new Uint8Array(data));
  }

  /** Looks whether pictures still come. */
  look(): void {
    const stalled = Date.now() - this.#newest > STALLED_MS;
    if (stalled && !this.#stalled) {
      this.told({ state: "stalled", since: new Date(this.#newest) });
    }
    this.#stalled = stalled;
  }

  /** The last picture stays until another connection brings the next. */
  end(): void {
    this.#end.abort();
    this.#waiting = [];
  }

  /** What follows is of this kind; a camera may change its picture at any time. */
  async #open(header: string): Promise<void> {
    const mediaType = mediaTypeOf(header);
    if (mediaType === undefined || !canPlay(mediaType)) {
      this.told({ state: "unsupported", mediaType: mediaType ?? "" });
      return;
    }
    this.#waiting = [];
    [this.#feed, this.#buffer] = [undefined, undefined];
    const feed = await attach(this.video);
    if (this.ended) return feed.detach();
    [this.#feed, this.#buffer] = [feed, feed.buffer(mediaType)];
    await this.#pump();
  }

  #queue(piece: Uint8Array<ArrayBuffer>): void {
    this.#newest = Date.now();
    this.#waiting.push(piece);
    const bytes = this.#waiting.reduce((sum, { length }) => sum + length, 0);
    if (bytes > MOST_WAITING_BYTES) return this.#startAnew();
    this.#edge.arrived(performance.now() / 1000);
    void this.#pump();
  }

  async #pump(): Promise<void> {
    const [feed, buffer] = [this.#feed, this.#buffer];
    if (this.#feeding || !feed || !buffer) return;
    this.#feeding = true;
    try {
      while (this.#waiting.length > 0 && feed === this.#feed) {
        await feed.hungry(this.#end.signal);
        const piece = this.#waiting.shift();
        if (!piece || this.ended) break;
        await feed.append(buffer, piece);
        await this.#keepUp(feed, buffer);
      }
    } catch {
      // The player gave up on this stream, or on this kind of it.
      if (feed === this.#feed) this.#startAnew();
    } finally {
      this.#feeding = false;
    }
    if (feed !== this.#feed) await this.#pump();
  }

  #startAnew(): void {
    if (!this.ended) this.anew();
  }

  async #keepUp(feed: Feed, buffer: SourceBuffer): Promise<void> {
    const { buffered } = buffer;
    if (buffered.length === 0) return;
    const [start, edge] = [buffered.start(0), buffered.end(buffered.length - 1)];
    const step = this.#edge.step(this.video.currentTime, edge);
    if ("jumpTo" in step) this.video.currentTime = Math.max(start, step.jumpTo);
    else this.video.playbackRate = step.rate;
    // Not waited for: some players begin only with more than has been fed so far.
    if (this.video.paused) void this.video.play().catch(() => {});
    this.#stalled = false;
    this.told({ state: "live" });
    if (edge - start > TRIM_AT_S) await feed.remove(buffer, 0, edge - TRIM_TO_S);
  }
}

function mediaTypeOf(header: string): string | undefined {
  try {
    const { mime } = JSON.parse(header) as { mime?: unknown };
    return typeof mime === "string" ? mime : undefined;
  } catch {
    return undefined;
  }
}
