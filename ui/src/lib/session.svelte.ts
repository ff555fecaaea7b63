// Who looks at this screen, and how they prove it.
//
// What a login is, is not known here: a device's keys are handed in as one `Login`. Whom the hub
// knows without one is its own owner, at its own machine.

import { askOnce, renewSessionWith } from "../api/client";
import { Refused } from "../api/problem";
import type { Role, SessionView, Welcome } from "../api/types";
import type { Second } from "./keys/login";
import { type Means, meansOf, type Who } from "./who";

/** What a paired device can do with its key. */
export interface Login {
  /** Whether this browser holds a paired device's key. */
  paired(): Promise<boolean>;
  /** Logs in with it. */
  logIn(): Promise<SessionView>;
  /** Proves one act, `POST /doors/…/unlock`, with the key and the device's PIN or passkey. */
  prove(method: string, path: string, second: Second): Promise<object>;
  /** Has the device's own system verify its person from here on. */
  addPasskey(pin: string, name: string): Promise<void>;
}

/** `unpaired`: this browser has no key, or one that the hub no longer takes. */
export type Standing = "starting" | "unclaimed" | "sealed" | "unpaired" | "in" | "unreachable";

class Holder {
  standing = $state<Standing>("starting");
  /** Known while `standing` is `in`. */
  who = $state.raw<Who>();
  welcome = $state<Welcome>();
  private login: Login | undefined;
  private renewing: Promise<boolean> | undefined;

  /** Finds out who this is. `login` is what a paired device brings. */
  async start(login?: Login): Promise<void> {
    this.login = login;
    renewSessionWith(() => this.renew());
    await this.look();
  }

  /** Asks again: after pairing, after setup, or when the hub can be reached again. */
  async look(): Promise<void> {
    try {
      this.welcome = await askOnce<Welcome>("GET", "/welcome");
      this.standing = await this.stand();
    } catch (thrown) {
      this.standing = thrown instanceof Refused && thrown.status > 0 ? "unpaired" : "unreachable";
    }
  }

  get means(): Means {
    return meansOf(this.who);
  }

  get role(): Role {
    return this.means.role;
  }

  get mayLetIn(): boolean {
    return this.means.letIn;
  }

  /** The paired device that this is, with its person; absent at the hub's own machine. */
  get view(): SessionView | undefined {
    return this.who?.is === "paired" ? this.who.view : undefined;
  }

  /** The passkey that can be used on this page: one is for the host name that it was made at. */
  get passkey(): string | undefined {
    const passkey = this.view?.passkey;
    return passkey?.host_name === location.hostname ? passkey.id : undefined;
  }

  /** What an unlocking request carries; nothing where the connection itself is the proof. */
  async prove(method: string, path: string, second: Second): Promise<object | undefined> {
    return this.means.pin && this.login ? this.login.prove(method, path, second) : undefined;
  }

  /** Adds a passkey to this device, and learns its name from the hub. */
  async addPasskey(pin: string): Promise<void> {
    if (!this.view || !this.login) return;
    await this.login.addPasskey(pin, this.view.device.name);
    const view = await askOnce<SessionView | null>("GET", "/session");
    if (view) this.who = { is: "paired", view };
  }

  private async stand(): Promise<Standing> {
    if (this.welcome?.state === "unclaimed") return "unclaimed";
    if (this.welcome?.state === "sealed") return "sealed";
    try {
      const view = await askOnce<SessionView | null>("GET", "/session");
      this.who = view ? { is: "paired", view } : { is: "local_owner" };
      return "in";
    } catch (thrown) {
      if (!(thrown instanceof Refused) || thrown.status === 0) throw thrown;
      return (await this.renew()) ? "in" : "unpaired";
    }
  }

  /** Many questions may meet the end of a session at once; one login serves them all. */
  private renew(): Promise<boolean> {
    this.renewing ??= this.logInAgain().finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  private async logInAgain(): Promise<boolean> {
    if (!this.login || !(await this.login.paired())) return this.turnedAway();
    try {
      this.who = { is: "paired", view: await this.login.logIn() };
      return true;
    } catch (thrown) {
      if (thrown instanceof Refused && thrown.status === 0) return false;
      return this.turnedAway();
    }
  }

  private turnedAway(): boolean {
    this.who = undefined;
    this.standing = "unpaired";
    return false;
  }
}

export const session = new Holder();
