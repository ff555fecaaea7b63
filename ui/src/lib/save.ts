// Hands a file to whoever sits here: into the downloads, or where the browser asks.

/** Long enough for the browser to have taken the file over. */
const KEPT_MS = 60_000;

export function save(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}

/** A name that every file system takes. */
export function fileName(words: string): string {
  const plain = words.normalize("NFKD").replaceAll(/[^\w.-]+/g, "-");
  return plain.replaceAll(/^-+|-+$/g, "").toLowerCase() || "doorward";
}
