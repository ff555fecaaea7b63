/**
 * The recovery sheet as text: the same, letter by letter, as `doorward init` writes,
 * so that either side reads the other's. Reading one back, and proving that a printed
 * one is at hand.
 */

import { type IdentityLine, NoIdentity, parseIdentity } from "./household";

/** Letters per group, and groups per row: what an eye holds while it copies. */
const GROUP = 4;
const GROUPS_PER_ROW = 8;
/** The first groups are the same on every sheet. */
const SAME_ON_ALL = 4;
/** How many groups are asked for to prove that the sheet is at hand. */
const ASKED = 4;
/** The length of every X25519 identity line. */
const LINE_LENGTH = 74;
const MARK = "AGE-SECRET-KEY-1";

export interface Sheet {
  household: string;
  /** Absent where the hub has not told its name yet. */
  hub?: string;
  made: Date;
  recipient: string;
  line: IdentityLine;
}

/** A square picture; true is dark. */
export type Modules = boolean[][];

/** Returns the identity in groups of four. */
export function groups(line: string): string[] {
  return line.match(new RegExp(`.{1,${GROUP}}`, "g")) ?? [];
}

/** Returns the identity in rows of groups, as they stand on the sheet. */
export function rows(line: string): string[][] {
  const all = groups(line);
  const count = Math.ceil(all.length / GROUPS_PER_ROW);
  return Array.from({ length: count }, (_, row) =>
    all.slice(row * GROUPS_PER_ROW, (row + 1) * GROUPS_PER_ROW),
  );
}

/** Writes the sheet out, identity and all. */
export function sheetText(sheet: Sheet, code: Modules): string {
  return [
    heading(sheet),
    "The household identity, in groups of four to copy and compare:\n",
    `${rows(sheet.line).map(row).join("\n")}\n`,
    `The same in one line:\n\n  ${sheet.line}\n`,
    `The same as a QR code:\n\n${halfBlocks(code)}`,
    uses(sheet.recipient),
  ].join("\n");
}

const row = (groups: string[]) => groups.map((group) => `  ${group}`).join("");

function heading({ household, hub, made, recipient }: Sheet): string {
  const when = made.toISOString().slice(0, 16).replace("T", " ");
  return `DOORWARD RECOVERY SHEET
=======================

Household   ${household}
${hub === undefined ? "" : `Hub         ${hub}\n`}Made        ${when} UTC
Recipient   ${recipient}

Keep this sheet like a passport: on paper, away from the hub. It exists once;
neither the hub nor anybody else can make it again.
`;
}

function uses(recipient: string): string {
  return `What it opens
- The recordings of this household, and its backups.

What it does not do
- By itself it opens no door and issues no codes. With a backup of the hub it is
  the hub, keys and all: keep the two apart.
- It does not unlock the hub: that takes the passphrase, keyring or credential
  chosen at setup. A forgotten passphrase cannot be read off this sheet.
- It does not help against itself: whoever has a copy can watch the recordings.

How to use it
1. Type or scan the one line above into a file, say household.txt, and compare
   it with the groups. \`age-keygen -y household.txt\` must print
   ${recipient}
2. With Doorward:
     doorward recording export ID --identity household.txt --out clip.mp4
     doorward restore --from FILE --identity household.txt --state DIR
3. With the stock age program (https://age-encryption.org), for any file that
   was sealed to this household:
     age -d -i household.txt FILE.age > FILE
   A recording has an identity of its own, sealed to this household. Opened
   like this, it opens that recording's segments in turn.
4. Remove household.txt when done.
`;
}

/** Draws modules with a margin of four, two rows to a line of text. */
export function halfBlocks(code: Modules): string {
  const MARGIN = 4;
  const side = code.length + 2 * MARGIN;
  const dark = (x: number, y: number) => code[y - MARGIN]?.[x - MARGIN] ?? false;
  const letter = (x: number, y: number) => {
    const [top, bottom] = [dark(x, y), dark(x, y + 1)];
    return top ? (bottom ? "█" : "▀") : bottom ? "▄" : " ";
  };
  const span = Array.from({ length: side }, (_, at) => at);
  const lines = span.filter((y) => y % 2 === 0);
  return lines.map((y) => `${span.map((x) => letter(x, y)).join("")}\n`).join("");
}

/**
 * Finds the identity in a sheet, a key file, or what somebody typed: one line, or
 * groups with spaces between them.
 */
export async function readSheet(text: string): Promise<IdentityLine> {
  const whole = text.split("\n").map((line) => line.trim().toUpperCase());
  const line = whole.find((line) => line.startsWith(MARK) && line.length >= LINE_LENGTH);
  if (line !== undefined) return parseIdentity(line);
  const joined = text.toUpperCase().replaceAll(/\s/g, "");
  const at = joined.indexOf(MARK);
  if (at < 0) throw new NoIdentity("no identity line");
  return parseIdentity(joined.slice(at, at + LINE_LENGTH));
}

/** One group that the owner is asked to read off the sheet; both count from 1. */
export interface Asked {
  row: number;
  place: number;
}

/** Picks groups that differ from sheet to sheet, in the order in which they stand. */
export function pickGroups(line: string): Asked[] {
  const full = groups(line).flatMap((group, at) =>
    group.length === GROUP && at >= SAME_ON_ALL ? [at] : [],
  );
  const picked = new Set<number>();
  while (picked.size < Math.min(ASKED, full.length)) {
    const at = full[crypto.getRandomValues(new Uint32Array(1))[0]! % full.length];
    if (at !== undefined) picked.add(at);
  }
  const place = (at: number) => ({
    row: Math.floor(at / GROUPS_PER_ROW) + 1,
    place: (at % GROUPS_PER_ROW) + 1,
  });
  return [...picked].sort((a, b) => a - b).map(place);
}

/** Says whether a typed group is the one on the sheet. */
export function matches(line: string, { row, place }: Asked, typed: string): boolean {
  const group = rows(line)[row - 1]?.[place - 1];
  return group !== undefined && typed.trim().toUpperCase() === group;
}
