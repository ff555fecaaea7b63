// Every text that a person reads, in English. Sentences are whole: no screen glues words together.

import type { Alarm, Day, Reason, Role, Stage } from "../api/types";

const doorPhrase = (door: string): string =>
  /\b(door|gate|entrance|entry|garage|hatch)$/i.test(door) ? `the ${door}` : `the ${door} door`;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const reasons: Record<Reason, string> = {
  wrong_code: "no code has these digits",
  malformed: "what was typed is no code",
  spent: "the code was used before",
  expired: "the code’s time is over",
  cancelled: "the code was taken back",
  too_early: "the code’s time has not come",
  outside_schedule: "it is not the code’s day or hour",
  wrong_door: "it is a code for another door",
  no_door: "the keypad belongs to no door",
  throttled: "the keypad rests after wrong tries",
  suspended: "couriers’ and guests’ codes rest after wrong tries",
  clock_untrusted: "the hub’s clock jumped and nobody has confirmed it",
  door_busy: "another visit was in progress",
  door_open: "the door was open already",
  no_camera: "the door has no camera and requires one",
  camera_unavailable: "the camera sent no picture",
  camera_frozen: "the camera’s picture does not move",
  camera_refused: "the camera refuses the hub’s password",
  camera_unjudged: "the picture could not be judged in time",
  not_approved: "nobody approved in time",
  blocked: "you stopped the visit",
  not_recorded: "the decision could not be written down",
  lock_unreachable: "the lock could not be reached",
  interrupted: "the hub stopped before it was decided",
};

const alarms: Record<Alarm, (door: string) => string> = {
  forced_open: (door) => `${capital(door)} was forced open`,
  held_open: (door) => `${capital(door)} has been open for too long`,
  jammed: (door) => `The bolt of ${door} is stuck`,
  lock_silent: (door) => `The lock of ${door} does not answer`,
  lock_unreachable: (door) => `The lock of ${door} could not be reached`,
  open_after_restart: (door) => `${capital(door)} was open when the hub came back`,
  contact_unknown: (door) => `Nobody knows whether ${door} is open`,
  wrong_code_limit: (door) => `Too many wrong codes at ${door}`,
  break_glass_used: (door) => `The emergency code was used at ${door}`,
  duress: (door) => `Somebody may be forced to open ${door}`,
  visit_stopped: (door) => `You stopped a visit that was already inside ${door}`,
  evidence_gap: (door) => `The camera was lost during a visit at ${door}`,
  storage_failed: () => "The hub cannot write things down",
  clock_stepped: () => "The hub’s clock jumped",
};

const stages: Record<Stage, string> = {
  arming: "Checking camera",
  unlocking: "Unlocking",
  unlocked: "Unlocked, nobody has opened yet",
  open: "The door is open",
  relocking: "Locking",
  jammed: "The bolt is stuck",
  unknown: "Nobody knows where the bolt is",
  secured: "Locked again",
};

const days: Record<Day, string> = {
  mon: "Mon",
  tue: "Tue",
  wed: "Wed",
  thu: "Thu",
  fri: "Fri",
  sat: "Sat",
  sun: "Sun",
};

const roles: Record<Role, string> = { owner: "Owner", resident: "Resident", viewer: "Viewer" };

const plural = (count: number, one: string, many: string): string =>
  count === 1 ? one : `${count} ${many}`;

export const en = {
  locale: "en-GB",
  language: "en",
  capital,
  doorPhrase,
  reasons,
  alarms,
  stages,
  days,
  roles,

  shell: {
    name: "Doorward",
    skip: "To the content",
    tabs: "Screens",
    home: "Home",
    deliveries: "Deliveries",
    guests: "Guests",
    history: "History",
    settings: "Settings",
    notices: "Notices",
    back: "Back",
    close: "Close",
    loading: "One moment…",
    notFound: "There is nothing at this address",
    notFoundBody: "The link may be old. Home shows how the house is.",
    toHome: "To Home",
    unreachable: "The hub cannot be reached",
    unreachableBody:
      "Are you in the home network, and is the hub running? Doorward has no way in from outside. This page goes on by itself as soon as the hub answers.",
    tryNow: "Try now",
    sealed: "The hub waits for its passphrase",
    sealedBody:
      "It has been restarted and holds no keys yet. The doors stay as they are and no code opens. On the hub’s machine, run “doorward unseal”.",
    failed: "This screen could not be loaded",
    failedBody: "The connection may have broken off in the middle. Nothing is lost.",
  },

  stale: {
    lost: (age: string) => `No connection to the hub. What you see is from ${age}.`,
    never: "Connecting to the hub…",
    why: "Not while the hub cannot be reached.",
    back: "Connected again. Everything is up to date.",
  },

  time: {
    justNow: "just now",
    ago: (span: string) => `${span} ago`,
    seconds: (n: number) => `${n} s`,
    minutes: (n: number) => `${n} min`,
    hours: (n: number) => `${n} h`,
    days: (n: number) => (n === 1 ? "1 day" : `${n} days`),
    today: "today",
    tomorrow: "tomorrow",
    yesterday: "yesterday",
  },

  problems: {
    unreachable: "The hub did not answer. Nothing was done; try again in a moment.",
    unclear: (status: number) => `The hub answered in a way this app does not know (${status}).`,
    here: "Something went wrong in this app. Reload the page; the hub is not affected.",
    byKind: {
      "/problems/signed-out": "This device is not logged in. Reload the page.",
      "/problems/timeout": "The hub took too long. Nothing was done; try again in a moment.",
      "/problems/sealed": "The hub waits for its passphrase and does nothing until it has it.",
      "/problems/not-recorded":
        "The hub could not write it down, so it was not done. Is its disk full?",
      "/problems/internal": "The hub failed. Its own log says more; nothing was done.",
    } as Record<string, string | undefined>,
  },

  door: {
    locked: (age: string) => `Locked. Reported ${age}.`,
    lockedNoAge: "Locked.",
    unlocked: (age: string) => `Unlocked and closed. Reported ${age}.`,
    unlockedNoContact: (age: string) => `Unlocked. Reported ${age}.`,
    open: (age: string) => `Open. Reported ${age}.`,
    openLocked: (age: string) => `Open, with its bolt out. Reported ${age}.`,
    moving: "The bolt is moving.",
    jammed: (age: string) => `The bolt is stuck. Reported ${age}. Look at the door.`,
    never: "Unknown: the lock has not reported since the hub started.",
    unknown: (age: string) => `Unknown: the lock has not said where its bolt is for ${age}.`,
    offline: (age: string) => `Unknown: the lock is not connected. Last heard ${age}.`,
    offlineNever: "Unknown: the lock is not connected.",
    contactGone: "Nobody knows whether the door is open: its contact is silent.",
    drawn: {
      locked: "drawn: closed, bolt out",
      unlocked: "drawn: closed, bolt in",
      open: "drawn: open",
      moving: "drawn: closed, bolt on its way",
      jammed: "drawn: bolt stuck half-way",
      unknown: "drawn in dashes, for nobody knows",
    },
  },

  camera: {
    live: "Camera sees the door",
    connecting: "Camera is being connected",
    unavailable: "Camera sends no picture",
    refused: "Camera refuses the hub’s password",
    frozen: "Camera’s picture does not move",
    unjudged: "Nobody could judge the camera’s picture",
    none: "No camera at this door",
  },

  who: {
    delivery: (label: string) => label,
    guest: (label: string) => label,
    breakGlass: "Somebody with the emergency code",
    duress: "Somebody",
    courier: "A courier",
    someGuest: "A guest",
    somebody: "Somebody",
    owner: "The owner, at the hub",
    hub: "The hub",
  },

  actions: {
    unlock: "Unlock…",
    lock: "Lock",
    lockNow: "Lock now",
    cancel: "Cancel",
    save: "Save",
    retry: "Try again",
    ok: "All right",
    copy: "Copy",
    copied: "Copied",
    share: "Share…",
    print: "Print",
    done: "Done",
  },

  steps: {
    done: "Done",
    running: "Now",
    ahead: "Next",
    failed: "Failed",
  },

  codes: {
    spoken: (digits: string) => `The code: ${digits}`,
  },

  plural,
};
