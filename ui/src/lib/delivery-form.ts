// What the form for a delivery begins with, and what it makes.

import type { CodeView, DoorView, NewCode } from "../api/types";
import { t } from "../texts";
import { isDelivery } from "./codes";
import { atHome, dateOf, hour } from "./time";

export interface DeliveryForm {
  door: string;
  carrier: string;
  reference: string;
  date: string;
  from: string;
  until: string;
  instructions: string;
}

/** The hub takes no longer windows than this. */
const LONGEST_MS = 24 * 3_600_000;
/** Couriers come until the evening; after this hour a delivery is one for tomorrow. */
const LAST_HOUR_TODAY = "19:00";
const EVENING = "20:00";
const MORNING = "08:00";

/** Today from now until the evening; in the evening, tomorrow. */
export function defaults(now: Date, doors: DoorView[], codes: CodeView[]): DeliveryForm {
  const last = codes.filter(isDelivery).sort((a, b) => b.id - a.id)[0];
  const known = doors.some(({ name }) => name === last?.doors[0]);
  const withKeypad = doors.find(({ keypads }) => keypads.length > 0) ?? doors[0];
  const today = hour(now) < LAST_HOUR_TODAY;
  return {
    door: (known ? last?.doors[0] : withKeypad?.name) ?? "",
    carrier: "",
    reference: "",
    date: today ? dateOf(now) : dayAfter(dateOf(now)),
    from: today && hour(now) > MORNING ? quarter(hour(now)) : MORNING,
    until: EVENING,
    instructions: last?.terms.instructions ?? "",
  };
}

export function fromCode(code: CodeView): DeliveryForm | undefined {
  if (!isDelivery(code)) return undefined;
  const { window, carrier, reference, instructions } = code.terms;
  return {
    door: code.doors[0] ?? "",
    carrier: carrier ?? "",
    reference: reference ?? "",
    date: dateOf(window.from),
    from: hour(window.from),
    until: hour(window.until),
    instructions: instructions ?? "",
  };
}

export type Wrong = Partial<Record<keyof DeliveryForm, string>>;

/** Reads the form; says at which line it is wrong. */
export function read(form: DeliveryForm, now: Date): { code: NewCode } | { wrong: Wrong } {
  const wrong: Wrong = {};
  if (form.door === "") wrong.door = t.deliver.wrong.door;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(form.date)) wrong.date = t.deliver.wrong.date;
  if (!isHour(form.from)) wrong.from = t.deliver.wrong.hour;
  if (!isHour(form.until)) wrong.until = t.deliver.wrong.hour;
  if (Object.keys(wrong).length > 0) return { wrong };

  const from = atHome(form.date, form.from);
  const overnight = form.until <= form.from;
  const until = atHome(overnight ? dayAfter(form.date) : form.date, form.until);
  if (until <= now) return { wrong: { until: t.deliver.wrong.past } };
  if (until.getTime() - from.getTime() > LONGEST_MS) {
    return { wrong: { until: t.deliver.wrong.long } };
  }
  const window = { from: from.toISOString(), until: until.toISOString() };
  return {
    code: {
      kind: "delivery",
      door: form.door,
      window,
      carrier: written(form.carrier),
      reference: written(form.reference),
      instructions: written(form.instructions),
    },
  };
}

/** The day after a calendar day. */
export function dayAfter(date: string): string {
  const next = new Date(`${date}T12:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}

/** The carriers that were named lately, each once, the newest first. */
export function lateCarriers(codes: CodeView[], most: number): string[] {
  const named = codes
    .filter(isDelivery)
    .sort((a, b) => b.id - a.id)
    .map(({ terms }) => terms.carrier?.trim() ?? "");
  return [...new Set(named)].filter((name) => name !== "").slice(0, most);
}

const isHour = (text: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$/.test(text);

const written = (text: string): string | null => (text.trim() === "" ? null : text.trim());

const quarter = (time: string): string => {
  const [hours, minutes] = time.split(":");
  return `${hours}:${String(Math.floor(Number(minutes) / 15) * 15).padStart(2, "0")}`;
};
