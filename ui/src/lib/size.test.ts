import { expect, it } from "vitest";
import { size } from "./size";

it("is told in the unit that people would use", () => {
  const told = [0, 850, 3_200_000, 120_000_000_000, 5e15].map(size);
  expect(told).toEqual(["0 B", "850 B", "3.2 MB", "120 GB", "5000 TB"]);
});
