import { readFileSync } from "node:fs";
import { encode } from "uqr";
import { describe, expect, it } from "vitest";
import { type IdentityLine, makeIdentity, NoIdentity, recipientOf } from "./household";
import { groups, matches, pickGroups, readSheet, rows, sheetText } from "./sheet";

const vector = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const line = vector("./vectors/identity.txt").trim() as IdentityLine;
const printed = vector("./vectors/recovery-sheet.txt");

const written = async () =>
  sheetText(
    {
      household: "Lindenallee 4",
      hub: "0123456789abcdef",
      made: new Date("2026-11-22T10:00:00Z"),
      recipient: await recipientOf(line),
      line,
    },
    encode(line, { ecc: "M", border: 0 }).data,
  );

describe("the sheet", () => {
  it("is, but for the picture of the code, the one that the command line writes", async () => {
    const words = (text: string) => text.split("\n").filter((row) => !/[█▀▄]/.test(row));
    expect(words(await written())).toEqual(words(printed));
  });

  it("has a code of the same size as the command line's", async () => {
    const picture = (text: string) => text.split("\n").filter((row) => /[█▀▄]/.test(row));
    expect(picture(await written()).length).toBe(picture(printed).length);
  });

  it("is read back, whole", async () => {
    expect(await readSheet(printed)).toBe(line);
    expect(await readSheet(await written())).toBe(line);
  });

  it("is read back from groups typed with spaces and line breaks, in small letters", async () => {
    const typed = rows(line)
      .map((row) => row.join(" "))
      .join("\n")
      .toLowerCase();
    expect(await readSheet(typed)).toBe(line);
  });

  it("with one mistyped letter is refused", async () => {
    const wrong = `${line.slice(0, 40)}${line[40] === "Q" ? "P" : "Q"}${line.slice(41)}`;
    await expect(readSheet(wrong)).rejects.toBeInstanceOf(NoIdentity);
  });

  it("that is another text is refused", async () => {
    await expect(readSheet("Dear neighbour")).rejects.toBeInstanceOf(NoIdentity);
    await expect(readSheet("")).rejects.toBeInstanceOf(NoIdentity);
  });
});

describe("proving the sheet", () => {
  it("asks for four different groups that not every sheet has", async () => {
    for (let round = 0; round < 50; round += 1) {
      const asked = pickGroups(await makeIdentity());
      const places = asked.map(({ row, place }) => (row - 1) * 8 + place - 1);
      expect(new Set(places).size).toBe(4);
      expect(places.every((at) => at >= 4 && at < 18)).toBe(true);
    }
  });

  it("takes the group and nothing else", () => {
    const group = groups(line)[9] ?? "";
    expect(matches(line, { row: 2, place: 2 }, ` ${group.toLowerCase()} `)).toBe(true);
    expect(matches(line, { row: 2, place: 3 }, group)).toBe(false);
    expect(matches(line, { row: 9, place: 1 }, "")).toBe(false);
  });
});
