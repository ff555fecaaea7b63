// The one place that chooses how the hub is reached.

import type { Transport } from "./transport";
import { web } from "./web";

export { BASE, type Method, type Wire, type WireEvents } from "./transport";

export const transport: Transport = web;
