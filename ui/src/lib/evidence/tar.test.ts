import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { utf8 } from "../bytes";
import { TarWriter } from "./tar";

it("is an archive that the system's own tar unpacks", async () => {
  const folder = mkdtempSync(join(tmpdir(), "doorward-tar-"));
  const tar = new TarWriter(new Date("2026-11-22T10:00:00Z"));
  tar.add("evidence.json", utf8("{}\n"));
  tar.add("recordings/8/000001.mp4.age", new Blob([new Uint8Array(1_300).fill(7)]));
  tar.add("recordings/8/empty", utf8(""));
  const file = join(folder, "pack.tar");
  writeFileSync(file, new Uint8Array(await tar.finish().arrayBuffer()));
  execFileSync("tar", ["-xf", file, "-C", folder], { timeout: 10_000 });
  expect(readFileSync(join(folder, "evidence.json"), "utf8")).toBe("{}\n");
  expect(readFileSync(join(folder, "recordings/8/000001.mp4.age")).length).toBe(1_300);
  expect(readFileSync(join(folder, "recordings/8/empty")).length).toBe(0);
  rmSync(folder, { recursive: true });
});

it("refuses a name that an archive cannot hold", () => {
  const tar = new TarWriter(new Date());
  expect(() => tar.add("x".repeat(101), utf8(""))).toThrow(RangeError);
});
