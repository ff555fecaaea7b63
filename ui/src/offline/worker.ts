// The service worker: wires the kept shell to the browser. Its build is written in by the bundler.

import { type Build, Shell } from "./shell";

/** What this file needs of a worker's world; the compiler knows only that of pages. */
interface Lasting extends Event {
  waitUntil(until: Promise<unknown>): void;
}
interface Fetched extends Event {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Scope {
  location: Location;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(type: "install" | "activate", act: (event: Lasting) => void): void;
  addEventListener(type: "fetch", act: (event: Fetched) => void): void;
}

declare const __BUILD__: Build;

const scope = globalThis as unknown as Scope;
const shell = new Shell(__BUILD__, caches, scope.location.origin);

scope.addEventListener("install", (event) => {
  event.waitUntil(shell.keep().then(() => scope.skipWaiting()));
});

scope.addEventListener("activate", (event) => {
  event.waitUntil(shell.tidy().then(() => scope.clients.claim()));
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  switch (shell.meets(request)) {
    case "page":
      return event.respondWith(shell.page(fetch(request)));
    case "file":
      return event.respondWith(shell.file(request, () => fetch(request)));
    case undefined:
      return;
  }
});
