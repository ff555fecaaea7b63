// The language of the screens. A translation is another folder with the shapes of this one.

import { english } from "./en";

export type Texts = typeof english;

export const t: Texts = english;
