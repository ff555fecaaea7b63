// Which screen an address shows. The hub answers every address that is no file with the same page.

import { match, type Params } from "./match";

export { match, type Params };

class Router {
  path = $state(globalThis.location?.pathname ?? "/");
  /** What stands behind the `#`: a pairing link's token. It never reaches the hub in an address. */
  fragment = $state(globalThis.location?.hash.slice(1) ?? "");

  start(): void {
    window.addEventListener("popstate", () => this.read());
    window.addEventListener("hashchange", () => this.read());
    document.addEventListener("click", (click) => this.follow(click));
  }

  go(path: string): void {
    if (path === this.path) return;
    history.pushState(null, "", path);
    this.read();
  }

  /** Takes this place in the history instead of adding to it, and forgets the fragment. */
  replace(path: string): void {
    history.replaceState(null, "", path);
    this.read();
  }

  /** Like `replace`, and keeps the fragment: a pairing link may have been opened at any address. */
  lead(path: string): void {
    if (path === this.path) return;
    history.replaceState(null, "", path + location.hash);
    this.read();
  }

  private read(): void {
    this.path = location.pathname;
    this.fragment = location.hash.slice(1);
  }

  /** Links are plain links; those to our own screens change the screen instead of loading a page. */
  private follow(click: MouseEvent): void {
    if (click.defaultPrevented || click.button !== 0) return;
    if (click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return;
    const link = (click.target as Element | null)?.closest("a");
    if (!link || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || link.hash) return;
    if (link.pathname.startsWith("/api/") || link.pathname.endsWith(".html")) return;
    click.preventDefault();
    this.go(link.pathname);
  }
}

export const router = new Router();
