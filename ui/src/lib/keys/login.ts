/** Logging in with this device's key, and proving an act with the key and a PIN or passkey. */

import { askOnce, BASE } from "../../api/client";
import { PASSKEY_PATH, setPasskey } from "../../api/trust";
import type { SessionView } from "../../api/types";
import { transport } from "../transport";
import { type DeviceIdentity, actText, deviceIdentity, loginText, sign } from "./device";
import type { Keep } from "./keep";
import { makePasskey, usePasskey } from "./passkey";

interface Challenge {
  challenge: string;
}

/** This browser holds no paired key. */
export class NotPaired extends Error {
  override name = "NotPaired";
}

/** What shows, besides the key, that it is its person who holds the device. */
export type Second = { pin: string } | { passkey: string };

/** What the app needs of this device's key. */
export function keyLogin(keep: Keep) {
  return {
    paired: async () => (await deviceIdentity(keep)) !== undefined,
    logIn: () => logIn(keep),
    prove: (method: string, path: string, second: Second) => prove(keep, method, path, second),
    addPasskey: (pin: string, name: string) => addPasskey(keep, pin, name),
  };
}

async function logIn(keep: Keep): Promise<SessionView> {
  const { device, key } = await identity(keep);
  const { challenge } = await askOnce<Challenge>("POST", "/session/challenge", { device });
  const signature = await sign(key, loginText(await transport.host(), device, challenge));
  return askOnce<SessionView>("POST", "/session", { device, challenge, signature });
}

/** Signs one act; `path` is as the API client takes it, without the base. */
async function prove(keep: Keep, method: string, path: string, second: Second) {
  const { text, ...signed } = await signAct(keep, method, path);
  if ("pin" in second) return { ...signed, pin: second.pin };
  return { ...signed, passkey: await usePasskey(text, second.passkey) };
}

/** Has this device's system make a passkey; the PIN shows that its person wants it. */
async function addPasskey(keep: Keep, pin: string, name: string): Promise<void> {
  const { text, ...signed } = await signAct(keep, "PUT", PASSKEY_PATH);
  const made = await makePasskey(text, name);
  await setPasskey({ proof: { ...signed, pin }, ...made });
}

async function signAct(keep: Keep, method: string, path: string) {
  const { device, key } = await identity(keep);
  const { challenge } = await askOnce<Challenge>("POST", "/session/challenge", { device });
  const host = await transport.host();
  const text = actText(host, device, challenge, { method, path: BASE + path });
  return { text, challenge, signature: await sign(key, text) };
}

async function identity(keep: Keep): Promise<DeviceIdentity> {
  const known = await deviceIdentity(keep);
  if (!known) throw new NotPaired("this browser is not paired");
  return known;
}
