/**
 * One connection to a live stream: from what comes over the wire to what the player shows.
 */

import { LiveEdge } from "./edge";
import type { Company, LiveState } from "./live";
import { attach, canPlay, type Feed } from "./source";

/** After so long without a piece the picture is called stalled. */
const STALLED_MS = 4_000;
/** Pieces that wait for the player; more means that it does not keep up. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;
/** Buffered past beyond which it is trimmed, and how much of it stays. */
const TRIM_AT_S = 20;
const TRIM_TO_S = 5;

/** What a stream is, as the hub announces it. */
export interface LiveHeader {
  mediaType: string;
  /** With pictures: the media type of the sound that may be heard with them. */
  sound: string | undefined;
  /** Where time zero lies on the camera's own line, which its pictures and its sound share. */
  startsMs: number;
}

/** What a stream of sound goes by. */
export interface Beside {
  /** The moment of the camera's line that its picture shows, while it shows any. */
  picturesMs?(): number | undefined;
  /** How far behind the newest piece it is safe to be at best, in seconds. */
  leastS?: number;
  /** How fast it may be played. */
  fastest?: number;
}

/** One connection's worth of pictures or sound. */
export class Session {
  #feed: Feed | undefined;
  #buffer: SourceBuffer | undefined;
  readonly #edge: LiveEdge;
  #startsMs = 0;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #feeding = false;
  #end = new AbortController();
  #newest = Date.now();
  #stalled = false;

  constructor(
    private readonly player: HTMLMediaElement,
    private readonly told: (state: LiveState) => void,
    private readonly anew: () => void,
    private readonly company: Company,
  ) {
    this.#edge = new LiveEdge(company.leastS, company.fastest);
  }

  get shownMs(): number | undefined {
    if (this.ended || this.#stalled || !this.#buffer) return undefined;
    return this.#startsMs + this.player.currentTime * 1000;
  }

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
    const told = headerOf(header);
    if (told === undefined || !canPlay(told.mediaType)) {
      this.told({ state: "unsupported", mediaType: told?.mediaType ?? "" });
      return;
    }
    this.company.introduced?.(told);
    this.#startsMs = told.startsMs;
    this.#waiting = [];
    [this.#feed, this.#buffer] = [undefined, undefined];
    const feed = await attach(this.player);
    if (this.ended) return feed.detach();
    [this.#feed, this.#buffer] = [feed, feed.buffer(told.mediaType)];
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
    if (buffered.length === 0 || this.ended) return;
    const [start, edge] = [buffered.start(0), buffered.end(buffered.length - 1)];
    const step = this.#edge.step(this.player.currentTime, edge, this.#beside());
    if ("jumpTo" in step) this.player.currentTime = Math.max(start, step.jumpTo);
    else this.player.playbackRate = step.rate;
    // Not waited for: some players begin only with more than has been fed so far.
    if (this.player.paused) void this.player.play().catch(() => {});
    this.#stalled = false;
    this.told({ state: "live" });
    if (edge - start > TRIM_AT_S) await feed.remove(buffer, 0, edge - TRIM_TO_S);
  }

  /** Where on this stream's line its picture is. */
  #beside(): number | undefined {
    const at = this.company.picturesMs?.();
    return at === undefined ? undefined : (at - this.#startsMs) / 1000;
  }
}

/** Reads the line that announces a stream; nothing if it is not one. */
export function headerOf(line: string): LiveHeader | undefined {
  try {
    const { mime, sound, starts_ms: startsMs } = JSON.parse(line) as Record<string, unknown>;
    if (typeof mime !== "string" || typeof startsMs !== "number") return undefined;
    return { mediaType: mime, sound: typeof sound === "string" ? sound : undefined, startsMs };
  } catch {
    return undefined;
  }
}
