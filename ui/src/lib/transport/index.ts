// The one place that chooses how the hub is reached.

import { inWindow } from "../../desktop/program";
import { desktop } from "./desktop";
import type { Transport } from "./transport";
import { web } from "./web";

export { BASE, type Method, type Saved, type Wire, type WireEvents } from "./transport";

export const transport: Transport = inWindow ? desktop : web;
