/** Header blocks of SPDY/3 (draft 3, section 2.6.10): name and value pairs in one zlib stream for each direction. */
import { constants, createInflate } from 'node:zlib';
import type { Inflate } from 'node:zlib';

import { DICTIONARY_ID, HEADER_DICTIONARY } from './dictionary.ts';
import { SpdyError } from './frames.ts';

/** Lowercase names. Several values of one name are joined by NUL, as on the wire. */
export type SpdyHeaders = Record<string, string>;

const MAX_BLOCK_BYTES = 64 * 1024;
const MAX_STORED_BYTES = 0xff_ff;
/** zlib with 32 KiB window and preset dictionary, made so that the two bytes are a multiple of 31 (RFC 1950). */
const ZLIB_HEADER = [0x78, 0xbb];

/** An empty stored block, as after a sync flush: Go's inflate gives out what it has only then. */
const FLUSH = Buffer.from([0, 0, 0, 0xff, 0xff]);

function lengthPrefixed(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}

/**
 * Writes header blocks as stored deflate blocks (RFC 1951, section 3.2.4): our headers are a few bytes, so there is
 * nothing to gain from compressing them, and this way it needs no state but "the first".
 */
export class HeaderEncoder {
  #isFirst = true;

  /** Names are made lowercase. A block must be shorter than 64 KiB. */
  encode(headers: SpdyHeaders): Buffer {
    const entries = Object.entries(headers);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(entries.length);
    const text = Buffer.concat([
      count,
      ...entries.flatMap(([name, value]) => [
        ...lengthPrefixed(name.toLowerCase()),
        ...lengthPrefixed(value),
      ]),
    ]);
    if (text.length > MAX_STORED_BYTES) throw new SpdyError('a header block is too long');
    const stored = Buffer.alloc(5);
    stored.writeUInt16LE(text.length, 1);
    stored.writeUInt16LE(text.length ^ MAX_STORED_BYTES, 3);
    return Buffer.concat([this.#start(), stored, text, FLUSH]);
  }

  #start(): Buffer {
    if (!this.#isFirst) return Buffer.alloc(0);
    this.#isFirst = false;
    const start = Buffer.from([...ZLIB_HEADER, 0, 0, 0, 0]);
    start.writeUInt32BE(DICTIONARY_ID, 2);
    return start;
  }
}

/** Reads header blocks; every block of a connection must go through it, in order. */
export class HeaderDecoder {
  readonly #inflate: Inflate;
  #chunks: Buffer[] = [];
  #size = 0;
  #fail: ((error: Error) => void) | undefined;

  constructor() {
    this.#inflate = createInflate({
      dictionary: HEADER_DICTIONARY,
      flush: constants.Z_SYNC_FLUSH,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    this.#inflate.on('data', (chunk: Buffer) => {
      this.#size += chunk.length;
      if (this.#size > MAX_BLOCK_BYTES)
        this.#inflate.destroy(new SpdyError('a header block is too long'));
      else this.#chunks.push(chunk);
    });
    this.#inflate.on('error', (error) => this.#fail?.(error));
    this.#inflate.on('end', () => this.#fail?.(new SpdyError('the header stream ended')));
  }

  /** Rejects with SpdyError for a block that can't be read. Not to be called again before it has settled. */
  async decode(block: Buffer): Promise<SpdyHeaders> {
    this.#chunks = [];
    this.#size = 0;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#fail = reject;
        this.#inflate.write(block, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      throw error instanceof SpdyError
        ? error
        : new SpdyError(`a header block cannot be read: ${String(error)}`, { cause: error });
    }
    return parseBlock(Buffer.concat(this.#chunks));
  }

  close(): void {
    this.#inflate.destroy();
    this.#fail?.(new SpdyError('the connection is closed'));
  }
}

function parseBlock(block: Buffer): SpdyHeaders {
  let at = 0;
  const number = (): number => {
    if (block.length < at + 4) throw new SpdyError('a header block is too short');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (block.length < at + length) throw new SpdyError('a header block is too short');
    at += length;
    return block.toString('utf8', at - length, at);
  };
  const pairs: [string, string][] = [];
  for (let left = number(); left > 0; left -= 1) pairs.push([text().toLowerCase(), text()]);
  return Object.fromEntries(pairs);
}
