// The other side of the conversation: what happens in the house happens there, on our wish.
//
// One line of JSON each way. What is printed without being a wish is for people.

import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin });
const waiting = new Map();
let number = 0;

/** What this run was told before anything else. */
export const opening = new Promise((tell) => {
  lines.on("line", (line) => {
    const said = JSON.parse(line);
    if (said.id === undefined) return tell(said);
    const { resolve, reject } = waiting.get(said.id);
    waiting.delete(said.id);
    if ("failed" in said) reject(new Error(`the house: ${said.failed}`));
    else resolve(said.done);
  });
});

function wish(what) {
  number += 1;
  process.stdout.write(`${JSON.stringify({ id: number, ...what })}\n`);
  return new Promise((resolve, reject) => waiting.set(number, { resolve, reject }));
}

/** Prints a line for whoever watches the test. */
export function say(line) {
  process.stdout.write(`  browser: ${line}\n`);
}

export const house = {
  furnish: () => wish({ wish: "furnish" }),
  /** @returns {Promise<"accepted" | "refused">} */
  type: (code) => wish({ wish: "type", code }),
  /** In the words of the demonstration: `open`, `lock jammed`, `visitor careless`. */
  order: (order) => wish({ wish: "order", order }),
  /** Runs the command line, whatever comes of it. */
  doorward: (...words) => wish({ wish: "doorward", words }),
  /** @param {"live" | "frozen" | "stalled" | "deaf" | "patchy"} condition */
  camera: (condition) => wish({ wish: "camera", condition }),
  kill: () => wish({ wish: "kill" }),
  return: () => wish({ wish: "return" }),
  /** Adds a camera that shows the time of day, called "clock". @param {"off" | "recorded"} sound */
  addClock: (sound) => wish({ wish: "add_clock", sound }),
  /** When the door's parts moved since this was asked last, in milliseconds of the Unix epoch. */
  moved: () => wish({ wish: "moved" }),
  /** Takes one segment from the middle of a recording off the hub's disk. */
  losePart: (recording) => wish({ wish: "lose_part", recording }),
  /** Leaves no room on the hub's disk. @returns {Promise<boolean>} whether this stage can */
  fillDisk: () => wish({ wish: "fill_disk" }),
  freeDisk: () => wish({ wish: "free_disk" }),
  /** Keeps a figure, whose middle sample should be at most `aim`. @param {"ms" | "kB"} unit */
  note: (name, unit, samples, aim) => wish({ wish: "note", name, unit, samples, aim }),
  close: () => lines.close(),
};

/** Runs the command line, which must do what it is told; returns what it printed. */
export async function doorward(...words) {
  const { code, stdout, stderr } = await house.doorward(...words);
  if (code !== 0) throw new Error(`doorward ${words[0]} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}
