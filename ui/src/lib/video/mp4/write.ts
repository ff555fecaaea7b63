/** Writing boxes whose length is known only at their end. */

export class BoxWriter {
  #bytes = new Uint8Array(4096);
  #length = 0;

  /** Writes one box around what `content` writes. */
  box(kind: string, content: () => void): void {
    const start = this.#length;
    this.u32(0);
    this.text(kind);
    content();
    new DataView(this.#bytes.buffer).setUint32(start, this.#length - start);
  }

  /** Writes one box that begins with a version and flags. */
  fullBox(kind: string, version: number, flags: number, content: () => void): void {
    this.box(kind, () => {
      this.u32(version * 2 ** 24 + flags);
      content();
    });
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(letters: string): void {
    this.raw(Uint8Array.from(letters, (letter) => letter.charCodeAt(0)));
  }

  u16(value: number): void {
    this.#room(2);
    new DataView(this.#bytes.buffer).setUint16(this.#length, value);
    this.#length += 2;
  }

  u32(value: number): void {
    this.#room(4);
    new DataView(this.#bytes.buffer).setUint32(this.#length, value);
    this.#length += 4;
  }

  u64(value: bigint): void {
    this.#room(8);
    new DataView(this.#bytes.buffer).setBigUint64(this.#length, value);
    this.#length += 8;
  }

  zeros(count: number): void {
    this.raw(new Uint8Array(count));
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
