// Codes as lists show them: which are still ahead, which are over, and how they ended.

import type { CodeTerms, CodeView, EntryView } from "../api/types";

export type Delivery = CodeView & { terms: Extract<CodeTerms, { kind: "delivery" }> };
export type Guest = CodeView & { terms: Extract<CodeTerms, { kind: "guest" }> };

export const isDelivery = (code: CodeView): code is Delivery => code.terms.kind === "delivery";
export const isGuest = (code: CodeView): code is Guest => code.terms.kind === "guest";

/** How a delivery stands, by the hub's word and the time: the hub marks an end when it next looks. */
export type Standing = "ahead" | "open" | "used" | "missed" | "cancelled";

export function standing(code: Delivery, now: Date): Standing {
  if (code.state === "spent") return "used";
  if (code.state === "cancelled") return "cancelled";
  if (code.state === "expired" || now >= new Date(code.terms.window.until)) return "missed";
  return now < new Date(code.terms.window.from) ? "ahead" : "open";
}

/** Whether a code opens, or will again. */
export function stillOn({ state }: CodeView): boolean {
  switch (state) {
    case "waiting":
    case "live":
    case "paused":
      return true;
    case "spent":
    case "expired":
    case "cancelled":
      return false;
  }
}

/** Guests' and emergency codes can be paused; what resembles one follows it. */
export const canPause = ({ terms }: CodeView): boolean =>
  terms.kind === "guest" || terms.kind === "break_glass";

/** Deliveries that may still come, the next one first. */
export function expected(codes: CodeView[], now: Date): Delivery[] {
  return codes
    .filter(isDelivery)
    .filter((code) => ["ahead", "open"].includes(standing(code, now)))
    .sort((a, b) => a.terms.window.from.localeCompare(b.terms.window.from));
}

/** Deliveries that are over, the newest first. */
export function over(codes: CodeView[], now: Date): Delivery[] {
  return codes
    .filter(isDelivery)
    .filter((code) => !["ahead", "open"].includes(standing(code, now)))
    .sort((a, b) => b.terms.window.until.localeCompare(a.terms.window.until));
}

/** The visit for which a code was used, if it is among these. */
export const visitOf = (code: CodeView, entries: EntryView[]): EntryView | undefined =>
  entries.find(
    ({ by, outcome }) => by.who === "code" && by.code === code.id && outcome?.result !== "denied",
  );

/** "DHL 0034", "DHL", or nothing where the owner wrote nothing or has erased it. */
export function deliveryName({ terms }: Delivery): string | undefined {
  const name = [terms.carrier, terms.reference].filter(Boolean).join(" ");
  return name === "" ? undefined : name;
}
