// A browser's ways to the hub that served the page: HTTPS and WebSockets, with its session's cookie.

import { BASE, type Question, type Transport, type Wire, type WireEvents } from "./transport";

export const web: Transport = {
  host: async () => location.host,
  ask,
  events: (events) => connect("/events/socket", events),
  live: (camera, events) => connect(`/cameras/${encodeURIComponent(camera)}/live`, events),
  sound: (camera, events) => connect(`/cameras/${encodeURIComponent(camera)}/live/sound`, events),
};

function ask({ method, at, body, signal }: Question): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  return fetch(BASE + at, {
    method,
    headers,
    body: body ?? null,
    credentials: "same-origin",
    cache: "no-store",
    redirect: "error",
    signal,
  });
}

function connect(at: string, events: WireEvents): Wire {
  const address = new URL(BASE + at, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  const until = new AbortController();
  const { signal } = until;
  socket.addEventListener("open", () => events.opened(), { signal });
  socket.addEventListener("message", ({ data }) => events.heard(data), { signal });
  socket.addEventListener("close", ({ reason }) => events.ended(reason), { signal });
  return {
    send: (text) => socket.send(text),
    close: () => {
      until.abort();
      socket.close();
    },
  };
}
