// How the house is, as far as this device knows, and since when it has known nothing newer.

import * as calls from "../api/calls";
import type {
  CodeView,
  DoorStatus,
  DoorView,
  EntryView,
  LogLine,
  Numbered,
  Status,
} from "../api/types";
import { EventSocket } from "./event-socket";
import { now } from "./now.svelte";
import { entryOf } from "./people";
import { liveIn } from "./time";
import { transport, type WireEvents } from "./transport";

/** Camera health, disk and clock send no news: they are asked for. */
const LOOK_AGAIN_MS = 30_000;
/** While a camera shows nothing, whether it does again is told without delay. */
const LOOK_SOON_MS = 5_000;
/** How many entries Home and History begin with. */
const ENTRIES = 20;
const KEPT_AS = "doorward.heard";

type Listener = (notice: Numbered) => void;

class House {
  status = $state.raw<Status>();
  /** When it came, by this device's clock. */
  statusAt = $state.raw(new Date());
  doors = $state.raw<DoorView[]>([]);
  codes = $state.raw<CodeView[]>([]);
  entries = $state.raw<EntryView[]>([]);
  /** When each door's status arrived, by `performance.now()`: ages go on from there. */
  arrived = $state.raw<Record<string, number>>({});
  /** Since when the hub has not been heard; absent while it is. */
  staleSince = $state<Date | undefined>(new Date());
  /** Whether anything was heard at all since the page was opened. */
  known = $derived(this.status !== undefined);
  stale = $derived(this.staleSince !== undefined);

  /** Since when each camera has shown nothing, by `performance.now()`. */
  private blindSince = $state.raw<ReadonlyMap<string, number>>(new Map());

  /** What this device's `performance.now()` was when the hub's clock stood at zero. */
  private hubStart = performance.now() - Date.now();

  /** Visits that were told of and do not stand in the hub's log yet. */
  private unwritten = $state.raw<ReadonlySet<number>>(new Set());

  /** Ends what `start` began. */
  private begun: AbortController | undefined;
  private sooner: ReturnType<typeof setTimeout> | undefined;

  private readonly listeners = new Set<Listener>();
  private readonly socket = new EventSocket(world(), {
    up: () => void this.refresh(),
    down: () => this.missHub(),
    news: (notice) => this.take(notice),
  });

  start(): void {
    if (this.begun) return;
    this.begun = new AbortController();
    const { signal } = this.begun;
    this.socket.start();
    const again = setInterval(() => void this.glance(), LOOK_AGAIN_MS);
    signal.addEventListener("abort", () => clearInterval(again));
    window.addEventListener("online", () => this.socket.hurry(), { signal });
    const seen = () => {
      if (document.visibilityState !== "visible") return;
      this.socket.hurry();
      void this.glance();
    };
    document.addEventListener("visibilitychange", seen, { signal });
  }

  stop(): void {
    this.begun?.abort();
    this.begun = undefined;
    clearTimeout(this.sooner);
    this.socket.stop();
  }

  /** Tries to reach the hub at once. */
  hurry(): void {
    this.socket.hurry();
  }

  /** Calls back for each piece of news; returns how to stop that. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  acknowledge(seq: number): void {
    this.socket.acknowledge(seq);
  }

  /** Asks for everything anew. Only a whole answer ends being stale. */
  async refresh(): Promise<void> {
    try {
      const asked = [calls.status(), calls.doors(), calls.codes(), calls.entries(ENTRIES)] as const;
      const [status, doors, codes, entries] = await Promise.all(asked);
      this.show(status);
      this.doors = doors;
      this.codes = codes;
      this.entries = entries;
      this.unwritten = new Set();
      this.staleSince = undefined;
    } catch {
      this.lose();
    }
  }

  async refreshCodes(): Promise<void> {
    this.codes = await calls.codes();
  }

  door(name: string): DoorStatus | undefined {
    return this.status?.house?.doors.find((door) => door.name === name);
  }

  described(name: string): DoorView | undefined {
    return this.doors.find((door) => door.name === name);
  }

  entry(id: number): EntryView | undefined {
    return this.entries.find((entry) => entry.id === id);
  }

  /** Whether the hub can be asked for a visit: it is told of a moment before it is written down. */
  isWritten(id: number): boolean {
    return !this.unwritten.has(id);
  }

  /** The cameras that have shown nothing for so long. */
  blindFor(ms: number, mono: number): ReadonlySet<string> {
    return new Set([...this.blindSince].flatMap(([name, at]) => (mono - at >= ms ? [name] : [])));
  }

  /** A moment of the hub's clock on this device's own, which may show another time of day. */
  mono(at: string): number {
    return this.hubStart + Date.parse(at);
  }

  private async glance(): Promise<void> {
    if (this.stale || document.visibilityState !== "visible") return;
    try {
      this.show(await calls.status());
    } catch {
      // The socket tells whether the hub is lost; one question that failed does not.
    }
  }

  private show(status: Status): void {
    const at = performance.now();
    if (status.house) {
      liveIn(status.house.clock.time_zone);
      this.hubStart = at - Date.parse(status.house.clock.now);
      now.follow(Date.parse(status.house.clock.now));
    }
    this.blindSince = this.lookAtCameras(status, at);
    this.arrived = Object.fromEntries((status.house?.doors ?? []).map(({ name }) => [name, at]));
    this.status = status;
    this.statusAt = new Date();
  }

  private lookAtCameras({ house }: Status, at: number): ReadonlyMap<string, number> {
    const blind = (house?.cameras ?? []).filter(({ health }) => health.state !== "live");
    if (blind.length > 0) {
      clearTimeout(this.sooner);
      this.sooner = setTimeout(() => void this.glance(), LOOK_SOON_MS);
    }
    return new Map(blind.map(({ name }) => [name, this.blindSince.get(name) ?? at]));
  }

  /** A socket does not say that its session has ended: a question finds out, and logs in again. */
  private missHub(): void {
    this.lose();
    calls.status().catch(() => undefined);
  }

  private lose(): void {
    this.staleSince ??= new Date();
  }

  private take(notice: Numbered): void {
    if (notice.news === "door_changed") this.changeDoor(notice.door);
    else if (notice.news === "entry_changed") this.changeEntry(notice.entry);
    else if (notice.news === "missed") void this.refresh();
    else if (notice.news === "logged") this.takeLine(notice.line);
    for (const listener of this.listeners) listener(notice);
  }

  private takeLine(line: LogLine): void {
    const { event } = line;
    const written = entryOf(line);
    if (written !== undefined && this.unwritten.has(written))
      this.unwritten = new Set([...this.unwritten].filter((id) => id !== written));
    if (touchesCodes(event)) this.lookAtCodes();
    // How an entry ended stands in the log alone: by then it is no visit any more.
    if (endsEntry(event)) this.lookAtEntries();
  }

  private changeDoor(door: DoorStatus): void {
    const house = this.status?.house;
    if (!this.status || !house) return;
    const known = house.doors.some(({ name }) => name === door.name);
    // How a door that was added is described comes with no news.
    if (!known) void this.refresh();
    const doors = known
      ? house.doors.map((one) => (one.name === door.name ? door : one))
      : [...house.doors, door];
    this.arrived = { ...this.arrived, [door.name]: performance.now() };
    this.status = { ...this.status, house: { ...house, doors } };
  }

  private changeEntry(entry: EntryView): void {
    if (!this.entry(entry.id)) this.unwritten = new Set([...this.unwritten, entry.id]);
    const others = this.entries.filter(({ id }) => id !== entry.id);
    this.entries = [entry, ...others].sort((a, b) => b.id - a.id).slice(0, ENTRIES);
  }

  private lookAtEntries(): void {
    calls.entries(ENTRIES).then(
      (entries) => (this.entries = entries),
      () => this.lose(),
    );
  }

  private lookAtCodes(): void {
    this.refreshCodes().catch(() => this.lose());
  }
}

const endsEntry = (event: string): boolean =>
  event === "entry_closed" || event === "entry_denied" || event === "entry_erased";

const touchesCodes = (event: string): boolean =>
  event === "code_issued" ||
  event === "code_ended" ||
  event === "code_paused" ||
  event === "code_resumed" ||
  event === "code_notes_erased";

function world() {
  return {
    dial: (events: WireEvents) => transport.events(events),
    later: (ms: number, what: () => void) => {
      const timer = setTimeout(what, ms);
      return () => clearTimeout(timer);
    },
    recall: () => {
      const kept = Number(globalThis.localStorage?.getItem(KEPT_AS) ?? "");
      return Number.isSafeInteger(kept) && kept > 0 ? kept : null;
    },
    keep: (seq: number) => localStorage.setItem(KEPT_AS, String(seq)),
  };
}

export const house = new House();
