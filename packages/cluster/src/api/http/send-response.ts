/** From an `ApiResponse` to the wire: JSON plain, pretty or compressed, text, and streams that wait for their reader. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { stringify } from 'yaml';

import { prefersYaml } from '../representation.ts';
import type { ApiHeaders, ApiResponse } from '../request.ts';
import { targetOf } from './decode-request.ts';

/** What can be sent over plain HTTP. */
export type PlainResponse = Exclude<ApiResponse, { kind: 'connect' }>;

/** Answers below this size are not compressed, as in a real API server. */
const MIN_GZIP_BYTES = 128 * 1024;
/** Clients are near: speed counts for more than size. */
const GZIP_LEVEL = 1;

const compress = promisify(gzip);

export interface SendOptions {
  request: IncomingMessage;
  /** Sent where the answer has no header of that name. */
  headers: ApiHeaders;
  /** The client is gone. */
  signal: AbortSignal;
  /** Texts of items that long lists were made of before, to be kept from answer to answer. */
  itemTexts?: ItemTexts;
}

/** JSON text by item. What is stored never changes, so a text holds as long as its item. */
export type ItemTexts = WeakMap<object, string>;

/** Resolves when the answer was handed to the connection, or the client is gone. */
export async function sendResponse(
  response: ServerResponse,
  answer: PlainResponse,
  options: SendOptions,
): Promise<void> {
  const headers = { ...options.headers, ...answer.headers };
  switch (answer.kind) {
    case 'json':
      return sendJson(response, { ...answer, headers }, options);
    case 'text':
    case 'bytes':
      return sendWhole(response, { ...answer, headers }, Buffer.from(answer.body));
    case 'stream':
    case 'proxied':
      return sendStream(response, { ...answer, headers }, { ...options, chunks: answer.chunks });
    case 'watch':
      return sendStream(
        response,
        { ...answer, headers },
        { ...options, chunks: bytesOf(answer.frames) },
      );
  }
}

/** Sorted, without anchors, and with quotes around what a reader of YAML 1.1 takes for a time or a flag, as in Go. */
const YAML_FORM = {
  version: '1.1',
  sortMapEntries: true,
  aliasDuplicateObjects: false,
  indentSeq: false,
  lineWidth: 0,
} as const;

type Head = Pick<ApiResponse, 'status' | 'headers'>;

async function sendJson(
  response: ServerResponse,
  answer: PlainResponse & { kind: 'json' },
  { request, signal, itemTexts = new WeakMap() }: SendOptions,
): Promise<void> {
  const isYaml = prefersYaml(request.headers.accept) && !('content-type' in answer.headers);
  const type = isYaml ? 'application/yaml' : 'application/json';
  const headers = { 'content-type': type, ...answer.headers };
  const space = isPretty(request) ? 2 : undefined;
  const { bareItems = false } = answer;
  if (!isYaml && !space && !takesGzip(request) && isLongList(answer.body)) {
    const chunks = listInParts(answer.body, bareItems ? bare : whole, itemTexts);
    return sendStream(response, { status: answer.status, headers }, { request, chunks, signal });
  }
  const { body: given } = answer;
  const body = bareItems && isList(given) ? { ...given, items: given.items.map(bare) } : given;
  const text = isYaml ? stringify(body, YAML_FORM) : `${JSON.stringify(body, undefined, space)}\n`;
  const plain = Buffer.from(text);
  const isLarge = plain.length > MIN_GZIP_BYTES && answer.status !== 304;
  if (!isLarge || !takesGzip(request)) {
    sendWhole(response, { status: answer.status, headers }, plain);
    return;
  }
  const compressed = { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding' };
  const zipped = await compress(plain, { level: GZIP_LEVEL });
  sendWhole(response, { status: answer.status, headers: compressed }, zipped);
}

/** Lists of this many items are written in parts: the client reads while the rest is made, and others get their turn. */
const PART_ITEMS = 400;

interface List {
  items: object[];
}

function isList(body: unknown): body is List {
  return typeof body === 'object' && body !== null && 'items' in body && Array.isArray(body.items);
}

function isLongList(body: unknown): body is List {
  return isList(body) && body.items.length > PART_ITEMS;
}

function bare(item: { apiVersion?: unknown; kind?: unknown }): object {
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = item;
  return rest;
}

function whole(item: object): object {
  return item;
}

/** The same text as `JSON.stringify` with a line break gives; what stands beside the items comes first. */
async function* listInParts(
  { items, ...rest }: List,
  form: (item: object) => object,
  texts: ItemTexts,
): AsyncGenerator<string> {
  yield `${JSON.stringify(rest).slice(0, -1)},"items":[`;
  for (let from = 0; from < items.length; from += PART_ITEMS) {
    const part = items.slice(from, from + PART_ITEMS).map((item) => {
      const known = texts.get(item);
      if (known !== undefined) return known;
      const text = JSON.stringify(form(item));
      texts.set(item, text);
      return text;
    });
    yield (from === 0 ? '' : ',') + part.join(',');
    await setImmediate();
  }
  yield ']}\n';
}

/** On request, and for people: browsers and command line tools, unless they say no. */
function isPretty(request: IncomingMessage): boolean {
  const wish = targetOf(request).query.get('pretty') ?? '';
  if (wish !== '') return /^(?:1|t|T|true|True|TRUE)$/.test(wish);
  return /^(?:curl|Wget|Mozilla\/5\.0)/.test(request.headers['user-agent'] ?? '');
}

function takesGzip(request: IncomingMessage): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(
    [request.headers['accept-encoding'] ?? ''].flat().join(', '),
  );
}

function sendWhole(response: ServerResponse, { status, headers }: Head, body: Buffer): void {
  const hasBody = status !== 304 && status !== 204;
  response.writeHead(status, {
    ...headers,
    ...(hasBody && { 'content-length': String(body.length) }),
  });
  response.end(hasBody ? body : undefined);
}

async function* bytesOf(frames: AsyncIterable<{ bytes: Buffer }>): AsyncGenerator<Buffer> {
  for await (const frame of frames) yield frame.bytes;
}

interface StreamOptions {
  request: IncomingMessage;
  chunks: AsyncIterable<string | Uint8Array>;
  signal: AbortSignal;
}

/** Headers go out at once: a client waits for them before it counts its own timeout. */
async function sendStream(
  response: ServerResponse,
  { status, headers }: Head,
  { request, chunks, signal }: StreamOptions,
): Promise<void> {
  response.writeHead(status, headers);
  response.flushHeaders();
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  try {
    for await (const chunk of chunks) {
      if (signal.aborted) return;
      if (!response.write(chunk)) await once(response, 'drain', { signal });
    }
    response.end();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
