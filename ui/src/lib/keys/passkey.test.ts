import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Bytes, fromBase64Url, utf8 } from "../bytes";
import { canHavePasskey, isAddress, makePasskey, NotVerified, usePasskey } from "./passkey";

/** What the browser's own class says of this device. */
class TestCredential {
  static platform = true;
  readonly response: Record<string, unknown>;

  constructor(response: Record<string, unknown>) {
    this.response = response;
  }

  static async isUserVerifyingPlatformAuthenticatorAvailable(): Promise<boolean> {
    return TestCredential.platform;
  }
}

const buffer = (...bytes: number[]) => new Uint8Array(bytes).buffer;
const create = vi.fn();
const get = vi.fn();

beforeEach(() => {
  TestCredential.platform = true;
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("location", { hostname: "hub.local" });
  vi.stubGlobal("PublicKeyCredential", TestCredential);
  vi.stubGlobal("navigator", { credentials: { create, get } });
});

afterEach(() => {
  vi.unstubAllGlobals();
  create.mockReset();
  get.mockReset();
});

async function digest(text: string): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)));
}

describe("where a passkey can be had", () => {
  it("is a trusted page with a name, on a device that looks who is there", async () => {
    expect(await canHavePasskey()).toBe(true);
  });

  it("is no page whose certificate is not trusted", async () => {
    vi.stubGlobal("isSecureContext", false);
    expect(await canHavePasskey()).toBe(false);
  });

  it("is no address, which no passkey is for", async () => {
    vi.stubGlobal("location", { hostname: "192.168.1.10" });
    expect(await canHavePasskey()).toBe(false);
    expect(["192.168.1.10", "[fd00::1]"].map(isAddress)).toEqual([true, true]);
    expect(["hub.local", "localhost", "10.example"].map(isAddress)).toEqual([false, false, false]);
  });

  it("is no browser without WebAuthn, and no device that verifies nobody", async () => {
    TestCredential.platform = false;
    expect(await canHavePasskey()).toBe(false);
    vi.stubGlobal("PublicKeyCredential", undefined);
    expect(await canHavePasskey()).toBe(false);
  });
});

describe("making a passkey", () => {
  it("binds it to the act, to this page's name and to a person who is verified", async () => {
    const response = {
      clientDataJSON: buffer(1, 2),
      getAuthenticatorData: () => buffer(255, 254),
    };
    create.mockResolvedValue(new TestCredential(response));
    expect(await makePasskey("an act", "Ana's phone")).toEqual({
      client_data: "AQI",
      authenticator_data: "__4",
    });
    const { publicKey } = create.mock.calls[0]?.[0] as CredentialCreationOptions;
    expect(publicKey?.challenge).toEqual(await digest("an act"));
    expect(publicKey?.rp.id).toBe("hub.local");
    expect(publicKey?.user.name).toBe("Ana's phone");
    // The hub takes ES256 (-7) alone.
    expect(publicKey?.pubKeyCredParams).toEqual([{ type: "public-key", alg: -7 }]);
    expect(publicKey?.authenticatorSelection?.userVerification).toBe("required");
    expect(publicKey?.authenticatorSelection?.authenticatorAttachment).toBe("platform");
  });
});

describe("using a passkey", () => {
  it("asks for that one, for this act, and hands on what was signed", async () => {
    const response = {
      clientDataJSON: buffer(1),
      authenticatorData: buffer(2),
      signature: buffer(3),
    };
    get.mockResolvedValue(new TestCredential(response));
    expect(await usePasskey("an act", "q83v")).toEqual({
      id: "q83v",
      client_data: "AQ",
      authenticator_data: "Ag",
      signature: "Aw",
    });
    const { publicKey } = get.mock.calls[0]?.[0] as CredentialRequestOptions;
    expect(publicKey?.challenge).toEqual(await digest("an act"));
    expect(publicKey?.rpId).toBe("hub.local");
    expect(publicKey?.allowCredentials?.map(({ id }) => id)).toEqual([fromBase64Url("q83v")]);
    expect(publicKey?.userVerification).toBe("required");
  });

  it("tells a person who turned away from a fault of the app's", async () => {
    get.mockRejectedValueOnce(new DOMException("no", "NotAllowedError"));
    await expect(usePasskey("an act", "q83v")).rejects.toBeInstanceOf(NotVerified);
    get.mockResolvedValueOnce(null);
    await expect(usePasskey("an act", "q83v")).rejects.toBeInstanceOf(NotVerified);
    const fault = new TypeError("a fault");
    get.mockRejectedValueOnce(fault);
    await expect(usePasskey("an act", "q83v")).rejects.toBe(fault);
  });
});
