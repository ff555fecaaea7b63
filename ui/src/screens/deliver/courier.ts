// The words that a courier reads. They name neither the household nor whether anybody is at home, and
// the day by its date, for they may be read tomorrow.

import type { DoorView } from "../../api/types";
import type { Delivery } from "../../lib/codes";
import { dateOf, fullDate, hour } from "../../lib/time";
import { t } from "../../texts";

export function courierText(
  delivery: Delivery,
  digits: string,
  door: DoorView | undefined,
): string {
  const { window, instructions } = delivery.terms;
  return t.deliver.courier(
    `${digits.slice(0, 4)} ${digits.slice(4)}`,
    t.doorPhrase(delivery.doors[0] ?? ""),
    when(window.from, window.until),
    instructions?.trim() ?? "",
    door !== undefined && door.policy.recording !== "off",
  );
}

function when(from: string, until: string): string {
  if (dateOf(from) === dateOf(until)) {
    return t.deliver.courierWhen(fullDate(from), hour(from), hour(until));
  }
  const across = (at: string) => `${fullDate(at)} ${hour(at)}`;
  return t.deliver.courierWhenAcross(across(from), across(until));
}
