// The desktop window's ways to the hub: questions over the window's own scheme, and conversations
// through channels of the program, for the scheme hands an answer over only when it is whole.

import { core, reachedAs, saveAnswer } from "../../desktop/program";
import { utf8 } from "../bytes";
import type { Transport, Wire, WireEvents } from "./transport";
import { web } from "./web";

/** What the program says when no hub answered. */
const NO_ANSWER = 502;

/** As the program's `About`. */
type About = "events" | { live: string } | { sound: string };

/** As the program's `Turn`; pieces of video come as bytes. */
type Turn = "opened" | { heard: string } | { ended: string };

/** Bytes, in whichever of its ways the program's framework has handed them over: one that it could not
    send as they are comes as a list of numbers. */
type Piece = ArrayBuffer | ArrayBufferView<ArrayBuffer> | number[];

function bytesOf(piece: Piece): ArrayBuffer {
  if (piece instanceof ArrayBuffer) return piece;
  if (Array.isArray(piece)) return new Uint8Array(piece).buffer;
  return piece.buffer.slice(piece.byteOffset, piece.byteOffset + piece.byteLength);
}

const isPiece = (turn: Turn | Piece): turn is Piece =>
  turn instanceof ArrayBuffer || ArrayBuffer.isView(turn) || Array.isArray(turn);

export const desktop: Transport = {
  // At the hub's own machine nobody signs anything.
  host: async () => (await reachedAs()) ?? location.host,
  ask: async (question) => {
    const answer = await web.ask(question);
    if (answer.status === NO_ANSWER) throw new Error("no hub answered");
    return answer;
  },
  save: ({ at, body }, name) => saveAnswer({ at, body, name }),
  events: (events) => new Conversation(events).open("events"),
  live: (camera, events) => new Conversation(events).open({ live: camera }),
  sound: (camera, events) => new Conversation(events).open({ sound: camera }),
};

class Conversation implements Wire {
  private number: number | undefined;
  private closed = false;
  /** What is said before the program has told the number. */
  private readonly unsaid: [command: string, rest: object][] = [];

  constructor(private readonly events: WireEvents) {}

  open(about: About): Wire {
    void this.dial(about).catch((error: unknown) => this.hear({ ended: String(error) }));
    return this;
  }

  send(text: string): void {
    this.call("wire_say", { text });
  }

  close(): void {
    this.closed = true;
    this.call("wire_close", {});
  }

  private async dial(about: About): Promise<void> {
    const { Channel, invoke } = await core();
    if (this.closed) return;
    const channel = new Channel<Turn | Piece>((turn) => this.hear(turn));
    const host = location.hostname;
    this.number = await invoke<number>("wire_open", { about, host, channel });
    // The program waits for a first word: of a page that has gone there is none.
    this.call("wire_took", { bytes: 0 });
    for (const [command, rest] of this.unsaid.splice(0)) this.call(command, rest);
  }

  private hear(turn: Turn | Piece): void {
    if (this.closed) return;
    if (isPiece(turn)) {
      const bytes = bytesOf(turn);
      this.events.heard(bytes);
      this.call("wire_took", { bytes: bytes.byteLength });
    } else if (turn === "opened") {
      this.events.opened();
    } else if ("heard" in turn) {
      this.events.heard(turn.heard);
      this.call("wire_took", { bytes: utf8(turn.heard).byteLength });
    } else {
      this.closed = true;
      this.events.ended(turn.ended);
    }
  }

  private call(command: string, rest: object): void {
    const { number } = this;
    if (number === undefined) {
      this.unsaid.push([command, rest]);
      return;
    }
    // A conversation that is over needs no answer; its end is told by itself.
    void core().then(({ invoke }) => invoke(command, { number, ...rest }).catch(() => {}));
  }
}
