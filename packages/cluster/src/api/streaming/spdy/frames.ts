/**
 * The frames of SPDY/3.1 as bytes (SPDY protocol draft 3.1, section 2.2 and 2.6). Pure: header blocks stay compressed
 * here, and nothing is known of streams.
 */

export type Frame =
  | {
      type: 'syn-stream';
      streamId: number;
      isFin: boolean;
      isUnidirectional: boolean;
      block: Buffer;
    }
  | { type: 'syn-reply'; streamId: number; isFin: boolean; block: Buffer }
  | { type: 'headers'; streamId: number; isFin: boolean; block: Buffer }
  | { type: 'rst-stream'; streamId: number; status: number }
  | { type: 'settings'; settings: { id: number; value: number }[] }
  | { type: 'ping'; id: number }
  | { type: 'goaway'; lastStreamId: number; status: number }
  | { type: 'window-update'; streamId: number; delta: number }
  /** A long data frame is decoded in pieces; only the last one has `isFin`. */
  | { type: 'data'; streamId: number; isFin: boolean; bytes: Buffer };

/** What breaks the connection: it is closed, with GOAWAY where that still makes sense. */
export class SpdyError extends Error {
  override name = 'SpdyError';
}

/** `status` of RST_STREAM (section 2.6.3). */
export const RST = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5 } as const;
/** `status` of GOAWAY (section 2.6.6). */
export const GOAWAY = { ok: 0, protocolError: 1 } as const;
/** `id` in SETTINGS (section 2.6.4). */
export const INITIAL_WINDOW_SIZE = 7;

const VERSION = 3;
const HEADER_BYTES = 8;
const FLAG_FIN = 1;
const FLAG_UNIDIRECTIONAL = 2;
const STREAM_ID_MASK = 0x7f_ff_ff_ff;
/** A control frame says little; more than this is no client we know. */
const MAX_CONTROL_BYTES = 64 * 1024;

const TYPES = {
  'syn-stream': 1,
  'syn-reply': 2,
  'rst-stream': 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  headers: 8,
  'window-update': 9,
} as const;

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, index * 4);
  return bytes;
}

function control(type: keyof typeof TYPES, payload: Buffer, flags = 0): Buffer {
  const head = words((0x80_00_00_00 | (VERSION << 16) | TYPES[type]) >>> 0, payload.length);
  head[4] = flags;
  return Buffer.concat([head, payload]);
}

const finFlag = (frame: { isFin: boolean }): number => (frame.isFin ? FLAG_FIN : 0);

/** The bytes of a frame. `data` must be shorter than 16 MiB: the length has 24 bits. */
export function encodeFrame(frame: Frame): Buffer {
  switch (frame.type) {
    case 'syn-stream': {
      const flags = finFlag(frame) | (frame.isUnidirectional ? FLAG_UNIDIRECTIONAL : 0);
      const fixed = Buffer.concat([words(frame.streamId, 0), Buffer.alloc(2)]);
      return control(frame.type, Buffer.concat([fixed, frame.block]), flags);
    }
    case 'syn-reply':
    case 'headers':
      return control(
        frame.type,
        Buffer.concat([words(frame.streamId), frame.block]),
        finFlag(frame),
      );
    case 'rst-stream':
      return control(frame.type, words(frame.streamId, frame.status));
    case 'settings':
      return control(
        frame.type,
        words(frame.settings.length, ...frame.settings.flatMap(({ id, value }) => [id, value])),
      );
    case 'ping':
      return control(frame.type, words(frame.id));
    case 'goaway':
      return control(frame.type, words(frame.lastStreamId, frame.status));
    case 'window-update':
      return control(frame.type, words(frame.streamId, frame.delta));
    case 'data': {
      const head = words(frame.streamId, frame.bytes.length);
      head[4] = finFlag(frame);
      return Buffer.concat([head, frame.bytes]);
    }
  }
}

function word(payload: Buffer, index: number): number {
  if (payload.length < index * 4 + 4) throw new SpdyError('a control frame is too short');
  return payload.readUInt32BE(index * 4);
}

const streamIdAt = (payload: Buffer, index: number): number =>
  word(payload, index) & STREAM_ID_MASK;

function settingsOf(payload: Buffer): { id: number; value: number }[] {
  const count = word(payload, 0);
  if (payload.length !== 4 + count * 8) throw new SpdyError('SETTINGS has a wrong length');
  return Array.from({ length: count }, (_none, index) => ({
    id: word(payload, 1 + index * 2) & 0xff_ff_ff,
    value: word(payload, 2 + index * 2),
  }));
}

/** Undefined for a type this version does not know, which is ignored (section 2.2.1). */
function decodeControl(type: number, flags: number, payload: Buffer): Frame | undefined {
  const isFin = (flags & FLAG_FIN) !== 0;
  switch (type) {
    case TYPES['syn-stream']: {
      if (payload.length < 10) throw new SpdyError('SYN_STREAM is too short');
      const isUnidirectional = (flags & FLAG_UNIDIRECTIONAL) !== 0;
      const streamId = streamIdAt(payload, 0);
      return { type: 'syn-stream', streamId, isFin, isUnidirectional, block: payload.subarray(10) };
    }
    case TYPES['syn-reply']:
    case TYPES.headers: {
      const name = type === TYPES.headers ? 'headers' : 'syn-reply';
      return { type: name, streamId: streamIdAt(payload, 0), isFin, block: payload.subarray(4) };
    }
    case TYPES['rst-stream']:
      return { type: 'rst-stream', streamId: streamIdAt(payload, 0), status: word(payload, 1) };
    case TYPES.settings:
      return { type: 'settings', settings: settingsOf(payload) };
    case TYPES.ping:
      return { type: 'ping', id: word(payload, 0) };
    case TYPES.goaway:
      return { type: 'goaway', lastStreamId: streamIdAt(payload, 0), status: word(payload, 1) };
    case TYPES['window-update']: {
      const delta = word(payload, 1) & STREAM_ID_MASK;
      return { type: 'window-update', streamId: streamIdAt(payload, 0), delta };
    }
    default:
      return undefined;
  }
}

/** Takes bytes as they come and gives frames. Holds at most one control frame. */
export class FrameDecoder {
  #rest: Buffer = Buffer.alloc(0);
  /** What is left of a data frame whose beginning was given out. */
  #data: { streamId: number; isFin: boolean; left: number } | undefined;

  /** The frames that are complete with `chunk`. Throws SpdyError; nothing can be decoded after that. */
  push(chunk: Buffer): Frame[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    for (;;) {
      const { frame, used } = this.#data ? this.#takeData(this.#data, bytes) : this.#take(bytes);
      if (used === 0) break;
      bytes = bytes.subarray(used);
      if (frame) frames.push(frame);
    }
    this.#rest = Buffer.from(bytes);
    return frames;
  }

  #take(bytes: Buffer): { frame?: Frame; used: number } {
    if (bytes.length < HEADER_BYTES) return { used: 0 };
    const first = bytes.readUInt32BE(0);
    const flags = bytes[4] ?? 0;
    const length = bytes.readUIntBE(5, 3);
    if ((first & 0x80_00_00_00) === 0) {
      const data = { streamId: first, isFin: (flags & FLAG_FIN) !== 0, left: length };
      if (length > 0) this.#data = data;
      const isOver = length === 0;
      return {
        used: HEADER_BYTES,
        ...(isOver && { frame: { type: 'data', ...pick(data), bytes: Buffer.alloc(0) } }),
      };
    }
    if (((first >>> 16) & 0x7f_ff) !== VERSION) throw new SpdyError('not SPDY version 3');
    if (length > MAX_CONTROL_BYTES) throw new SpdyError('a control frame is too long');
    const used = HEADER_BYTES + length;
    if (bytes.length < used) return { used: 0 };
    const payload = Buffer.from(bytes.subarray(HEADER_BYTES, used));
    return { frame: decodeControl(first & 0xff_ff, flags, payload), used };
  }

  #takeData(
    data: { streamId: number; isFin: boolean; left: number },
    bytes: Buffer,
  ): { frame?: Frame; used: number } {
    const used = Math.min(data.left, bytes.length);
    if (used === 0) return { used };
    data.left -= used;
    const isLast = data.left === 0;
    if (isLast) this.#data = undefined;
    const isFin = isLast && data.isFin;
    return {
      used,
      frame: { type: 'data', streamId: data.streamId, isFin, bytes: bytes.subarray(0, used) },
    };
  }
}

const pick = ({ streamId, isFin }: { streamId: number; isFin: boolean }) => ({ streamId, isFin });
