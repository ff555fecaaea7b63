// Ages and moments, in words. All of it is told in the home's time zone, so that a phone abroad and
// the keypad mean the same hour.

import { t } from "../texts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let zone: string | undefined;

/** Sets the home's time zone; the phone's own until the hub has said it. */
export function liveIn(timeZone: string): void {
  try {
    new Intl.DateTimeFormat(t.locale, { timeZone });
    zone = timeZone;
  } catch {
    // A zone that this browser does not know: its own is the better guess.
    zone = undefined;
  }
}

/** "just now", "8 s ago", "3 min ago", "2 h ago", "4 days ago". */
export function ago(ms: number): string {
  return ms < 2 * SECOND ? t.time.justNow : t.time.ago(span(ms));
}

/** A length of time in one unit: "8 s", "3 min", "2 h", "4 days". */
export function span(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < MINUTE) return t.time.seconds(Math.floor(whole / SECOND));
  if (whole < HOUR) return t.time.minutes(Math.floor(whole / MINUTE));
  if (whole < 2 * DAY) return t.time.hours(Math.floor(whole / HOUR));
  return t.time.days(Math.floor(whole / DAY));
}

/** Time that is left, as people say it: "5 min", and in the last minute "40 s". */
export function roughly(ms: number): string {
  return ms < MINUTE ? span(ms) : t.time.minutes(Math.round(ms / MINUTE));
}

/** A countdown: "0:41", "12:05". */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** "14:02". */
export const hour = (at: Date | string): string =>
  format(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** "14:02:07". */
export const second = (at: Date | string): string =>
  format(at, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** "today", "tomorrow", "yesterday", "Tue", or "24 Nov". */
export function day(at: Date | string, now = new Date()): string {
  const away = Math.round((midnight(at) - midnight(now)) / DAY);
  if (away === 0) return t.time.today;
  if (away === 1) return t.time.tomorrow;
  if (away === -1) return t.time.yesterday;
  if (Math.abs(away) < 7) return format(at, { weekday: "short" });
  return format(at, { day: "numeric", month: "short" });
}

/** "Sun 22 November": for what is read on another day. */
export const fullDate = (at: Date | string): string =>
  format(at, { weekday: "short", day: "numeric", month: "long" }).replace(",", "");

/** "23 Feb 2029": for what is years away. */
export const farDate = (at: Date | string): string =>
  format(at, { day: "numeric", month: "short", year: "numeric" });

/** A calendar day, "2026-11-24", as "24 Nov". */
export const shortDate = (date: string): string =>
  new Intl.DateTimeFormat(t.locale, { timeZone: "UTC", day: "numeric", month: "short" }).format(
    new Date(`${date}T00:00:00Z`),
  );

/** "today 14:02", "Tue 11:20". */
export const moment = (at: Date | string, now = new Date()): string =>
  `${day(at, now)} ${hour(at)}`;

/** "today 14:00–18:00", or both days where they differ. */
export function window(from: string, until: string, now = new Date()): string {
  if (endsAtMidnight(from, until)) return `${moment(from, now)}–24:00`;
  const sameDay = dateOf(from) === dateOf(until);
  return `${moment(from, now)}–${sameDay ? hour(until) : moment(until, now)}`;
}

/** The calendar day at home: "2026-11-24". */
export const dateOf = (at: Date | string): string => shown(new Date(at)).date;

/**
 * The moment at which clocks at home show this day ("2026-11-24") and hour ("14:00"). An hour that
 * clocks skip is taken as the one after it; of an hour that comes twice, the first.
 */
export function atHome(date: string, time: string): Date {
  const wished = Date.parse(`${date}T${time.slice(0, 5)}:00Z`);
  const guesses = [wished - offset(wished - 12 * HOUR), wished - offset(wished + 12 * HOUR)];
  const exact = guesses.filter((guess) => guess + offset(guess) === wished);
  return new Date(exact.length > 0 ? Math.min(...exact) : Math.max(...guesses));
}

/** How far clocks at home are ahead of UTC at a moment. */
function offset(at: number): number {
  const { date, time } = shown(new Date(at));
  return Date.parse(`${date}T${time}Z`) - Math.floor(at / SECOND) * SECOND;
}

/**
 * What calendars and clocks at home show: "2026-11-24", "14:02:07". Put together from parts, because
 * engines do not agree in which order a language has them.
 */
function shown(at: Date): { date: string; time: string } {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "00";
  return {
    date: `${part("year")}-${part("month")}-${part("day")}`,
    time: `${part("hour")}:${part("minute")}:${part("second")}`,
  };
}

const midnight = (at: Date | string): number => Date.parse(`${dateOf(at)}T00:00Z`);

const endsAtMidnight = (from: string, until: string): boolean =>
  hour(until) === "00:00" && midnight(until) - midnight(from) === DAY;

const format = (at: Date | string, as: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(t.locale, { timeZone: zone, ...as }).format(new Date(at));
