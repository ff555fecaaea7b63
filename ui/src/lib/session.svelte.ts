// Who looks at this screen, and how they prove it.
//
// What a login is, is not known here: a device's keys are handed in as one `Login`. The desktop
// window needs none; the hub knows its user by other means.

import { askOnce, renewSessionWith } from "../api/client";
import { Refused } from "../api/problem";
import type { Role, SessionView, Welcome } from "../api/types";

/** What a paired device can do with its key. */
export interface Login {
  /** Whether this browser holds a paired device's key. */
  paired(): Promise<boolean>;
  /** Logs in with it. */
  logIn(): Promise<SessionView>;
  /** Proves one act, `POST /doors/…/unlock`, with the key and the device's PIN. */
  prove(method: string, path: string, pin: string): Promise<object>;
}

/** `unpaired`: this browser has no key, or one that the hub no longer takes. */
export type Standing = "starting" | "unclaimed" | "sealed" | "unpaired" | "in" | "unreachable";

class Holder {
  standing = $state<Standing>("starting");
  /** Absent in the desktop window, where the hub's own owner sits. */
  view = $state<SessionView>();
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

  /** What a role may not do is not offered; the hub refuses it in any case. */
  get role(): Role {
    return this.view?.role ?? "owner";
  }

  get mayLetIn(): boolean {
    return this.role !== "viewer";
  }

  /** Whether unlocking asks for the device's PIN: for everybody but the hub's own owner. */
  get asksPin(): boolean {
    return this.view !== undefined;
  }

  /** What an unlocking request carries; nothing in the desktop window. */
  async prove(method: string, path: string, pin: string): Promise<object | undefined> {
    return this.view && this.login ? this.login.prove(method, path, pin) : undefined;
  }

  private async stand(): Promise<Standing> {
    if (this.welcome?.state === "unclaimed") return "unclaimed";
    if (this.welcome?.state === "sealed") return "sealed";
    try {
      this.view = (await askOnce<SessionView | null>("GET", "/session")) ?? undefined;
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
      this.view = await this.login.logIn();
      return true;
    } catch (thrown) {
      if (thrown instanceof Refused && thrown.status === 0) return false;
      return this.turnedAway();
    }
  }

  private turnedAway(): boolean {
    this.view = undefined;
    this.standing = "unpaired";
    return false;
  }
}

export const session = new Holder();
