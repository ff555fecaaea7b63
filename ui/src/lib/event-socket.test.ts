import { beforeEach, expect, test } from "vitest";

import { EventSocket, SILENCE_MS, type World } from "./event-socket";
import type { Wire, WireEvents } from "./transport";

class PlayedWire implements Wire {
  sent: unknown[] = [];
  closed = false;
  constructor(private readonly events: WireEvents) {}
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.closed = true;
  }
  open() {
    this.events.opened();
  }
  say(frame: unknown) {
    this.events.heard(typeof frame === "string" ? frame : JSON.stringify(frame));
  }
  breakOff() {
    this.events.ended("");
  }
}

class PlayedWorld implements World {
  wires: PlayedWire[] = [];
  timers = new Map<object, { ms: number; what: () => void }>();
  kept: number | null = null;
  dial(events: WireEvents) {
    const wire = new PlayedWire(events);
    this.wires.push(wire);
    return wire;
  }
  later(ms: number, what: () => void) {
    const key = {};
    this.timers.set(key, { ms, what });
    return () => void this.timers.delete(key);
  }
  recall() {
    return this.kept;
  }
  keep(seq: number) {
    this.kept = seq;
  }
  get wire(): PlayedWire {
    return this.wires.at(-1)!;
  }
  /** Lets the timers of one length fire. */
  pass(ms: number) {
    for (const [key, timer] of this.timers) {
      if (timer.ms !== ms) continue;
      this.timers.delete(key);
      timer.what();
    }
  }
  waits() {
    return [...this.timers.values()].map(({ ms }) => ms);
  }
}

const bell = (seq: number) => ({ seq, at: "2026-11-22T10:00:00Z", news: "bell", door: "front" });

let world: PlayedWorld;
let heard: number[];
let ups: number;
let downs: number;
let socket: EventSocket;

function connect(): void {
  heard = [];
  ups = downs = 0;
  socket = new EventSocket(world, {
    up: () => (ups += 1),
    down: () => (downs += 1),
    news: (notice) => heard.push(notice.seq),
  });
  socket.start();
}

beforeEach(() => {
  world = new PlayedWorld();
  connect();
});

test("the first frame asks for all that comes from here on", () => {
  world.wire.open();
  expect(world.wire.sent).toEqual([{ after: null }]);
  expect(ups).toBe(1);
});

test("after a break it goes on behind the last notice that was heard", () => {
  world.wire.open();
  world.wire.say(bell(7));
  world.wire.breakOff();
  expect(downs).toBe(1);
  world.pass(500);
  world.wire.open();
  expect(world.wire.sent).toEqual([{ after: 7 }]);
});

test("a page that is opened again goes on behind what the last one heard", () => {
  world.wire.open();
  world.wire.say(bell(7));
  connect();
  world.wire.open();
  expect(world.wire.sent).toEqual([{ after: 7 }]);
});

test("a notice that comes twice is told once", () => {
  world.wire.open();
  for (const seq of [7, 8, 7, 8, 9]) world.wire.say(bell(seq));
  expect(heard).toEqual([7, 8, 9]);
});

test("a gap is told even where its number was heard before", () => {
  world.wire.open();
  world.wire.say(bell(7));
  world.wire.say({ seq: 3, at: "2026-11-22T10:00:00Z", news: "missed", notices: 4 });
  expect(heard).toEqual([7, 3]);
});

test("a hub that counts from the start again is listened to", () => {
  world.wire.open();
  world.wire.say(bell(900));
  world.wire.breakOff();
  world.pass(500);
  world.wire.open();
  world.wire.say(bell(1));
  expect([heard, world.kept]).toEqual([[900, 1], 1]);
});

test("what is no notice is passed over", () => {
  world.wire.open();
  for (const frame of ["", "{", "null", "[]", { seq: "7", news: "bell" }]) world.wire.say(frame);
  expect(heard).toEqual([]);
});

test("each failed try waits longer, up to a bound, and a good one starts afresh", () => {
  const waited = [];
  for (let tries = 0; tries < 8; tries += 1) {
    world.wire.breakOff();
    const [ms] = world.waits();
    waited.push(ms);
    world.pass(ms!);
  }
  expect(waited).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
  world.wire.open();
  world.wire.breakOff();
  expect(world.waits()).toEqual([500]);
});

test("a socket that has fallen silent counts as lost", () => {
  world.wire.open();
  const silent = world.wire;
  world.pass(SILENCE_MS);
  expect([silent.closed, downs]).toEqual([true, 1]);
  world.pass(500);
  expect(world.wires).toHaveLength(2);
});

test("an old socket that speaks again is not listened to", () => {
  world.wire.open();
  const old = world.wire;
  old.breakOff();
  world.pass(500);
  old.say(bell(7));
  old.breakOff();
  expect([heard, downs, world.wires.length]).toEqual([[], 1, 2]);
});

test("an acknowledgement that was made without a connection is sent with the next one", () => {
  socket.acknowledge(9);
  socket.acknowledge(5);
  world.wire.open();
  expect(world.wire.sent).toEqual([{ after: null }, { ack: 9 }]);
});

test("a stopped socket does not come back", () => {
  world.wire.open();
  socket.stop();
  world.wire.breakOff();
  expect(world.waits()).toEqual([]);
  expect(downs).toBe(0);
});
