// Who looks at this screen, as the hub sees them, and what that lets the screen offer.

import type { Role, SessionView } from "../api/types";

export type Who =
  /** Sits at the hub's own machine. The hub knows them by the connection itself: there is no
      pairing, no session, no PIN and no device of theirs in any list. */
  | { is: "local_owner" }
  /** A person with a device that was paired, logged in with its key. */
  | { is: "paired"; view: SessionView };

/** What is offered. The hub refuses the rest in any case. */
export interface Means {
  role: Role;
  /** May let people in: unlock, give codes, stop a visit. */
  letIn: boolean;
  /** Unlocking asks for this device's PIN. */
  pin: boolean;
  /** Can log out, and is in the list of paired devices. */
  device: boolean;
  /** The hub keeps a list of what this device missed. */
  missed: boolean;
  /** Can ask the household's other devices for its key; whoever cannot has the recovery sheet. */
  askForKey: boolean;
}

const NOBODY: Means = {
  role: "viewer",
  letIn: false,
  pin: false,
  device: false,
  missed: false,
  askForKey: false,
};

const LOCAL_OWNER: Means = { ...NOBODY, role: "owner", letIn: true };

export function meansOf(who: Who | undefined): Means {
  switch (who?.is) {
    case undefined:
      return NOBODY;
    case "local_owner":
      return LOCAL_OWNER;
    case "paired": {
      const { role } = who.view;
      const letIn = role !== "viewer";
      return { role, letIn, pin: letIn, device: true, missed: true, askForKey: true };
    }
  }
}
