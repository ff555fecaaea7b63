// What people read of notices.

import type { Alarm } from "../../api/types";

export const notices = {
  notices: {
    title: "Notices",
    empty: "Nothing you have not seen",
    emptyBody: "Alarms, rings and visits are listed here until you say that you have seen them.",
    seen: "I have seen them all",
    honest: "When this app is closed",
    honestBody:
      "Doorward sends nothing through Apple, Google or anybody else, so it cannot wake a phone whose app is closed. Notices reach open apps at once; all others wait here. For a sound at any time, keep the app open on a device at home.",
    incomplete: "The list of what you missed could not be read. What arrives from now on is shown.",
    house: "the house",
    arrived: (door: string) => `Somebody was let in at ${door}`,
    bell: (door: string) => `Somebody rang at ${door}`,
    approval: (door: string) => `Somebody waited for your leave at ${door}`,
    trespass: (device: string) => `${device} tried what it may not`,
    certificate: (device: string, until: string) => `The certificate of ${device} ends on ${until}`,
    look: "Look",
    dismiss: "Dismiss",
    bodies: {
      forced_open: "It opened although its bolt was out and nobody had leave. Look at the picture.",
      held_open: "It locks as soon as it is closed.",
      jammed:
        "The lock tried to throw its bolt and could not. Look at the door; it may not be locked.",
      lock_silent: "It is unknown whether the door is locked. Is the lock’s battery empty?",
      lock_unreachable: "It is unknown whether the door is locked. Is the lock connected?",
      open_after_restart: "The hub was away meanwhile. It locks as soon as the door is closed.",
      contact_unknown: "Its contact says nothing. The bolt is not moved before that is known.",
      wrong_code_limit: "Couriers’ and guests’ codes rest there for a day, or until you lift it.",
      break_glass_used: "It works at any time and always tells everybody.",
      duress:
        "A duress code was typed. The door behaves as if nothing were wrong. Do not call out; get help.",
      visit_stopped: "The door locks as soon as it is closed.",
      evidence_gap: "A part of the visit is not recorded. The log says when.",
      storage_failed: "Nothing unlocks until it can. Is the disk full?",
      clock_stepped: "Couriers’ and guests’ codes rest until you confirm the time.",
    } as Record<Alarm, string>,
  },
};
