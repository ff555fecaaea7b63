// Sizes of files and disks, in the unit that people would use.

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** "850 B", "3.2 MB", "120 GB". */
export function size(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`;
}
