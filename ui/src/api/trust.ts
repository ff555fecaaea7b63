// How devices come to be trusted, and how they watch over the hub's log.

import { ask, askOnce, path } from "./client";
import type { components } from "./schema";
import type { Role, SessionView, WitnessView } from "./types";

type Schemas = components["schemas"];
export type SetUp = Schemas["SetUp"];
export type Pair = Schemas["Pair"];
export type Paired = Schemas["Paired"];
export type PairingOffer = Schemas["PairingOffer"];
export type KeyRequest = Schemas["KeyRequest"];
export type PersonView = Schemas["PersonView"];
export type PairedDeviceView = Schemas["PairedDeviceView"];
export type Consistency = Schemas["Consistency"];
export type PasskeyUsed = Schemas["PasskeyUsed"];
export type SetPasskey = Schemas["SetPasskey"];

export const setUp = (wish: SetUp) => askOnce<Paired>("POST", "/setup", wish);
export const pair = (wish: Pair) => askOnce<Paired>("POST", "/pair", wish);
export const offerPairing = (role: Role, person?: number) =>
  ask<PairingOffer>("POST", "/pairings", { role, person });

export const people = () => ask<PersonView[]>("GET", "/people");
export const changePerson = (id: number, change: { name?: string; role?: Role }) =>
  ask<PersonView>("PATCH", path`/people/${id}`, change);
export const removePerson = (id: number) => ask<void>("DELETE", path`/people/${id}`);
export const pairedDevices = () => ask<PairedDeviceView[]>("GET", "/paired-devices");
export const revokePaired = (id: number) => ask<void>("DELETE", path`/paired-devices/${id}`);
export const liftPin = (id: number) => ask<void>("POST", path`/paired-devices/${id}/lift`);

export const sessionNow = () => ask<SessionView | null>("GET", "/session");
export const setPin = (pin: string) => ask<void>("PUT", "/session/pin", { pin });
export const PASSKEY_PATH = "/session/passkey";
export const setPasskey = (wish: SetPasskey) => ask<void>("PUT", PASSKEY_PATH, wish);
export const logOut = () => ask<void>("DELETE", "/session");

export const askForKey = (recipient: string) =>
  ask<Pick<KeyRequest, "id">>("POST", "/key-requests", { recipient });
export const keyRequests = () => ask<KeyRequest[]>("GET", "/key-requests");
export const keyRequest = (id: KeyRequest["id"]) =>
  ask<KeyRequest>("GET", path`/key-requests/${id}`);
export const handOver = (id: KeyRequest["id"], sealed: string) =>
  ask<void>("PUT", path`/key-requests/${id}`, { sealed });

export const consistency = (from: number, to: number) =>
  ask<Consistency>("GET", path`/log/consistency?from=${from}&to=${to}`);
export const cosign = (size: number, signature: string) =>
  ask<void>("POST", "/log/witness", { size, signature });
export const witnesses = () => ask<WitnessView[]>("GET", "/log/witnesses");
