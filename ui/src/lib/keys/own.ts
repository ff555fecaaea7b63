/** What this browser keeps of its own: opened once, used by every screen. */

import { browserKeep } from "./keep";
import { keyLogin } from "./login";

export const keep = browserKeep();
export const login = keyLogin(keep);
