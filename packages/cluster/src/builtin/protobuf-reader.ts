/** Reads the protobuf wire format. Every step consumes bytes or throws, so that hostile input ends quickly. */

/** The bytes are not what their sender says. `message` is safe to show. */
export class ProtobufError extends Error {
  readonly code: 'malformed' | 'unknown_kind';

  constructor(code: 'malformed' | 'unknown_kind', message: string) {
    super(message);
    this.name = 'ProtobufError';
    this.code = code;
  }
}

export function malformed(why: string): ProtobufError {
  return new ProtobufError('malformed', `the protobuf body is damaged: ${why}`);
}

/** A cursor over one message. Sub-messages get readers of their own over the same bytes. */
export class ProtobufReader {
  readonly #bytes: Buffer;
  #position: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#end;
  }

  /** Field number and wire type. */
  tag(): { number: number; wire: number } {
    const tag = this.#uint32();
    const number = Math.floor(tag / 8);
    if (number === 0) throw malformed('field number 0');
    return { number, wire: tag % 8 };
  }

  /** The 64 bits of a varint, unsigned. */
  varint(): bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed('a number of more than ten bytes');
  }

  /** Signed 64 bits; beyond 2^53 the nearest number, as JSON readers get it. */
  int64(): number {
    return this.#oneByte() ?? Number(BigInt.asIntN(64, this.varint()));
  }

  /** Signed 32 bits; negative numbers are ten bytes long on the wire. */
  int32(): number {
    return this.#oneByte() ?? Number(BigInt.asIntN(32, this.varint()));
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  /** A length-delimited value. */
  bytes(): Buffer {
    const { start, end } = this.#span();
    return this.#bytes.subarray(start, end);
  }

  /** A length-delimited value as text; bytes that are no UTF-8 become U+FFFD. */
  text(): string {
    const { start, end } = this.#span();
    return this.#bytes.toString('utf8', start, end);
  }

  base64(): string {
    const { start, end } = this.#span();
    return this.#bytes.toString('base64', start, end);
  }

  message(): ProtobufReader {
    const { start, end } = this.#span();
    return new ProtobufReader(this.#bytes, start, end);
  }

  /** Passes over a value of an unknown field. Groups are walked without recursion. */
  skip(wire: number): void {
    let depth = 0;
    let type = wire;
    for (;;) {
      if (type === 3) depth += 1;
      else if (type === 4) depth -= 1;
      else this.#skipValue(type);
      if (depth === 0) return;
      if (depth < 0) throw malformed('the end of a group that was not begun');
      type = this.tag().wire;
    }
  }

  #skipValue(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.#take(8);
    else if (wire === 2) this.#span();
    else if (wire === 5) this.#take(4);
    else throw malformed(`wire type ${wire}`);
  }

  #span(): { start: number; end: number } {
    const length = this.#uint32();
    if (length > this.#end - this.#position) throw malformed('a length beyond the end');
    const start = this.#take(length);
    return { start, end: start + length };
  }

  /** The next value if it is a varint of one byte. */
  #oneByte(): number | undefined {
    const byte = this.#position < this.#end ? this.#bytes[this.#position] : undefined;
    if (byte === undefined || byte > 0x7f) return undefined;
    this.#position += 1;
    return byte;
  }

  /** A tag or a length. */
  #uint32(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw malformed('a tag or length of more than five bytes');
  }

  #take(length: number): number {
    const start = this.#position;
    if (start + length > this.#end) throw malformed('it ends too early');
    this.#position = start + length;
    return start;
  }

  #byte(): number {
    const byte = this.#bytes[this.#take(1)];
    if (byte === undefined) throw malformed('it ends too early');
    return byte;
  }
}
