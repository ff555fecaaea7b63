import { expect, test } from "vitest";

import type { Role, SessionView } from "../api/types";
import { meansOf, type Who } from "./who";

const paired = (role: Role): Who => ({ is: "paired", view: { role } as SessionView });

test("the owner at the hub's machine may do everything and is asked for no PIN", () => {
  expect(meansOf({ is: "local_owner" })).toEqual({
    role: "owner",
    letIn: true,
    pin: false,
    device: false,
    missed: false,
    askForKey: false,
  });
});

test("a paired device unlocks with its PIN, and one that may only look has none", () => {
  expect(meansOf(paired("resident"))).toMatchObject({ letIn: true, pin: true, device: true });
  expect(meansOf(paired("viewer"))).toMatchObject({ letIn: false, pin: false, device: true });
});

test("whoever is not known yet is offered nothing", () => {
  const means = meansOf(undefined);
  expect(means.role).toBe("viewer");
  expect(means.letIn).toBe(false);
});
