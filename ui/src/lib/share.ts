// Handing a text to somebody, by whatever this device has. The text goes to the app that the person
// picks and nowhere else.

export type Shared = "shared" | "cancelled" | "impossible";

/** Opens the share sheet. */
export async function share(text: string, files: File[] = []): Promise<Shared> {
  const wish: ShareData = files.length > 0 ? { text, files } : { text };
  if (!navigator.share || (navigator.canShare && !navigator.canShare(wish))) return "impossible";
  try {
    await navigator.share(wish);
    return "shared";
  } catch (thrown) {
    const closed = thrown instanceof DOMException && thrown.name === "AbortError";
    return closed ? "cancelled" : "impossible";
  }
}

export const canShare = (): boolean => typeof navigator.share === "function";

/** Opens the messages app with a text; `?&` is understood by the phones of both makers. */
export const messageLink = (text: string): string => `sms:?&body=${encodeURIComponent(text)}`;

export const mailLink = (subject: string, text: string): string =>
  `mailto:?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(text)}`;

/** Copies; the old way where the clipboard may not be written. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  area.readOnly = true;
  document.body.append(area);
  area.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    area.remove();
  }
}
