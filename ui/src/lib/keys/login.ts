/** Logging in with this device's key, and proving an act with key and PIN. */

import { askOnce, BASE } from "../../api/client";
import type { SessionView } from "../../api/types";
import { type DeviceIdentity, actText, deviceIdentity, loginText, sign } from "./device";
import type { Keep } from "./keep";

interface Challenge {
  challenge: string;
}

/** This browser holds no paired key. */
export class NotPaired extends Error {
  override name = "NotPaired";
}

/** What the app needs of this device's key. */
export function keyLogin(keep: Keep) {
  return {
    paired: async () => (await deviceIdentity(keep)) !== undefined,
    logIn: () => logIn(keep),
    prove: (method: string, path: string, pin: string) => prove(keep, method, path, pin),
  };
}

async function logIn(keep: Keep): Promise<SessionView> {
  const { device, key } = await identity(keep);
  const { challenge } = await askOnce<Challenge>("POST", "/session/challenge", { device });
  const signature = await sign(key, loginText(location.host, device, challenge));
  return askOnce<SessionView>("POST", "/session", { device, challenge, signature });
}

/** Signs one act; `path` is as the API client takes it, without the base. */
async function prove(keep: Keep, method: string, path: string, pin: string) {
  const { device, key } = await identity(keep);
  const { challenge } = await askOnce<Challenge>("POST", "/session/challenge", { device });
  const act = { method, path: BASE + path };
  const signature = await sign(key, actText(location.host, device, challenge, act));
  return { challenge, signature, pin };
}

async function identity(keep: Keep): Promise<DeviceIdentity> {
  const known = await deviceIdentity(keep);
  if (!known) throw new NotPaired("this browser is not paired");
  return known;
}
