// Lets the development server pass /api on to a running hub's local socket, as its owner.
//
// Used by `DOORWARD_STATE=… npm run dev` alone; no build contains it.

import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import type { Plugin } from "vite";

export function hubProxy(state: string | undefined): Plugin {
  const socketPath = state ? join(state, "doorward.sock") : undefined;
  return {
    name: "doorward-hub-proxy",
    configureServer(server) {
      if (!socketPath) return;
      server.middlewares.use((incoming, outgoing, next) => {
        if (!incoming.url?.startsWith("/api/")) return next();
        const { method, headers, url: path } = incoming;
        const asked = request({ socketPath, path, method, headers }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        });
        asked.on("error", () => outgoing.writeHead(502).end());
        incoming.pipe(asked);
      });
      server.httpServer?.on("upgrade", (incoming, client, head) => {
        if (!incoming.url?.startsWith("/api/")) return;
        const hub = connect(socketPath, () => {
          hub.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n`);
          for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
            hub.write(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}\r\n`);
          }
          hub.write("\r\n");
          hub.write(head);
          hub.pipe(client).pipe(hub);
        });
        hub.on("error", () => client.destroy());
        client.on("error", () => hub.destroy());
      });
    },
  };
}
