// The language of the screens. A translation is more files with the shapes of these.

import { en } from "./en";
import { history } from "./en-history";
import { settings } from "./en-settings";
import { trust } from "./en-trust";

const english = { ...en, ...history, ...trust, ...settings };

export type Texts = typeof english;

export const t: Texts = english;
