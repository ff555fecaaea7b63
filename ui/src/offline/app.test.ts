import { expect, test } from "vitest";

import { app } from "./app.svelte";

test("an app is outdated once the hub has become another version, and not for being away", () => {
  app.met("0.1.0");
  app.met("0.1.0");
  expect(app.outdated).toBe(false);
  app.met("0.2.0");
  expect(app.outdated).toBe(true);
});
