// A browser, and devices in it that are watched: what they ask for, what they complain about.

import assert from "node:assert/strict";
import { join } from "node:path";
import { chromium } from "playwright-core";

import { opening } from "./stage.js";

/** Longer than anything takes on a busy machine. */
export const PATIENCE_MS = 30_000;

/** The two kinds of device that people hold. */
export const PHONE = { width: 360, height: 780 };
export const DESKTOP = { width: 1280, height: 800 };

/** So that the app takes a phone for one. */
const PHONE_AGENT =
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";

const PROGRAM = process.env.DOORWARD_CHROMIUM ?? "/usr/bin/chromium";

/** Starts Chromium of a user with this home folder so that it talks to nobody of its own accord. */
export function launch(home) {
  return chromium.launch({
    executablePath: PROGRAM,
    env: {
      ...process.env,
      HOME: home,
      XDG_CONFIG_HOME: `${home}/.config`,
      XDG_DATA_HOME: `${home}/.local/share`,
    },
    args: [
      "--no-sandbox",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--autoplay-policy=no-user-gesture-required",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ],
  });
}

/** One device of one person: a profile of its own, with one window to begin with. */
export class Device {
  /** Everything that any of its pages asked anybody for. */
  asked = [];
  complaints = [];
  /** A device that is not logged in finds that out by asking. */
  #tolerated = [/status of 401 .*\/api\/v1\/session(\/pin)?\)/];

  static async open(browser, origin, { viewport, scheme }) {
    const phone = viewport === PHONE;
    const context = await browser.newContext({
      baseURL: origin,
      viewport,
      colorScheme: scheme,
      ...(phone && { isMobile: true, hasTouch: true, userAgent: PHONE_AGENT }),
      locale: "en-GB",
      acceptDownloads: true,
      reducedMotion: "no-preference",
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const device = new Device(context, origin);
    device.page = await device.window();
    return device;
  }

  constructor(context, origin) {
    this.context = context;
    this.origin = origin;
    context.on("request", (request) => this.asked.push(request.url()));
  }

  /** Another window of the same device. */
  async window() {
    const page = await this.context.newPage();
    page.on("websocket", (socket) => this.asked.push(socket.url()));
    page.on("console", (message) => {
      if (message.type() === "error") this.#complain(message.text(), message.location().url);
    });
    page.on("pageerror", (error) => this.#complain(`${error.stack ?? error}`, page.url()));
    await page.addInitScript(() =>
      document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`policy: ${event.violatedDirective} forbids ${event.blockedURI}`),
      ),
    );
    return page;
  }

  /** While `act` runs, complaints that match are what it is about. */
  async tolerate(complaint, act) {
    this.#tolerated.push(complaint);
    try {
      return await act();
    } finally {
      this.#tolerated.splice(this.#tolerated.indexOf(complaint), 1);
    }
  }

  /** It asked nobody but the hub, and nothing went wrong in it. */
  judge(name) {
    const home = new URL(this.origin).host;
    const abroad = this.asked.filter((url) => {
      const { protocol, host } = new URL(url);
      return !["data:", "blob:"].includes(protocol) && host !== home;
    });
    assert.deepEqual(abroad, [], `${name}: nobody but the hub is asked`);
    assert.ok(this.asked.length > 0, `${name}: the log of requests has something in it`);
    assert.deepEqual(this.complaints, [], `${name}: the browser has nothing to complain about`);
  }

  /** Tells what was to be seen when something failed. */
  async tell(name) {
    const { screens } = await opening;
    for (const [at, page] of this.context.pages().entries()) {
      const path = join(screens, `failed-${name.replaceAll(" ", "-")}-${at + 1}.png`);
      await page.screenshot({ path }).catch(() => undefined);
      const words = await page.innerText("body").catch(() => "nothing");
      console.error(`${name} showed, at ${page.url()} (${path}):\n${words}\n`);
    }
    console.error(`${name} complained:\n${this.complaints.join("\n")}`);
  }

  #complain(text, where) {
    const told = `${text} (${where})`;
    if (!this.#tolerated.some((expected) => expected.test(told))) this.complaints.push(told);
  }
}
