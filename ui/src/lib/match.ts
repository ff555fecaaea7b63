// Patterns of addresses: `/visit/:entry`.

export type Params = Record<string, string>;

/** Returns what stands at a pattern's names, or nothing if the path is another one. */
export function match(pattern: string, path: string): Params | undefined {
  const wanted = pattern.split("/");
  const given = path.replace(/(.)\/$/, "$1").split("/");
  if (wanted.length !== given.length) return undefined;
  const params: Params = {};
  for (const [at, name] of wanted.entries()) {
    const value = decoded(given[at] ?? "");
    if (value === undefined) return undefined;
    if (name.startsWith(":") && value !== "") params[name.slice(1)] = value;
    else if (name !== value) return undefined;
  }
  return params;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
