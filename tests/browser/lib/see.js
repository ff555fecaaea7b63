// What a person sees and does, by the words and roles that they meet. Every wait has a deadline.

/** Waits until something with these words is to be seen. */
export const sees = (page, words) =>
  page.getByText(words).filter({ visible: true }).first().waitFor({ state: "visible" });

export const heading = (page, name) =>
  page.getByRole("heading", { name }).filter({ visible: true }).first().waitFor();

export const press = (page, name) =>
  page.getByRole("button", { name }).filter({ visible: true }).first().click();

export const follow = (page, name) =>
  page.getByRole("link", { name }).filter({ visible: true }).first().click();

export const fill = (page, label, text) => page.getByLabel(label).fill(text);

/** Waits until a value that the page computes is as wished. */
export const until = (page, compute, argument) =>
  page.waitForFunction(compute, argument, { polling: "raf" });
