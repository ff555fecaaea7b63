// What an onlooker sees, in a sentence.

import type { Sight } from "./stand.svelte";

export function sightWords(sight: Sight): string {
  if (sight.hub) return sight.hub;
  const device = sight.device ?? "";
  switch (sight.seen) {
    case "up":
      return `${device} is connected`;
    case "down":
      return `${device} is not connected`;
    case "typed":
      return "somebody types a code";
    case "rang":
      return "somebody rings";
    case "answered":
      return sight.answer === "accepted" ? "the keypad shows green" : "the keypad shows red";
    case "countdown":
      return sight.countdown_s
        ? `the keypad counts down from ${sight.countdown_s} s`
        : "the keypad falls quiet";
    case "commanded":
      return sight.turn === "retract" ? "the lock is told to unlock" : "the lock is told to lock";
    case "unheeded":
      return `the lock does not heed a command: ${sight.why}`;
    case "bolt":
      return `the bolt is ${sight.bolt === "moving" ? "on its way" : sight.bolt}`;
    case "leaf":
      return sight.leaf === "open" ? "the door is open" : "the door is closed";
    case "thrown-on-open-leaf":
      return "the bolt is thrown on an open door";
    default:
      return "something unclear is said";
  }
}
