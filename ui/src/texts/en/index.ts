// Every text that a person reads, in English. Sentences are whole: no screen glues words together.

import { shell } from "./shell";
import { door } from "./door";
import { home } from "./home";
import { deliver } from "./deliver";
import { visit } from "./visit";
import { guests } from "./guests";
import { notices } from "./notices";
import { video } from "./video";
import { history } from "./history";
import { settings } from "./settings";
import { people } from "./people";
import { hub } from "./hub";
import { setup } from "./setup";
import { backup } from "./backup";
import { key } from "./key";
import { alarm } from "./alarm";
import { desktop } from "./desktop";
import { doorPhrase, capital, reasons, alarms, stages, days, roles, listed, plural } from "./words";

export const english = {
  locale: "en-GB",
  language: "en",
  doorPhrase,
  capital,
  reasons,
  alarms,
  stages,
  days,
  roles,
  listed,
  plural,
  ...shell,
  ...door,
  ...home,
  ...deliver,
  ...visit,
  ...guests,
  ...notices,
  ...video,
  ...history,
  ...settings,
  ...people,
  ...hub,
  ...setup,
  ...backup,
  ...key,
  ...alarm,
  ...desktop,
};
