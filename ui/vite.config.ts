import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { hubProxy } from "./dev/hub-proxy.ts";
import { packed } from "./dev/packed.ts";

export default defineConfig({
  plugins: [svelte(), hubProxy(process.env.DOORWARD_STATE), packed()],
  build: {
    target: ["es2022", "safari16.4", "chrome109", "firefox115"],
    // The hub's policy allows its own files alone: nothing may become a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { app: "index.html" } },
  },
  server: { host: "127.0.0.1", port: 5173, strictPort: false },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
