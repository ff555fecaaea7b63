import { expect, test } from "vitest";

import { beginning, KINDS, read, scheduleWords, WEEK, type GuestForm } from "./guest-form";

const form = (change: Partial<GuestForm>): GuestForm => ({
  ...beginning([]),
  name: " Anna ",
  doors: ["front"],
  days: ["thu", "tue"],
  ...change,
});

const TODAY = "2026-11-22";

test("a filled form makes a code with its days in order", () => {
  expect(read(form({}), TODAY)).toEqual({
    code: {
      kind: "guest",
      name: "Anna",
      doors: ["front"],
      schedule: {
        days: ["tue", "thu"],
        from: "09:00:00",
        until: "12:00:00",
        first: null,
        last: null,
      },
      uses: null,
    },
  });
});

test("day and night is from midnight to midnight", () => {
  expect(read(form({ ...KINDS.family }), TODAY)).toMatchObject({
    code: { schedule: { days: WEEK, from: "00:00:00", until: "00:00:00" } },
  });
});

test("a form that cannot be meant says at which line", () => {
  const wrongs: [Partial<GuestForm>, string][] = [
    [{ name: " " }, "name"],
    [{ doors: [] }, "doors"],
    [{ days: [] }, "days"],
    [{ from: "9" }, "from"],
    [{ dates: "some", first: "2026-12-02", last: "2026-12-01" }, "last"],
    [{ dates: "some", last: "2026-11-21" }, "last"],
  ];
  for (const [change, line] of wrongs) {
    const answer = read(form(change), TODAY);
    expect("wrong" in answer && Object.keys(answer.wrong)).toEqual([line]);
  }
});

test("dates that were filled in and then given up are left out", () => {
  expect(read(form({ dates: "always", last: "2020-01-01" }), TODAY)).toMatchObject({
    code: { schedule: { first: null, last: null } },
  });
});

test("a schedule is told in words", () => {
  const hours = { from: "09:00:00", until: "12:00:00" };
  expect(scheduleWords({ days: ["thu", "tue"], ...hours })).toBe("Tue and Thu, 09:00–12:00");
  expect(scheduleWords({ days: WEEK, from: "00:00:00", until: "00:00:00" })).toBe(
    "every day, at any hour",
  );
  expect(
    scheduleWords({ days: ["sat", "sun"], ...hours, first: "2026-12-01", last: "2026-12-24" }),
  ).toBe("weekends, 09:00–12:00, 1 Dec to 24 Dec");
});
