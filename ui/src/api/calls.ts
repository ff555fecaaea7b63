// Every question of these screens, by name.

import { ask, path } from "./client";
import type {
  Checkpoint,
  CodeKind,
  CodeView,
  DoorView,
  EntryStory,
  EntryView,
  IssuedCode,
  LockAsked,
  NewCode,
  Numbered,
  Status,
  UnlockBegun,
  WitnessView,
} from "./types";

export const status = () => ask<Status>("GET", "/status");
export const doors = () => ask<DoorView[]>("GET", "/doors");

export const lock = (door: string) => ask<LockAsked>("POST", path`/doors/${door}/lock`);
export const unlockPath = (door: string) => path`/doors/${door}/unlock`;
/** `proof` is what the hub asks of a phone before it unlocks; the desktop window needs none. */
export const unlock = (door: string, proof?: object) =>
  ask<UnlockBegun>("POST", unlockPath(door), proof);

export const codes = (kind?: CodeKind) =>
  ask<CodeView[]>("GET", kind ? `/codes?kind=${kind}` : "/codes");
export const issue = (code: NewCode) => ask<IssuedCode>("POST", "/codes", code);
export const pause = (id: number) => ask<void>("POST", path`/codes/${id}/pause`);
export const resume = (id: number) => ask<void>("POST", path`/codes/${id}/resume`);
export const cancel = (id: number) => ask<void>("DELETE", path`/codes/${id}`);

export const entries = (limit: number) => ask<EntryView[]>("GET", path`/entries?limit=${limit}`);
export const entry = (id: number) => ask<EntryStory>("GET", path`/entries/${id}`);
export const approve = (id: number) => ask<void>("POST", path`/entries/${id}/approve`);
export const block = (id: number) => ask<void>("POST", path`/entries/${id}/block`);

export const notices = () => ask<Numbered[]>("GET", "/notices");
export const checkpoint = () => ask<Checkpoint>("GET", "/log/checkpoint");
export const witnesses = () => ask<WitnessView[]>("GET", "/log/witnesses");
export const confirmClock = () => ask<void>("POST", "/clock/confirm");
