import { beforeEach, expect, test, vi } from "vitest";

import { PATIENCE_MS, Shell, type Shelves } from "./shell";

const ORIGIN = "https://hub.local:8443";
const FILES = ["/assets/index-1a2b.js", "/icon.svg", "/manifest.webmanifest"];

/** Caches that hold words instead of answers. */
class PlayedShelves implements Shelves {
  shelves = new Map<string, Map<string, Response>>();
  async open(name: string) {
    const shelf = this.shelves.get(name) ?? new Map<string, Response>();
    this.shelves.set(name, shelf);
    const addAll = async (wanted: RequestInfo[]) => {
      for (const one of wanted) {
        const address = typeof one === "string" ? one : new URL(one.url).pathname;
        shelf.set(address, new Response(`kept ${address} of ${name}`));
      }
    };
    return { addAll };
  }
  async keys() {
    return [...this.shelves.keys()];
  }
  async delete(name: string) {
    return this.shelves.delete(name);
  }
  async match(address: string, options?: { cacheName?: string }) {
    for (const [name, shelf] of this.shelves) {
      const found =
        !options?.cacheName || options.cacheName === name ? shelf.get(address) : undefined;
      if (found) return found.clone();
    }
    return undefined;
  }
}

let shelves: PlayedShelves;
const shellOf = (version: string) =>
  new Shell({ version, page: "/", files: FILES }, shelves, ORIGIN);
const get = (path: string, mode: RequestMode = "cors") => ({
  method: "GET",
  mode,
  url: ORIGIN + path,
});
const away = () => Promise.reject(new TypeError("away"));

beforeEach(() => {
  shelves = new PlayedShelves();
  vi.useFakeTimers();
  vi.stubGlobal(
    "Request",
    class {
      url: string;
      constructor(path: string) {
        this.url = ORIGIN + path;
      }
    },
  );
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

test("what the hub answers to questions is never met, kept or replaced", () => {
  const shell = shellOf("1");
  for (const path of ["/api/v1/status", "/api/v1/recordings/1/segments/1", "/api/v1/session"]) {
    expect(shell.meets(get(path))).toBeUndefined();
    expect(shell.meets(get(path, "navigate"))).toBeUndefined();
  }
  expect(shell.meets({ ...get("/"), method: "POST" })).toBeUndefined();
  expect(
    shell.meets({ ...get("/"), url: "https://elsewhere.example/assets/x.js" }),
  ).toBeUndefined();
  expect(shell.meets(get("/unknown.txt"))).toBeUndefined();
});

test("pages and the build's own files are met", () => {
  const shell = shellOf("1");
  expect(shell.meets(get("/live/porch.left", "navigate"))).toBe("page");
  expect(shell.meets(get("/assets/later-3c4d.js"))).toBe("file");
  expect(shell.meets(get("/icon.svg"))).toBe("file");
});

test("a page is the hub's own whenever it answers, even with a refusal", async () => {
  const shell = shellOf("1");
  await shell.keep();
  const own = new Response("misdirected", { status: 421 });
  expect(await shell.page(Promise.resolve(own))).toBe(own);
});

test("without the hub the kept page is shown, at once or when patience ends", async () => {
  const shell = shellOf("1");
  await shell.keep();
  const refused = await shell.page(away());
  expect(await refused.text()).toBe("kept / of doorward-shell-1");
  const silent = shell.page(new Promise(() => {}));
  await vi.advanceTimersByTimeAsync(PATIENCE_MS);
  expect(await (await silent).text()).toBe("kept / of doorward-shell-1");
});

test("a file that bears its hash is taken from what is kept, of an earlier build too", async () => {
  await shellOf("1").keep();
  const later = shellOf("2");
  const ask = vi.fn(away);
  const found = await later.file(get("/assets/index-1a2b.js"), ask);
  expect(await found.text()).toBe("kept /assets/index-1a2b.js of doorward-shell-1");
  expect(ask).not.toHaveBeenCalled();
});

test("a file without a hash is the hub's own as long as it answers", async () => {
  const shell = shellOf("1");
  await shell.keep();
  const own = new Response("the hub's");
  expect(await shell.file(get("/icon.svg"), async () => own)).toBe(own);
  const kept = await shell.file(get("/icon.svg"), away);
  expect(await kept.text()).toContain("kept /icon.svg");
});

test("of all builds the newest and the one before it are kept, and nobody else's caches are touched", async () => {
  await shelves.open("somebody-else");
  for (const version of ["1", "2", "3"]) {
    const shell = shellOf(version);
    await shell.keep();
    await shell.tidy();
  }
  expect(await shelves.keys()).toEqual(["somebody-else", "doorward-shell-2", "doorward-shell-3"]);
});
