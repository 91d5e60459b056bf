/**
 * Server-sent events (WHATWG HTML, section 9.2) without any platform API: an encoder, an incremental parser and a
 * reader over byte chunks. Used by engine, gateway, CLI and UI.
 */
import { KagentError } from './errors.ts';

export interface SseFrame {
  /** Lines joined by `\n`. */
  data: string;
  event?: string;
  id?: string;
}

/** A comment frame; keeps idle connections open through proxies, readers skip it. */
export const SSE_KEEP_ALIVE = ': keep-alive\n\n';

/** Longest frame a reader accepts, in UTF-16 code units. */
export const MAX_SSE_FRAME = 16 * 1024 * 1024;

/** One frame as text. `data` may hold line breaks. */
export function encodeSseFrame(frame: SseFrame): string {
  let text = '';
  if (frame.event !== undefined) text += `event: ${frame.event}\n`;
  if (frame.id !== undefined) text += `id: ${frame.id}\n`;
  const data = /[\r\n]/.test(frame.data)
    ? frame.data.replaceAll(/\r\n|\r|\n/g, '\ndata: ')
    : frame.data;
  return `${text}data: ${data}\n\n`;
}

export interface SseParser {
  /** Text in any cut; answers the frames it completes. Throws `payload_too_large` above the limit. */
  push(chunk: string): SseFrame[];
}

/** Frames without data (comments, keep-alives) are skipped; an unfinished frame at the end is dropped, as the standard says. */
export function createSseParser(maxFrame: number = MAX_SSE_FRAME): SseParser {
  let rest = '';
  let size = 0;
  let data: string[] = [];
  let event: string | undefined;
  let id: string | undefined;

  const readLine = (line: string, frames: SseFrame[]) => {
    if (line === '') {
      if (data.length > 0) {
        frames.push({
          data: data.join('\n'),
          ...(event === undefined ? {} : { event }),
          ...(id === undefined ? {} : { id }),
        });
      }
      data = [];
      size = 0;
      event = undefined;
      id = undefined;
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const start = line[colon + 1] === ' ' ? colon + 2 : colon + 1;
    const value = colon < 0 ? '' : line.slice(start);
    if (field === 'data') {
      data.push(value);
      size += value.length;
    } else if (field === 'event') event = value;
    else if (field === 'id') id = value;
  };

  return {
    push(chunk) {
      const frames: SseFrame[] = [];
      let text = rest + chunk;
      // A carriage return at the very end may be half of a CRLF.
      rest = text.endsWith('\r') ? '\r' : '';
      if (rest) text = text.slice(0, -1);
      const lines = text.includes('\r') ? text.split(/\r\n|\r|\n/) : text.split('\n');
      rest = (lines.pop() ?? '') + rest;
      for (const line of lines) readLine(line, frames);
      if (size + rest.length > maxFrame) {
        throw new KagentError('payload_too_large', 'An event of the stream is too large.');
      }
      return frames;
    },
  };
}

/** Frames of a byte stream, in order. Ends with the stream; errors of the stream pass through. */
export async function* readSse(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SseFrame> {
  const decoder = new TextDecoder();
  const parser = createSseParser();
  for await (const chunk of chunks) yield* parser.push(decoder.decode(chunk, { stream: true }));
}
