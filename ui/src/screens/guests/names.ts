// What a code that is not a delivery's is called.

import type { CodeView } from "../../api/types";
import { house } from "../../lib/house.svelte";
import { t } from "../../texts";

export function nameOf(code: CodeView): string {
  const { terms } = code;
  switch (terms.kind) {
    case "guest":
      return terms.name ?? t.guests.nameless;
    case "break_glass":
      return t.guests.breakGlassName(t.listed(code.doors.map(t.doorPhrase)));
    case "duress": {
      const other = house.codes.find(({ id }) => id === terms.resembles);
      return t.guests.duressName(other ? nameOf(other) : t.guests.nameless);
    }
    case "delivery":
      return t.deliver.unnamed;
  }
}
