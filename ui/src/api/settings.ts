// How the house is set up.

import { ask, path, saveFor } from "./client";
import type { components } from "./schema";
import type { DoorView } from "./types";

type Schemas = components["schemas"];
export type CameraView = Schemas["CameraView"];
export type ChangePolicy = Schemas["ChangePolicy"];
export type DeviceView = Schemas["DeviceView"];
export type DeviceGrants = Schemas["DeviceGrants"];
export type Examination = Schemas["Examination"];
export type Verification = Schemas["Verification"];
export type Outward = Schemas["Outward"];

export const changePolicy = (door: string, change: ChangePolicy) =>
  ask<DoorView>("PATCH", path`/doors/${door}/policy`, change);

export const cameras = () => ask<CameraView[]>("GET", "/cameras");
export const removeCamera = (name: string) => ask<void>("DELETE", path`/cameras/${name}`);

export const devices = () => ask<DeviceView[]>("GET", "/devices");
export const grants = (name: string) => ask<DeviceGrants>("GET", path`/devices/${name}/grants`);
export const revokeDevice = (name: string) => ask<void>("DELETE", path`/devices/${name}`);
export const rearm = (name: string) => ask<void>("POST", path`/devices/${name}/rearm`);

export const doctor = () => ask<Examination>("GET", "/doctor");
export const verifyLog = () => ask<Verification>("POST", "/log/verify", { kept: [] });
export const outward = () => ask<Outward>("GET", "/outward");

export const BACKUP_PATH = "/backup";
/** Saves a backup, sealed to the household. `proof` is what the hub asks of a phone for it. */
export const saveBackup = (name: string, proof?: object) => saveFor(BACKUP_PATH, proof, name);
