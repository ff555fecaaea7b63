// Builds the service worker beside the app and tells it which files the app consists of.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** It has to lie at the top: a worker serves what lies beside and below it. */
export const WORKER = "sw.js";
const PAGE = "index.html";
/** Where the worker's source has a name in place of its build. */
const PLACE = "__BUILD__";

export function shell(): Plugin {
  let folder = "dist";
  return {
    name: "doorward-shell",
    apply: "build",
    configResolved: (config) => void (folder = join(config.root, config.build.outDir)),
    closeBundle() {
      const names = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .filter((name) => name !== WORKER && name !== PAGE)
        .sort();
      const worker = join(folder, WORKER);
      const source = readFileSync(worker, "utf8");
      const hash = createHash("sha256").update(source);
      for (const name of [PAGE, ...names]) {
        hash.update(`\n${name}\n`).update(readFileSync(join(folder, name)));
      }
      const build = {
        version: hash.digest("hex").slice(0, 16),
        page: "/",
        files: names.map((name) => `/${name}`),
      };
      if (!source.includes(PLACE)) throw new Error(`${WORKER} has no place for its build`);
      writeFileSync(worker, source.replaceAll(PLACE, JSON.stringify(build)));
    },
  };
}
