// Words that many screens use, and how they are put into sentences.

import type { Alarm, Day, Reason, Role, Stage } from "../../api/types";

export const doorPhrase = (door: string): string =>
  /\b(door|gate|entrance|entry|garage|hatch)$/i.test(door) ? `the ${door}` : `the ${door} door`;

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const reasons: Record<Reason, string> = {
  wrong_code: "no code has these digits",
  malformed: "what was typed is no code",
  spent: "the code was used before",
  expired: "the code’s time is over",
  cancelled: "the code was taken back",
  paused: "the code is paused",
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

export const alarms: Record<Alarm, (door: string) => string> = {
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

export const stages: Record<Stage, string> = {
  arming: "Checking camera",
  unlocking: "Unlocking",
  unlocked: "Unlocked, nobody has opened yet",
  open: "The door is open",
  relocking: "Locking",
  jammed: "The bolt is stuck",
  unknown: "Nobody knows where the bolt is",
  secured: "Locked again",
};

export const days: Record<Day, string> = {
  mon: "Mon",
  tue: "Tue",
  wed: "Wed",
  thu: "Thu",
  fri: "Fri",
  sat: "Sat",
  sun: "Sun",
};

export const roles: Record<Role, string> = {
  owner: "Owner",
  resident: "Resident",
  viewer: "Viewer",
};

export const listed = (items: string[]): string =>
  items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;

export const plural = (count: number, one: string, many: string): string =>
  count === 1 ? one : `${count} ${many}`;
