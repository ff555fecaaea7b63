// What the form for a guest begins with, what it makes, and a schedule in words.

import type { Day, DoorView, NewCode, Schedule } from "../api/types";
import { t } from "../texts";
import { shortDate } from "./time";

export interface GuestForm {
  name: string;
  doors: string[];
  days: Day[];
  from: string;
  until: string;
  hours: "some" | "all";
  dates: "always" | "some";
  first: string;
  last: string;
}

export const WEEK: Day[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const WEEKDAYS: Day[] = WEEK.slice(0, 5);
const WEEKEND: Day[] = WEEK.slice(5);

export type Kind = keyof typeof t.guests.kinds;

/** Where each kind of guest usually begins; everything can be changed. */
export const KINDS: Record<Kind, Pick<GuestForm, "days" | "from" | "until" | "hours">> = {
  family: { days: WEEK, from: "00:00", until: "00:00", hours: "all" },
  cleaner: { days: ["tue"], from: "09:00", until: "12:00", hours: "some" },
  walker: { days: WEEKDAYS, from: "11:00", until: "14:00", hours: "some" },
  cook: { days: WEEKDAYS, from: "10:00", until: "15:00", hours: "some" },
};

export const beginning = (doors: DoorView[]): GuestForm => ({
  name: "",
  doors: doors.length === 1 && doors[0] ? [doors[0].name] : [],
  ...KINDS.cleaner,
  days: [],
  dates: "always",
  first: "",
  last: "",
});

export type Wrong = Partial<Record<keyof GuestForm, string>>;

/** Reads the form; says at which line it is wrong. `today` is the day at home. */
export function read(form: GuestForm, today: string): { code: NewCode } | { wrong: Wrong } {
  const wrong: Wrong = {};
  if (form.name.trim() === "") wrong.name = t.guests.wrong.name;
  if (form.doors.length === 0) wrong.doors = t.guests.wrong.doors;
  if (form.days.length === 0) wrong.days = t.guests.wrong.days;
  if (form.hours === "some" && !isHour(form.from)) wrong.from = t.guests.wrong.hour;
  if (form.hours === "some" && !isHour(form.until)) wrong.until = t.guests.wrong.hour;
  const last = wrongDates(form, today);
  if (last) wrong.last = last;
  if (Object.keys(wrong).length > 0) return { wrong };
  return {
    code: {
      kind: "guest",
      name: form.name.trim(),
      doors: form.doors,
      schedule: schedule(form),
      uses: null,
    },
  };
}

function wrongDates({ dates, first, last }: GuestForm, today: string): string | undefined {
  if (dates === "always" || last === "") return undefined;
  if (last < today) return t.guests.wrong.past;
  return first !== "" && last < first ? t.guests.wrong.dates : undefined;
}

function schedule(form: GuestForm): Schedule {
  const between = form.dates === "some";
  return {
    days: WEEK.filter((day) => form.days.includes(day)),
    from: form.hours === "all" ? "00:00:00" : `${form.from}:00`,
    until: form.hours === "all" ? "00:00:00" : `${form.until}:00`,
    first: between && form.first !== "" ? form.first : null,
    last: between && form.last !== "" ? form.last : null,
  };
}

/** "Tue and Thu, 09:00–12:00", with its dates if it has any. */
export function scheduleWords({ days, from, until, first, last }: Schedule): string {
  const times =
    from === until ? t.guests.dayAndNight : t.guests.hours(from.slice(0, 5), until.slice(0, 5));
  const dates = datesWords(first ?? undefined, last ?? undefined);
  return [t.guests.when(daysWords(days), times), dates].filter(Boolean).join(", ");
}

function daysWords(days: Day[]): string {
  const same = (set: Day[]) => days.length === set.length && set.every((day) => days.includes(day));
  if (same(WEEK)) return t.guests.everyDay;
  if (same(WEEKDAYS)) return t.guests.weekdays;
  if (same(WEEKEND)) return t.guests.weekend;
  return t.listed(WEEK.filter((day) => days.includes(day)).map((day) => t.days[day]));
}

function datesWords(first: string | undefined, last: string | undefined): string {
  if (first && last) return t.guests.onDates(shortDate(first), shortDate(last));
  if (first) return t.guests.fromDate(shortDate(first));
  return last ? t.guests.untilDate(shortDate(last)) : "";
}

const isHour = (text: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
