import { describe, expect, it } from "vitest";
import { fromBase64Url, utf8 } from "../bytes";
import {
  actText,
  deviceIdentity,
  loginText,
  makeDeviceKey,
  rememberDevice,
  sign,
  witnessText,
} from "./device";
import { BadHandover, comparisonNumber, openAnswer, prepareAsk, sealFor } from "./handover";
import { keepIdentity, makeIdentity, openIdentity, OtherHousehold, recipientOf } from "./household";
import { memoryKeep } from "./keep";

describe("the device's key", () => {
  it("cannot be taken out of the browser", async () => {
    const { pair } = await makeDeviceKey(memoryKeep());
    await expect(crypto.subtle.exportKey("pkcs8", pair.privateKey)).rejects.toThrow();
  });

  it("signs what its public half verifies", async () => {
    const key = await makeDeviceKey(memoryKeep());
    const text = loginText("hub.local:8443", 7, "abc");
    expect(text).toBe("doorward-login-v1\nhub.local:8443\n7\nabc");
    const signature = fromBase64Url(await sign(key, text));
    expect(signature.length).toBe(64);
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const spki = fromBase64Url(key.publicKey);
    const publicKey = await crypto.subtle.importKey("spki", spki, algorithm, true, ["verify"]);
    const how = { name: "ECDSA", hash: "SHA-256" };
    expect(await crypto.subtle.verify(how, publicKey, signature, utf8(text))).toBe(true);
  });

  it("stays the same until it is paired, and is known afterwards", async () => {
    const keep = memoryKeep();
    const first = await makeDeviceKey(keep);
    expect((await makeDeviceKey(keep)).publicKey).toBe(first.publicKey);
    expect(await deviceIdentity(keep)).toBeUndefined();
    await rememberDevice(keep, 7);
    expect((await deviceIdentity(keep))?.device).toBe(7);
  });

  it("signs an act with its method and path, and a checkpoint without its signatures", () => {
    const act = { method: "POST", path: "/api/v1/doors/front/unlock" };
    expect(actText("h", 7, "c", act)).toBe(
      "doorward-act-v1\nh\n7\nc\nPOST /api/v1/doors/front/unlock",
    );
    expect(witnessText("o\n3\nroot=\n\n— o sig\n")).toBe("doorward-witness-v1\no\n3\nroot=\n");
  });
});

describe("the household identity", () => {
  it("comes back as it was kept, and not from another household", async () => {
    const [keep, line] = [memoryKeep(), await makeIdentity()];
    const other = await recipientOf(await makeIdentity());
    await expect(keepIdentity(keep, line, other)).rejects.toBeInstanceOf(OtherHousehold);
    expect(await openIdentity(keep)).toBeUndefined();
    await keepIdentity(keep, line, await recipientOf(line));
    expect(await openIdentity(keep)).toBe(line);
  });

  it("is handed over to the device that asked, and to no other", async () => {
    const [line, ask, another] = [await makeIdentity(), await prepareAsk(), await prepareAsk()];
    const sealed = await sealFor(ask.recipient, line);
    expect(await openAnswer(ask, sealed)).toBe(line);
    await expect(openAnswer(another, sealed)).rejects.toBeInstanceOf(BadHandover);
  });

  it("is compared by six digits that follow from the recipient", async () => {
    const number = await comparisonNumber("age1example");
    expect(number).toMatch(/^\d{6}$/);
    expect(await comparisonNumber("age1example")).toBe(number);
    expect(await comparisonNumber("age1exampld")).not.toBe(number);
  });
});
