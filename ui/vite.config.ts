import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { hubProxy } from "./dev/hub-proxy.ts";
import { packed } from "./dev/packed.ts";
import { shell, WORKER } from "./dev/shell.ts";

/** The app goes into the hub; the simulated door is served by the demonstration alone. */
const APP = {
  input: { index: "index.html", sw: "src/offline/worker.ts" },
  outDir: "dist",
  publicDir: "public",
  own: [shell()],
} as const;
const SIMULATOR = {
  input: "simulator.html",
  outDir: "dist-simulator",
  publicDir: false,
  own: [],
} as const;

export default defineConfig(({ mode }) => {
  const { input, outDir, publicDir, own } = mode === "simulator" ? SIMULATOR : APP;
  return {
    // What is packed last is packed whole.
    plugins: [svelte(), hubProxy(process.env.DOORWARD_STATE), ...own, packed()],
    publicDir,
    build: {
      outDir,
      target: ["es2022", "safari16.4", "chrome109", "firefox115"],
      // The hub's policy allows its own files alone: nothing may become a data: address.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rollupOptions: {
        input,
        output: {
          entryFileNames: ({ name }) => (name === "sw" ? WORKER : "assets/[name]-[hash].js"),
        },
      },
    },
    server: { host: "127.0.0.1", port: 5173, strictPort: false },
    test: { include: ["src/**/*.test.ts"], environment: "node" },
  };
});
