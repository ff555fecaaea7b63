// Which address shows which screen. Each is loaded when it is first wanted.

import type { Component } from "svelte";

import { match, type Params } from "../lib/match";

/** A screen is handed `params`, what stands at its address's names; it need not want them. */
export type Screen = Component<never>;
export type Tab = "home" | "deliveries" | "guests" | "history" | "settings";

export interface Route {
  path: string;
  tab?: Tab;
  /** `public`: shown to whoever is not logged in, without the tabs. */
  to?: "public";
  load: () => Promise<{ default: Screen }>;
}

export const routes: Route[] = [
  { path: "/", tab: "home", load: () => import("./home/Home.svelte") },
  { path: "/deliveries", tab: "deliveries", load: () => import("./deliver/Deliveries.svelte") },
  { path: "/deliveries/new", tab: "deliveries", load: () => import("./deliver/New.svelte") },
  {
    path: "/deliveries/:delivery",
    tab: "deliveries",
    load: () => import("./deliver/Delivery.svelte"),
  },
  {
    path: "/deliveries/:delivery/change",
    tab: "deliveries",
    load: () => import("./deliver/New.svelte"),
  },
  { path: "/visit/:entry", tab: "home", load: () => import("./visit/Visit.svelte") },
  { path: "/guests", tab: "guests", load: () => import("./guests/Guests.svelte") },
  { path: "/guests/new", tab: "guests", load: () => import("./guests/New.svelte") },
  { path: "/guests/new/emergency", tab: "guests", load: () => import("./guests/Emergency.svelte") },
  { path: "/guests/new/duress", tab: "guests", load: () => import("./guests/Duress.svelte") },
  { path: "/guests/:guest", tab: "guests", load: () => import("./guests/Guest.svelte") },
  { path: "/notices", tab: "home", load: () => import("./notices/Notices.svelte") },
  { path: "/history", tab: "history", load: () => import("./history/History.svelte") },
  { path: "/history/:entry", tab: "history", load: () => import("./history/Story.svelte") },
  { path: "/live", tab: "home", load: () => import("./live/Live.svelte") },
  { path: "/live/:camera", tab: "home", load: () => import("./live/Live.svelte") },
  { path: "/settings", tab: "settings", load: () => import("./settings/Settings.svelte") },
  { path: "/settings/doors", tab: "settings", load: () => import("./settings/Doors.svelte") },
  { path: "/settings/cameras", tab: "settings", load: () => import("./settings/Cameras.svelte") },
  { path: "/settings/devices", tab: "settings", load: () => import("./settings/Devices.svelte") },
  {
    path: "/settings/recordings",
    tab: "settings",
    load: () => import("./settings/Recordings.svelte"),
  },
  { path: "/settings/people", tab: "settings", load: () => import("./settings/People.svelte") },
  { path: "/settings/key", tab: "settings", load: () => import("./keys/Key.svelte") },
  { path: "/settings/pin", tab: "settings", load: () => import("./settings/Pin.svelte") },
  { path: "/settings/trust", tab: "settings", load: () => import("./settings/Trust.svelte") },
  { path: "/settings/backup", tab: "settings", load: () => import("./settings/Backup.svelte") },
  { path: "/settings/hub", tab: "settings", load: () => import("./settings/Hub.svelte") },
  {
    path: "/settings/computer",
    tab: "settings",
    load: () => import("../desktop/Computer.svelte"),
  },
  { path: "/setup", to: "public", load: () => import("./setup/Setup.svelte") },
  { path: "/pair", to: "public", load: () => import("./setup/Pair.svelte") },
];

export function find(path: string): { route: Route; params: Params } | undefined {
  for (const route of routes) {
    const params = match(route.path, path);
    if (params) return { route, params };
  }
  return undefined;
}
