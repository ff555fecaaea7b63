import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { LivePlayer, type LiveState } from "./live";
import { attach, canPlay, NoMediaSource, NotOpened, OPENS_WITHIN_MS } from "./source";
import type { WireEvents } from "../transport";

const TYPE = 'video/mp4; codecs="avc1.42c01f"';
const bytes = (text: string) => new TextEncoder().encode(text);
const told = (data: Uint8Array) => new TextDecoder().decode(data);

/** A phone's buffer: it takes one piece after the other, and only while its source wants some. */
class PhoneBuffer extends EventTarget {
  taken: string[] = [];
  updating = false;
  buffered = { length: 1, start: () => 0, end: () => this.taken.length };
  constructor(private readonly source: PhoneSource) {
    super();
  }
  appendBuffer(piece: Uint8Array) {
    if (!this.source.streaming) throw new Error("the phone did not ask for this");
    this.update(() => this.taken.push(told(piece)));
  }
  remove() {
    this.update(() => undefined);
  }
  /** The phone needs the memory for something else. */
  evict() {
    this.taken = [];
    this.dispatchEvent(new Event("bufferedchange"));
  }
  private update(what: () => void) {
    if (this.updating) throw new Error("two things at once");
    this.updating = true;
    queueMicrotask(() => {
      what();
      this.updating = false;
      this.dispatchEvent(new Event("updateend"));
    });
  }
}

/** ManagedMediaSource as iOS has it. */
class PhoneSource extends EventTarget {
  static made: PhoneSource[] = [];
  static isTypeSupported = (type: string) => type === TYPE;
  readyState = "closed";
  streaming = false;
  buffers: PhoneBuffer[] = [];
  constructor() {
    super();
    PhoneSource.made.push(this);
  }
  addSourceBuffer() {
    if (this.readyState !== "open") throw new Error("it is not open");
    const buffer = new PhoneBuffer(this);
    this.buffers.push(buffer);
    return buffer;
  }
  open() {
    this.readyState = "open";
    this.dispatchEvent(new Event("sourceopen"));
  }
  want(wanted: boolean) {
    this.streaming = wanted;
    this.dispatchEvent(new Event(wanted ? "startstreaming" : "endstreaming"));
  }
}

/** A player that opens a source only if its picture can go nowhere else. */
class PhonePlayer extends EventTarget {
  disableRemotePlayback = false;
  currentTime = 0;
  playbackRate = 1;
  paused = false;
  set src(_: string) {
    if (this.disableRemotePlayback) queueMicrotask(() => newest().open());
  }
  removeAttribute() {}
  load() {}
  async play() {}
}

const newest = () => PhoneSource.made.at(-1)!;
const player = () => new PhonePlayer() as PhonePlayer & HTMLVideoElement;
/** Lets everything happen that waits for nothing. */
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  PhoneSource.made = [];
  vi.useFakeTimers();
  vi.stubGlobal("MediaSource", undefined);
  vi.stubGlobal("ManagedMediaSource", PhoneSource);
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:source");
  vi.spyOn(URL, "revokeObjectURL").mockReturnValue(undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("a managed source opens, because the picture is kept on this screen", async () => {
  const feed = await attach(player());
  expect(feed.source.readyState).toBe("open");
});

test("a player that does not open its source is given up after a while", async () => {
  const stubborn = player();
  Object.defineProperty(stubborn, "disableRemotePlayback", { get: () => false, set: () => {} });
  const refused = expect(attach(stubborn)).rejects.toThrow(NotOpened);
  await vi.advanceTimersByTimeAsync(OPENS_WITHIN_MS);
  await refused;
});

test("a source that never opened takes nothing from the one that followed it", async () => {
  const stubborn = player();
  Object.defineProperty(stubborn, "src", { writable: true, value: "" });
  const cleared = vi.spyOn(stubborn, "removeAttribute");
  const addresses = vi.mocked(URL.createObjectURL);
  addresses.mockReturnValueOnce("blob:first").mockReturnValueOnce("blob:second");
  const refused = [attach(stubborn), attach(stubborn)].map((one) =>
    expect(one).rejects.toThrow(NotOpened),
  );
  await vi.advanceTimersByTimeAsync(OPENS_WITHIN_MS);
  await Promise.all(refused);
  expect(cleared).toHaveBeenCalledOnce();
});

test("a managed source is fed only while it asks for it", async () => {
  const feed = await attach(player());
  const buffer = feed.buffer(TYPE);
  const { taken } = newest().buffers[0]!;
  const fed = feed.hungry(new AbortController().signal).then(() => feed.append(buffer, bytes("a")));
  await settle();
  expect(taken).toEqual([]);
  newest().want(true);
  await fed;
  expect(taken).toEqual(["a"]);
  newest().want(false);
  const nobody = new AbortController();
  const waiting = feed.hungry(nobody.signal);
  nobody.abort();
  await waiting;
  expect(taken).toEqual(["a"]);
});

test("what a phone throws away is told to whoever fed it", async () => {
  const feed = await attach(player());
  const evicted = vi.fn();
  feed.buffer(TYPE, evicted);
  newest().buffers[0]!.evict();
  expect(evicted).toHaveBeenCalledOnce();
});

test("a plain source is taken where there is one, and always wants more", async () => {
  class PlainSource extends PhoneSource {}
  vi.stubGlobal("MediaSource", PlainSource);
  const feed = await attach(player());
  expect(feed.source).toBeInstanceOf(PlainSource);
  Reflect.deleteProperty(feed.source, "streaming");
  await feed.hungry(new AbortController().signal);
});

test("a browser with neither says so", () => {
  vi.stubGlobal("ManagedMediaSource", undefined);
  expect(() => canPlay(TYPE)).toThrow(NoMediaSource);
});

/** A live picture on a phone, with the hub's side of its wire. */
function watch() {
  const states: LiveState["state"][] = [];
  let wire: WireEvents | undefined;
  let dialled = 0;
  const live = new LivePlayer(
    player(),
    (events) => {
      wire = events;
      dialled += 1;
      return { send: () => {}, close: () => {} };
    },
    ({ state }) => states.push(state),
  );
  live.start();
  return {
    live,
    states,
    dialled: () => dialled,
    introduce: () => wire?.heard(JSON.stringify({ mime: TYPE, starts_ms: 0 })),
    picture: (name: string, size = name.length) => {
      const piece = new Uint8Array(size);
      piece.set(bytes(name));
      wire?.heard(piece.buffer);
    },
  };
}

test("live pictures wait while the phone does not ask, and follow in order when it does", async () => {
  const { live, states, introduce, picture } = watch();
  introduce();
  picture("1");
  picture("2");
  await settle();
  expect(newest().buffers[0]?.taken).toEqual([]);
  expect(states).toEqual(["connecting"]);
  newest().want(true);
  await settle();
  picture("3");
  await settle();
  expect(newest().buffers[0]?.taken).toEqual(["1", "2", "3"]);
  expect(states).toContain("live");
  newest().want(false);
  picture("4");
  await settle();
  expect(newest().buffers[0]?.taken).toEqual(["1", "2", "3"]);
  live.close();
});

test("a phone that does not ask for long is connected anew, once, instead of filling its memory", async () => {
  const { live, states, dialled, introduce, picture } = watch();
  introduce();
  await settle();
  picture("a", 5 * 1024 * 1024);
  picture("b", 5 * 1024 * 1024);
  picture("c", 5 * 1024 * 1024);
  await settle();
  expect(states.at(-1)).toBe("lost");
  expect(dialled()).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(dialled()).toBe(2);
  live.close();
});

test("a camera that changes its picture is shown through a source of the new kind", async () => {
  const { live, introduce, picture } = watch();
  introduce();
  await settle();
  newest().want(true);
  picture("old");
  await settle();
  const before = newest();
  introduce();
  picture("new");
  await settle();
  newest().want(true);
  await settle();
  expect(newest()).not.toBe(before);
  expect(before.buffers[0]?.taken).toEqual(["old"]);
  expect(newest().buffers[0]?.taken).toEqual(["new"]);
  live.close();
});
