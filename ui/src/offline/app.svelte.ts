// Whether the app on this page is still the one that the hub hands out, and keeping it for when the
// hub is away.

import { inWindow } from "../desktop/program";

const WORKER = "/sw.js";

class App {
  /** The hub hands out another app by now; this page goes on with its own until it is loaded anew. */
  outdated = $state(false);
  private kept: ServiceWorkerRegistration | undefined;
  private version: string | undefined;

  /**
   * Asks the browser to keep the app. It does so only behind a certificate that it trusts; without
   * that the app works all the same, as long as the hub does.
   */
  async keep(): Promise<void> {
    if (inWindow || !import.meta.env.PROD || !("serviceWorker" in navigator)) return;
    const { serviceWorker } = navigator;
    // The first worker takes over the page that brought it; each later one brings another app.
    let first = serviceWorker.controller === null;
    serviceWorker.addEventListener("controllerchange", () => {
      if (!first) this.outdated = true;
      first = false;
    });
    this.kept = await serviceWorker.register(WORKER).catch(() => undefined);
  }

  /** The hub can be reached again, and may be another one by now. */
  met(version: string): void {
    // A window brings its own app: what the hub hands out changes nothing there.
    if (inWindow) return;
    this.version ??= version;
    if (this.version !== version) this.outdated = true;
    // Where it cannot be asked, the next contact asks again.
    this.kept?.update().catch(() => undefined);
  }
}

export const app = new App();
