// The language of the screens. A translation is one more file with the shape of `en`.

import { en } from "./en";

export type Texts = typeof en;

export const t: Texts = en;
