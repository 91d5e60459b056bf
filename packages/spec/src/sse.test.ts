import { describe, expect, it } from 'vitest';
import { createSseParser, encodeSseFrame, readSse, SSE_KEEP_ALIVE, type SseFrame } from './sse.ts';

const parse = (text: string, size = text.length): SseFrame[] => {
  const parser = createSseParser();
  const frames: SseFrame[] = [];
  for (let at = 0; at < text.length; at += size)
    frames.push(...parser.push(text.slice(at, at + size)));
  return frames;
};

describe('SSE', () => {
  it.each([
    ['a plain frame', 'data: a\n\n', [{ data: 'a' }]],
    ['no space after the colon', 'data:a\n\n', [{ data: 'a' }]],
    ['only one space is taken', 'data:  a\n\n', [{ data: ' a' }]],
    ['lines joined', 'data: a\ndata: b\n\n', [{ data: 'a\nb' }]],
    ['event and id', 'event: x\nid: 7\ndata: a\n\n', [{ data: 'a', event: 'x', id: '7' }]],
    [
      'CRLF',
      'event: x\r\ndata: a\r\n\r\ndata: b\r\n\r\n',
      [{ data: 'a', event: 'x' }, { data: 'b' }],
    ],
    ['CR', 'data: a\r\rdata: b\r\r\n', [{ data: 'a' }, { data: 'b' }]],
    ['comments and keep-alives', `${SSE_KEEP_ALIVE}: hi\ndata: a\n\n`, [{ data: 'a' }]],
    ['a field without a colon', 'data\n\n', [{ data: '' }]],
    ['no data, no frame', 'event: x\n\ndata: a\n\n', [{ data: 'a' }]],
    ['an unfinished frame is dropped', 'data: a\n\ndata: b\n', [{ data: 'a' }]],
    ['unknown fields', 'retry: 5\nfoo: bar\ndata: a\n\n', [{ data: 'a' }]],
  ])('reads %s, in whatever pieces it comes', (_what, text, frames) => {
    for (const size of [1, 2, 3, 5, text.length])
      expect(parse(text, size), `pieces of ${size}`).toEqual(frames);
  });

  it.each([['{"a":1}'], ['two\nlines'], ['carriage\rreturn\r\nboth'], ['']])(
    'reads what it wrote: %j',
    (data) => {
      expect(parse(encodeSseFrame({ data, event: 'e', id: '1' }))).toEqual([
        { data: data.replaceAll(/\r\n|\r/g, '\n'), event: 'e', id: '1' },
      ]);
    },
  );

  it('keeps characters that are cut between chunks', async () => {
    const bytes = new TextEncoder().encode(encodeSseFrame({ data: 'añ日😀' }));
    async function* chunks() {
      for (const byte of bytes) yield Uint8Array.of(byte);
    }
    const frames: SseFrame[] = [];
    for await (const frame of readSse(chunks())) frames.push(frame);
    expect(frames).toEqual([{ data: 'añ日😀' }]);
  });

  it('bounds the size of one frame', () => {
    const parser = createSseParser(10);
    expect(parser.push('data: 12345\n\ndata: 12345\n\n')).toHaveLength(2);
    expect(() => parser.push('data: 123456789012')).toThrow(
      expect.objectContaining({ code: 'payload_too_large' }),
    );
    const lines = createSseParser(10);
    expect(() => lines.push('data: 1234\ndata: 1234\ndata: 1234\n')).toThrow('too large');
  });
});
