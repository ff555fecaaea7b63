/**
 * A passkey in the PIN's place: the device's own system looks who is there (WebAuthn).
 *
 * Browsers have it only on a page with a certificate that they trust and with a host name: a passkey
 * is for a name, and an address is none. Where it cannot be had, the PIN stays.
 */

import type { PasskeyUsed } from "../../api/trust";
import { type Bytes, fromBase64Url, toBase64Url, utf8 } from "../bytes";

const ES256 = -7;

/** What a registration yields, as the hub takes it. */
export interface PasskeyMade {
  client_data: string;
  authenticator_data: string;
}

/** Nobody was verified: the person turned away, or took too long. */
export class NotVerified extends Error {
  override name = "NotVerified";
}

/** Whether this browser, on this page, can have the person verified by the device itself. */
export async function canHavePasskey(): Promise<boolean> {
  if (!isSecureContext || isAddress(location.hostname)) return false;
  if (typeof PublicKeyCredential === "undefined") return false;
  return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
}

/** Whether a host is an address and no name. Browsers write IPv6 in brackets. */
export function isAddress(host: string): boolean {
  return host.startsWith("[") || /^\d+(\.\d+){3}$/.test(host);
}

/** Makes a passkey for this page's name; `act` is what the hub is asked to do with it. */
export async function makePasskey(act: string, device: string): Promise<PasskeyMade> {
  const options: PublicKeyCredentialCreationOptions = {
    challenge: await digest(act),
    rp: { name: "Doorward", id: location.hostname },
    user: { id: crypto.getRandomValues(new Uint8Array(16)), name: device, displayName: device },
    pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
    authenticatorSelection: {
      authenticatorAttachment: "platform",
      userVerification: "required",
      residentKey: "discouraged",
    },
    attestation: "none",
  };
  const made = await asked(() => navigator.credentials.create({ publicKey: options }));
  const answer = made.response as AuthenticatorAttestationResponse;
  return {
    client_data: base64Url(answer.clientDataJSON),
    authenticator_data: base64Url(answer.getAuthenticatorData()),
  };
}

/** Has the person verified for one act. */
export async function usePasskey(act: string, id: string): Promise<PasskeyUsed> {
  const options: PublicKeyCredentialRequestOptions = {
    challenge: await digest(act),
    rpId: location.hostname,
    allowCredentials: [{ type: "public-key", id: fromBase64Url(id), transports: ["internal"] }],
    userVerification: "required",
  };
  const used = await asked(() => navigator.credentials.get({ publicKey: options }));
  const answer = used.response as AuthenticatorAssertionResponse;
  return {
    id,
    client_data: base64Url(answer.clientDataJSON),
    authenticator_data: base64Url(answer.authenticatorData),
    signature: base64Url(answer.signature),
  };
}

/** Browsers say no more than that it did not come to pass. */
async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const answer = await ask();
    if (answer instanceof PublicKeyCredential) return answer;
  } catch (thrown) {
    if (!(thrown instanceof DOMException)) throw thrown;
  }
  throw new NotVerified("nobody was verified");
}

async function digest(text: string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)));
}

const base64Url = (bytes: ArrayBuffer) => toBase64Url(new Uint8Array(bytes));
