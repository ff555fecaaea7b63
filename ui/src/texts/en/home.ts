// What people read of Home, and of unlocking there.

import { capital } from "./words";

export const home = {
  home: {
    quiet: "All is quiet",
    inside: "Somebody is at the door",
    trouble: (n: number) => `${n === 1 ? "One thing needs" : `${n} things need`} a look`,
    unsure: "Not everything is known",
    noDoors: "There is no door yet",
    noDoorsBody:
      "Enrol a lock and describe its door on the hub’s machine, with “doorward door add”.",
    watch: "Look",
    expected: "Expected",
    nobodyExpected: "No delivery is expected.",
    expect: "Expect a delivery",
    allDeliveries: "All",
    lately: "Lately",
    nothingYet: "Nobody has come yet. Visits will be listed here.",
    allVisits: "All",
    trouble_heading: "Needs a look",
    missed: (n: number) =>
      n === 1 ? "1 notice since you last looked" : `${n} notices since you last looked`,
    nothingLeaves: "Nothing leaves this house: the hub connects inside the home network only.",
    checkIt: "Check it yourself",
    witnessed: (moment: string) => `Log witnessed by this household up to ${moment}.`,
    notWitnessed: "No phone has witnessed the log yet.",
    live: "Live",
    wantsLock: (door: string) => `Lock ${door}`,
    locking: "The lock has been told. It is locked when the lock says so.",
    lockLater: "The door is open. It locks as soon as it closes.",
    viewer: "You may look, not unlock. An owner can change that.",
  },

  unlock: {
    title: (door: string) => `Unlock ${door}?`,
    body: (after: string) =>
      `The bolt goes in at once. If nobody opens the door, it locks again after ${after}.`,
    filmed:
      "The camera films until it is locked again. If it cannot, the door opens for you all the same, and the gap is written down.",
    pin: "Your PIN for this device",
    pinHint: "Six digits or more, as you chose them when this device was paired.",
    pinShort: "A PIN has at least six digits.",
    passkey: "This device asks you who you are: with your finger, your face or its own code.",
    byPin: "Use the PIN instead",
    notVerified: "This device did not verify you. Try again, or use the PIN.",
    yes: (door: string) => `Unlock ${door}`,
  },

  trouble: {
    clock: "The hub’s clock jumped. Couriers’ and guests’ codes rest until you confirm the time.",
    clockNow: (moment: string) => `The hub shows ${moment}. Is that right?`,
    clockYes: "The time is right",
    ownClock: (span: string) =>
      `This device’s clock and the hub’s differ by ${span}. Codes open by the hub’s, and this app shows it.`,
    storage: "The hub cannot write to its disk. No code opens until it can.",
    disk: (free: string) => `The hub’s disk is nearly full: ${free} left.`,
    camera: (name: string, words: string) =>
      `${capital(name)}: ${words.charAt(0).toLowerCase()}${words.slice(1)}.`,
    keypadLocked: (name: string, span: string) =>
      `${capital(name)} takes no code for ${span}, after wrong tries.`,
    keypadSuspended: (name: string, span: string) =>
      `At ${name} couriers’ and guests’ codes rest for ${span}, after wrong tries.`,
    keypadOffline: (name: string) =>
      `${capital(name)} is not connected: no code can be typed there.`,
  },
};
