import { expect, test } from "vitest";

import { match } from "./match";

test("a pattern's names are read off the path", () => {
  expect(match("/visit/:entry", "/visit/17")).toEqual({ entry: "17" });
  expect(match("/live/:camera", "/live/back%20yard")).toEqual({ camera: "back yard" });
  expect(match("/", "/")).toEqual({});
});

test("another path does not match", () => {
  expect(match("/visit/:entry", "/visit")).toBeUndefined();
  expect(match("/visit/:entry", "/visit/")).toBeUndefined();
  expect(match("/visit/:entry", "/guests/17")).toBeUndefined();
});

test("a slash at the end changes nothing", () => {
  expect(match("/guests", "/guests/")).toEqual({});
});

test("a path that is no text does not match", () => {
  expect(match("/live/:camera", "/live/%ff")).toBeUndefined();
});
