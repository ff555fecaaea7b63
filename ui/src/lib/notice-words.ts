// A piece of news as one line, and where it leads.

import type { Numbered } from "../api/types";
import type { IconName } from "../parts/Icon.svelte";
import { t } from "../texts";
import { outcomeWords, wentWell, whoIs } from "./people";
import { moment } from "./time";

export interface NoticeWords {
  icon: IconName;
  tone: "plain" | "good" | "warn" | "bad";
  title: string;
  more?: string;
  href?: string;
}

/**
 * Whether news may come up on a screen by itself. Of a duress code it may not: whoever forces somebody
 * may look over their shoulder. It stands where people go to read: in the notices and the history.
 */
export const mayComeUp = (notice: Numbered): boolean =>
  notice.news !== "alarm" || notice.alarm !== "duress";

export function noticeWords(notice: Numbered): NoticeWords {
  switch (notice.news) {
    case "alarm": {
      const door = notice.door ? t.doorPhrase(notice.door) : t.notices.house;
      const href = notice.entry ? { href: `/history/${notice.entry}` } : {};
      const title = t.alarms[notice.alarm](door);
      return { icon: "warn", tone: "bad", title, more: t.notices.bodies[notice.alarm], ...href };
    }
    case "bell":
      return { icon: "bell", tone: "plain", title: t.notices.bell(t.doorPhrase(notice.door)) };
    case "approval_wanted":
      return {
        icon: "guests",
        tone: "warn",
        title: t.notices.approval(t.doorPhrase(notice.door)),
        href: `/visit/${notice.entry}`,
      };
    case "arrived":
      return {
        icon: "parcel",
        tone: "good",
        title: t.notices.arrived(t.doorPhrase(notice.door)),
        href: `/history/${notice.entry}`,
      };
    case "trespass":
      return { icon: "shield", tone: "bad", title: t.notices.trespass(notice.device) };
    case "certificate_ends": {
      const title = t.notices.certificate(notice.device, moment(notice.until));
      return { icon: "key", tone: "warn", title };
    }
    case "entry_changed": {
      const { entry } = notice;
      const well = wentWell(entry.outcome);
      return {
        icon: well ? "check" : "cross",
        tone: well ? "good" : "bad",
        title: whoIs(entry.by),
        more: outcomeWords(entry),
        href: `/history/${entry.id}`,
      };
    }
    case "logged":
    case "door_changed":
    case "missed":
      return { icon: "info", tone: "plain", title: "" };
  }
}
