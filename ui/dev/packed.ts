// Leaves a file packed with Brotli beside each that gains by it; the hub hands those out as they are.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import type { Plugin } from "vite";

/** Pictures are packed already. */
const GAINS = /\.(html|js|css|svg|json|webmanifest)$/;
/** Smaller ones fit into one packet as they are. */
const WORTH_BYTES = 1024;

export function packed(): Plugin {
  let folder = "dist";
  return {
    name: "doorward-packed",
    apply: "build",
    configResolved: (config) => void (folder = join(config.root, config.build.outDir)),
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        const file = join(folder, name);
        if (!GAINS.test(name) || statSync(file).size < WORTH_BYTES) continue;
        writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file)));
      }
    },
  };
}
