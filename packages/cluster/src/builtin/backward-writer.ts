/**
 * Writes the protobuf wire format from the end to the beginning: the length of a message, which stands before it, is known
 * when the message has been written. One buffer, no copies. Fields and list items are therefore written last first.
 */
export class BackwardWriter {
  #bytes: Buffer;
  #start: number;

  constructor(size = 64 * 1024) {
    this.#bytes = Buffer.allocUnsafe(size);
    this.#start = size;
  }

  /** A number of up to 53 bits that is not negative. */
  varint(value: number): void {
    const digits: number[] = [];
    let rest = value;
    while (rest > 0x7f) {
      digits.push((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    digits.push(rest);
    this.#make(digits.length);
    for (const [index, digit] of digits.entries()) this.#bytes[this.#start + index] = digit;
  }

  /** A whole field of wire type 0. */
  number(field: number, value: number): void {
    this.varint(value);
    this.varint(field * 8);
  }

  /** A whole field of wire type 1. */
  double(field: number, value: number): void {
    this.#make(8);
    this.#bytes.writeDoubleLE(value, this.#start);
    this.varint(field * 8 + 1);
  }

  /** A whole field of wire type 2. */
  text(field: number, value: string): void {
    const length = Buffer.byteLength(value);
    this.#make(length);
    this.#bytes.write(value, this.#start, length);
    this.varint(length);
    this.varint(field * 8 + 2);
  }

  /** A field of wire type 2 around what `write` writes. */
  message(field: number, write: () => void): void {
    const end = this.#size;
    write();
    this.varint(this.#size - end);
    this.varint(field * 8 + 2);
  }

  /** Everything written. */
  bytes(): Buffer {
    return this.#bytes.subarray(this.#start);
  }

  get #size(): number {
    return this.#bytes.length - this.#start;
  }

  /** Moves the start back, into a larger buffer when there is no room. */
  #make(length: number): void {
    if (length > this.#start) {
      const larger = Buffer.allocUnsafe(2 * (this.#bytes.length + length));
      const start = larger.length - this.#size;
      this.#bytes.copy(larger, start, this.#start);
      this.#bytes = larger;
      this.#start = start;
    }
    this.#start -= length;
  }
}
