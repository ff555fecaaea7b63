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
];

export function find(path: string): { route: Route; params: Params } | undefined {
  for (const route of routes) {
    const params = match(route.path, path);
    if (params) return { route, params };
  }
  return undefined;
}
