import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { hubProxy } from "./dev/hub-proxy.ts";
import { packed } from "./dev/packed.ts";

/** The app goes into the hub; the simulated door is served by the demonstration alone. */
const APP = { input: "index.html", outDir: "dist", publicDir: "public" as const };
const SIMULATOR = { input: "simulator.html", outDir: "dist-simulator", publicDir: false as const };

export default defineConfig(({ mode }) => {
  const { input, outDir, publicDir } = mode === "simulator" ? SIMULATOR : APP;
  return {
    plugins: [svelte(), hubProxy(process.env.DOORWARD_STATE), packed()],
    publicDir,
    build: {
      outDir,
      target: ["es2022", "safari16.4", "chrome109", "firefox115"],
      // The hub's policy allows its own files alone: nothing may become a data: address.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rollupOptions: { input },
    },
    server: { host: "127.0.0.1", port: 5173, strictPort: false },
    test: { include: ["src/**/*.test.ts"], environment: "node" },
  };
});
