import { describe, expect, it } from "vitest";
import { deviceKind, tokenIn } from "./token";

const token = "AAAAAAAAAAAAAAAAAAAAAA";

describe("a pairing token", () => {
  it("is found in a link, in its fragment, and by itself", () => {
    expect(tokenIn(`https://192.168.1.10:8443/#pair=${token}.abc-_`)).toBe(token);
    expect(tokenIn(`pair=${token}.abc`)).toBe(token);
    expect(tokenIn(` ${token}\n`)).toBe(token);
  });

  it("is not found in anything else", () => {
    for (const text of [
      "",
      "pair=",
      "short",
      "https://192.168.1.10:8443/",
      "<script>alert(1)</script>",
    ]) {
      expect(tokenIn(text), text).toBeUndefined();
    }
  });
});

describe("a device's first name", () => {
  it("follows from what the browser says of itself", () => {
    expect(deviceKind("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)")).toBe("phone");
    expect(deviceKind("Mozilla/5.0 (Linux; Android 15) Mobile Safari")).toBe("phone");
    expect(deviceKind("Mozilla/5.0 (Linux; Android 15) Safari")).toBe("tablet");
    expect(deviceKind("Mozilla/5.0 (X11; Linux x86_64)")).toBe("computer");
  });
});
