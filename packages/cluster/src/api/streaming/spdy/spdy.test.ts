import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { SpdyConnection } from './connection.ts';
import { encodeFrame, FrameDecoder, GOAWAY, SpdyError } from './frames.ts';
import type { Frame } from './frames.ts';
import { HeaderDecoder, HeaderEncoder } from './headers.ts';
import type { SpdyStream } from './stream.ts';
import { WINDOW_BYTES } from './stream.ts';

const streamId = fc.integer({ min: 0, max: 0x7f_ff_ff_ff });
const word = fc.integer({ min: 0, max: 0xff_ff_ff_ff });
const block = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const isFin = fc.boolean();

const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constant('syn-stream' as const),
    streamId,
    isFin,
    isUnidirectional: fc.boolean(),
    block,
  }),
  fc.record({ type: fc.constantFrom('syn-reply', 'headers'), streamId, isFin, block }),
  fc.record({ type: fc.constant('rst-stream' as const), streamId, status: word }),
  fc.record({
    type: fc.constant('settings' as const),
    settings: fc.array(fc.record({ id: fc.integer({ min: 0, max: 0xff_ff_ff }), value: word })),
  }),
  fc.record({ type: fc.constant('ping' as const), id: word }),
  fc.record({ type: fc.constant('goaway' as const), lastStreamId: streamId, status: word }),
  fc.record({ type: fc.constant('window-update' as const), streamId, delta: streamId }),
  fc.record({ type: fc.constant('data' as const), streamId, isFin, bytes: block }),
);

/** Pieces of one data frame joined again. */
function joined(frames: Frame[]): Frame[] {
  const result: Frame[] = [];
  let open: (Frame & { type: 'data' }) | undefined;
  for (const frame of frames) {
    if (frame.type !== 'data') result.push(frame);
    else if (open?.streamId === frame.streamId) {
      open.bytes = Buffer.concat([open.bytes, frame.bytes]);
      open.isFin = frame.isFin;
    } else result.push({ ...frame, bytes: Buffer.from(frame.bytes) });
    open = frame.type === 'data' ? (result.at(-1) as Frame & { type: 'data' }) : undefined;
  }
  return result;
}

interface Pair {
  client: SpdyConnection;
  server: SpdyConnection;
  wire: Duplex;
  opened: SpdyStream[];
}

function pair(onStream: (stream: SpdyStream) => void = () => {}): Pair {
  const [near, far] = duplexPair();
  const opened: SpdyStream[] = [];
  const server = new SpdyConnection({
    transport: far,
    role: 'server',
    onStream(stream) {
      opened.push(stream);
      onStream(stream);
    },
  });
  const client = new SpdyConnection({ transport: near, role: 'client', onStream() {} });
  return { client, server, wire: near, opened };
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** A server without a client of ours: what is written goes to it as it is. */
function raw(): {
  wire: Duplex;
  server: SpdyConnection;
  answers: Frame[];
  opened: SpdyStream[];
} {
  const [wire, far] = duplexPair();
  const answers: Frame[] = [];
  const decoder = new FrameDecoder();
  wire.on('data', (chunk: Buffer) => answers.push(...decoder.push(Buffer.from(chunk))));
  const opened: SpdyStream[] = [];
  const onStream = (stream: SpdyStream): void => void opened.push(stream);
  const server = new SpdyConnection({ transport: far, role: 'server', onStream });
  return { wire, server, answers, opened };
}

describe('api/streaming/spdy', () => {
  test('decodes what it encodes, however the bytes are cut (draft 3.1, section 2.2)', () => {
    const alone = fc.array(anyFrame, { maxLength: 8 }).filter((frames) =>
      // Two data frames in a row for one stream are the same as one.
      frames.every((frame, index) => {
        const next = frames[index + 1];
        return frame.type !== 'data' || next?.type !== 'data' || next.streamId !== frame.streamId;
      }),
    );
    const cuts = fc.integer({ min: 1, max: 97 });
    fc.assert(
      fc.property(alone, cuts, (frames, size) => {
        const bytes = Buffer.concat(frames.map(encodeFrame));
        const decoder = new FrameDecoder();
        const decoded: Frame[] = [];
        for (let at = 0; at < bytes.length; at += size)
          decoded.push(...decoder.push(bytes.subarray(at, at + size)));
        expect(joined(decoded)).toEqual(frames);
      }),
      { numRuns: 200 },
    );
  });

  test('gives frames or SpdyError for any bytes, never anything else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 6 }), (chunks) => {
        const decoder = new FrameDecoder();
        let failure: unknown = new SpdyError('none');
        try {
          for (const chunk of chunks) decoder.push(Buffer.from(chunk));
        } catch (error) {
          failure = error;
        }
        expect(failure).toBeInstanceOf(SpdyError);
      }),
      { numRuns: 300 },
    );
  });

  test('header blocks of one connection share a zlib stream (section 2.6.10)', async () => {
    const encoder = new HeaderEncoder();
    const decoder = new HeaderDecoder();
    const name = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
    const headers = fc.dictionary(name, fc.string({ maxLength: 200 }), { maxKeys: 5 });
    await fc.assert(
      fc.asyncProperty(headers, async (given) => {
        const plain = Object.fromEntries(Object.entries(given));
        expect(await decoder.decode(encoder.encode(plain))).toEqual(plain);
      }),
      { numRuns: 50 },
    );
    decoder.close();
  });

  test.each([
    ['no zlib stream', Buffer.from('nonsense')],
    ['a count without headers', new HeaderEncoder().encode({}).fill(9, 11, 15)],
    ['nothing', Buffer.alloc(0)],
  ])('a header block that is %s is refused', async (_what, bytes) => {
    const decoder = new HeaderDecoder();
    await expect(decoder.decode(bytes)).rejects.toBeInstanceOf(SpdyError);
    decoder.close();
  });

  test('carries streams both ways at the same time, with half-close by FIN', async () => {
    const { client, opened } = pair((stream) => void stream.pipe(stream));
    const texts = ['one', 'two', 'three'].map((word) => word.repeat(100_000));
    const streams = texts.map((_text, index) =>
      client.open({ streamType: 'echo', index: `${index}` }),
    );
    const echoes = streams.map(textOf);
    for (const [index, stream] of streams.entries()) stream.end(texts[index]);
    expect(await Promise.all(echoes)).toEqual(texts);
    expect(opened.map(({ id, headers }) => [id, headers['streamtype'], headers['index']])).toEqual([
      [1, 'echo', '0'],
      [3, 'echo', '1'],
      [5, 'echo', '2'],
    ]);
    client.close();
  });

  test('a peer without flow control is not read on while a stream is full', async () => {
    const { wire, server, opened } = raw();
    const open = { streamId: 1, isFin: false, isUnidirectional: false };
    wire.write(encodeFrame({ type: 'syn-stream', ...open, block: new HeaderEncoder().encode({}) }));
    const bytes = Buffer.alloc(16 * 1024);
    let taken = 0;
    const write = (): void => {
      const data = encodeFrame({ type: 'data', streamId: 1, isFin: false, bytes });
      wire.write(data, (error) => {
        if (error) return;
        taken += bytes.length;
        // Not at once: an endless chain of ticks would keep everything else from running.
        setImmediate(write);
      });
    };
    write();
    const turns = async (): Promise<void> => {
      for (let turn = 0; turn < 100; turn += 1)
        await new Promise((resolve) => setImmediate(resolve));
    };
    await expect.poll(() => taken, { interval: 5 }).toBeGreaterThan(WINDOW_BYTES);
    await turns();
    expect(taken).toBeLessThan(6 * WINDOW_BYTES);
    opened[0]?.resume();
    await expect.poll(() => taken, { interval: 5 }).toBeGreaterThan(20 * WINDOW_BYTES);
    wire.destroy();
    await server.closed;
  });

  test('sends no more than the window to a peer that does flow control', async () => {
    const { wire, server, answers } = raw();
    wire.write(encodeFrame({ type: 'settings', settings: [{ id: 7, value: 1000 }] }));
    // The settings must have arrived before the stream is opened.
    wire.write(encodeFrame({ type: 'ping', id: 1 }));
    await expect.poll(() => answers.length, { interval: 5 }).toBe(1);
    const stream = server.open({});
    stream.write(Buffer.alloc(5000));
    const sent = () =>
      answers.reduce((sum, frame) => sum + (frame.type === 'data' ? frame.bytes.length : 0), 0);
    await expect.poll(sent, { interval: 5 }).toBe(1000);
    wire.write(encodeFrame({ type: 'window-update', streamId: stream.id, delta: 3000 }));
    await expect.poll(sent, { interval: 5 }).toBe(4000);
    wire.write(encodeFrame({ type: 'window-update', streamId: stream.id, delta: 3000 }));
    await expect.poll(sent, { interval: 5 }).toBe(5000);
    server.destroy();
  });

  test('a reset ends the stream and leaves the others alone (section 2.6.3)', async () => {
    const { client, opened } = pair();
    const [first, second] = [client.open({}), client.open({})];
    await expect.poll(() => opened.length, { interval: 5 }).toBe(2);
    opened[0]?.destroy();
    await expect.poll(() => first.destroyed, { interval: 5 }).toBe(true);
    second.end('still here');
    expect(await textOf(opened[1]!)).toBe('still here');
    client.close();
  });

  test('answers pings of the peer, and only those (section 2.6.5)', async () => {
    const { wire, server, answers } = raw();
    wire.write(encodeFrame({ type: 'ping', id: 2 }));
    wire.write(encodeFrame({ type: 'ping', id: 7 }));
    await expect.poll(() => answers, { interval: 5 }).toEqual([{ type: 'ping', id: 7 }]);
    server.destroy();
  });

  const headers = (): Buffer => new HeaderEncoder().encode({ a: 'b' });
  const syn = (id: number, bytes: Buffer): Buffer =>
    encodeFrame({
      type: 'syn-stream',
      streamId: id,
      isFin: false,
      isUnidirectional: false,
      block: bytes,
    });
  test.each<[string, Buffer]>([
    ['another version', Buffer.from([0x80, 0x02, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1])],
    ['a control frame that is too long', Buffer.from([0x80, 0x03, 0, 1, 0, 0xff, 0xff, 0xff])],
    ['a frame that is too short', Buffer.from([0x80, 0x03, 0, 3, 0, 0, 0, 4, 0, 0, 0, 1])],
    [
      'SETTINGS with a wrong count',
      Buffer.from([0x80, 3, 0, 4, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff]),
    ],
    ['headers that are no zlib', syn(1, Buffer.from('nonsense'))],
    ['a stream id of our own', syn(2, headers())],
    [
      'a window beyond 2^31',
      encodeFrame({ type: 'settings', settings: [{ id: 7, value: 0xff_ff_ff_ff }] }),
    ],
  ])('%s closes the connection with GOAWAY', async (_what, bytes) => {
    const { wire, server, answers } = raw();
    wire.write(bytes);
    await server.closed;
    await expect
      .poll(() => answers.at(-1), { interval: 5 })
      .toEqual({ type: 'goaway', lastStreamId: 0, status: GOAWAY.protocolError });
    wire.destroy();
  });

  test('a stream id that was used before closes the connection', async () => {
    const { wire, server, opened } = raw();
    const encoder = new HeaderEncoder();
    wire.write(syn(3, encoder.encode({})));
    wire.write(syn(1, encoder.encode({})));
    await server.closed;
    expect(opened.map(({ id }) => id)).toEqual([3]);
    wire.destroy();
  });

  test('random bytes never hang or crash a connection', async () => {
    const chunks = fc.sample(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), 60);
    const closings = chunks.map(async (pieces) => {
      const { wire, server } = raw();
      for (const piece of pieces) wire.write(Buffer.from(piece));
      wire.end();
      await server.closed;
      wire.destroy();
    });
    expect(await Promise.all(closings)).toHaveLength(60);
  });

  test('the loss of the connection ends its streams', async () => {
    const { client, server, wire, opened } = pair();
    const stream = client.open({});
    await expect.poll(() => opened.length, { interval: 5 }).toBe(1);
    wire.destroy();
    await Promise.all([client.closed, server.closed]);
    expect([stream.destroyed, opened[0]?.destroyed]).toEqual([true, true]);
  });
});
