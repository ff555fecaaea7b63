// What the desktop window asks of the program around it. A browser has no such program.

import { asRefused, asSentence, Refused } from "../api/problem";
import type { Saved } from "../lib/transport/transport";

/** Whether this page is shown by the desktop app. */
export const inWindow = "__TAURI_INTERNALS__" in globalThis;

/**
 * How the hosts of hubs on other machines begin. The program gives the page of each hub a host of its own,
 * so that a browser's storage keeps what belongs to each apart.
 */
const ELSEWHERE = "hub-";

/** Whether this page is shown on the hub's own machine. */
export const atTheHub = inWindow && !location.hostname.startsWith(ELSEWHERE);

/** Whether this page is of a hub on another machine, shown by the desktop app. */
export const isElsewhere = inWindow && !atTheHub;

/** How the window stands to its hub, as the program's `Attachment`. */
export type Attachment =
  | { state: "attached"; version: string; same_version: boolean }
  | { state: "slow" }
  | { state: "stopped" }
  | { state: "foreign"; folder: string; can_set_up: boolean }
  | { state: "closed"; can_set_up: boolean }
  | { state: "strange"; why: string }
  | { state: "away"; why: string }
  | { state: "lost"; why: string }
  | { state: "absent"; can_set_up: boolean; why_not?: string };

/** Where the hub's key lies, as the program's `Unlock`. */
export type Unlock = "keyring" | "keyfile";

/** What this desktop has, as the program's `Equipment`. */
export interface Equipment {
  version: string;
  tray: boolean;
  notices: boolean;
  keyring: boolean;
  systemd: boolean;
}

/** What the program tells the page, as its `Order`. */
type Order = { go: string } | { failed: string };

/** Browsers never load it. */
export const core = () => import("@tauri-apps/api/core");

async function call<T>(command: string, rest: Record<string, unknown> = {}): Promise<T> {
  const { invoke } = await core();
  try {
    return await invoke<T>(command, rest);
  } catch (said) {
    // Commands fail with a problem of the hub's, or with a sentence as errors are written.
    throw asRefused(said) ?? new Refused("program", 500, asSentence(String(said)));
  }
}

export const attachment = () => call<Attachment>("attachment");
export const attachElsewhere = (link: string) => call<void>("attach_elsewhere", { link });
export const equipment = () => call<Equipment>("equipment");
// The program does these for the hub of this page, and for no other that it may show by then.
const callHere = <T>(command: string, rest: object = {}) =>
  call<T>(command, { host: location.hostname, ...rest });
export const setUp = (unlock: Unlock) => callHere<void>("set_up", { unlock });
export const startHub = () => callHere<void>("start_hub");
export const stopHub = () => callHere<void>("stop_hub");
export const leaveHub = () => callHere<void>("forget_hub");
/** Has the hub's answer to a question saved as it comes; it may be of any length. */
export const saveAnswer = (wanted: { at: string; body: string | undefined; name: string }) =>
  call<Saved>("save_answer", { wanted: { host: location.hostname, ...wanted } });
export const reachedAs = () => callHere<string | null>("reached_as");

/** Hears where the tray icon or a notification leads, and what was wished there and failed. */
export async function listen(
  go: (page: string) => void,
  failed: (sentence: string) => void,
): Promise<void> {
  const { Channel } = await core();
  const channel = new Channel<Order>((order) =>
    "go" in order ? go(order.go) : failed(order.failed),
  );
  await call("page_listens", { channel });
}

/** Tells the program, once, when something was to be seen here. */
export function tellPainted(): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => void call("painted", { afterMs: performance.now() })),
  );
}

/** Whether the pictures of nearly every camera can be shown. */
export const showsPictures = (): boolean =>
  "MediaSource" in globalThis && MediaSource.isTypeSupported('video/mp4; codecs="avc1.42E01E"');
