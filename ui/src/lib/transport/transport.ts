/**
 * How this page reaches its hub: few ways, and nothing else of the app opens a connection.
 *
 * A browser in the home network has HTTPS and WebSockets (`web.ts`). A window on the hub's own
 * machine has a bridge to the local socket, and one elsewhere a bridge to the hub's HTTPS. None of them
 * knows what is asked or who asks it.
 */

/** What stands before every path of the API. */
export const BASE = "/api/v1";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Question {
  method: Method;
  /** A path of the API, without its base. */
  at: string;
  /** JSON, or nothing. */
  body: string | undefined;
  /** Ends the question when nobody waits for it any more. */
  signal: AbortSignal;
}

/** A file as it was saved. */
export interface Saved {
  name: string;
  bytes: number;
}

/** What happens on a wire, in this order; `ended` comes once, also to a wire that never opened. */
export interface WireEvents {
  opened(): void;
  heard(data: string | ArrayBuffer): void;
  /** Not called for a wire that was closed from here. */
  ended(why: string): void;
}

/** A connection that stays open. Nothing happens on it before the call that opened it returns. */
export interface Wire {
  send(text: string): void;
  close(): void;
}

export interface Transport {
  /** By which name the hub is reached, as its `Host` header has it: signatures name it. */
  host(): Promise<string>;
  /** Asks one question. Rejects only if there was no answer at all; a refusal is an answer. */
  ask(question: Question): Promise<Response>;
  /**
   * Has the answer to a question saved as it comes, where the page need not hold it whole for that.
   * Rejects with a {@link Refused}.
   */
  save?(question: Omit<Question, "method" | "signal">, name: string): Promise<Saved>;
  /** Opens the stream of news; what is sent on it is text. */
  events(events: WireEvents): Wire;
  /** Opens a camera's live picture: a line of JSON that describes it, then bytes. */
  live(camera: string, events: WireEvents): Wire;
  /** Opens what a camera hears, in the same form; refused if its owner did not allow it. */
  sound(camera: string, events: WireEvents): Wire;
}
