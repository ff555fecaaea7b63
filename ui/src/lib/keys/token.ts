/** Pairing tokens: from a link's fragment, or typed. */

/** Finds the token in `pair=TOKEN.CA`, in a whole link, or in a token by itself. */
export function tokenIn(text: string): string | undefined {
  const behind = text.trim().split("#").at(-1) ?? "";
  const value = behind.replace(/^(pair|setup)=/, "").split(".")[0] ?? "";
  return /^[A-Za-z0-9_-]{16,64}$/.test(value) ? value : undefined;
}

/** What this device may be called, until its person says otherwise. */
export function deviceKind(agent: string): "phone" | "tablet" | "computer" {
  if (/iPad|Tablet|Android(?!.*Mobile)/i.test(agent)) return "tablet";
  return /Mobi|iPhone|Android/i.test(agent) ? "phone" : "computer";
}
