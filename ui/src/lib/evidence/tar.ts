/** A POSIX tar archive (ustar), as little of it as evidence packs need: plain files. */

import { type Bytes, utf8 } from "../bytes";

const BLOCK = 512;
const MODE = 0o644;
/** What eleven octal digits hold. */
const MOST_BYTES = 8 ** 11 - 1;

export class TarWriter {
  #parts: BlobPart[] = [];

  constructor(private readonly madeAt: Date) {}

  add(name: string, content: Blob | Bytes): void {
    const bytes = content instanceof Blob ? content.size : content.length;
    this.#parts.push(this.#header(name, bytes), content, new Uint8Array(padding(bytes)));
  }

  finish(): Blob {
    return new Blob([...this.#parts, new Uint8Array(2 * BLOCK)], { type: "application/x-tar" });
  }

  #header(name: string, bytes: number): Bytes {
    const header = new Uint8Array(BLOCK);
    const put = (text: string, at: number) => header.set(utf8(text), at);
    if (utf8(name).length > 100 || bytes > MOST_BYTES)
      throw new RangeError("too long for the archive");
    put(name, 0);
    put(octal(MODE, 7), 100);
    put(octal(0, 7), 108);
    put(octal(0, 7), 116);
    put(octal(bytes, 11), 124);
    put(octal(Math.floor(this.madeAt.getTime() / 1000), 11), 136);
    put("        ", 148);
    put("0", 156);
    put("ustar\u000000", 257);
    put(
      `${octal(
        header.reduce((sum, byte) => sum + byte, 0),
        6,
      )}\u0000 `,
      148,
    );
    return header;
  }
}

const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
const padding = (bytes: number) => (BLOCK - (bytes % BLOCK)) % BLOCK;
