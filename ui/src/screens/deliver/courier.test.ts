import { expect, test } from "vitest";

import type { DoorView } from "../../api/types";
import type { Delivery } from "../../lib/codes";
import { liveIn } from "../../lib/time";
import { courierText } from "./courier";

liveIn("Europe/Berlin");

const delivery = (instructions: string | null, until = "2026-11-22T17:00:00Z"): Delivery => ({
  id: 12,
  doors: ["front"],
  issued_at: "2026-11-22T09:00:00Z",
  terms: {
    kind: "delivery",
    window: { from: "2026-11-22T13:00:00Z", until },
    carrier: "Parcel Post",
    reference: "0034",
    instructions,
  },
  state: "live",
});

const door = (recording: DoorView["policy"]["recording"]): DoorView => ({
  name: "front",
  lock: "front-lock",
  keypads: ["porch"],
  policy: { recording, approval: "none", relock_after_ms: 30_000 },
});

test("the courier reads the code, the door, the time, the place and that they are filmed", () => {
  expect(courierText(delivery("On the bench to the left"), "48210573", door("required"))).toBe(
    "Please type 4821 0573 on the keypad at the front door, on Sun 22 November between 14:00 and " +
      "18:00. On the bench to the left. Then pull the door shut until it locks. You are filmed " +
      "while the door is open.",
  );
});

test("the courier reads neither who lives there nor who sends it", () => {
  const text = courierText(delivery(null), "48210573", door("off"));
  expect(text).not.toMatch(/Parcel Post|0034|filmed/);
});

test("a window over midnight names both days", () => {
  const text = courierText(delivery(null, "2026-11-23T05:00:00Z"), "48210573", undefined);
  expect(text).toContain("between Sun 22 November 14:00 and Mon 23 November 06:00.");
});
