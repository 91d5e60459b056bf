/** From a Node request to an `ApiRequest`: host check, authentication, a body of bounded size. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

import { isHealthPath } from '../server-state.ts';
import { ANONYMOUS, authenticate } from '../authentication.ts';
import type { Authorities } from '../authentication.ts';
import { SERVER_NAMES } from '../pki/certificates.ts';
import { parseProxyPath } from '../proxy/proxy-paths.ts';
import type { ApiRequest } from '../request.ts';
import { badRequest, forbidden, StatusError, tooLarge } from '../status-error.ts';

/** Largest request body, as etcd's limit makes it for a real API server. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;
const MAX_DROPPED_BYTES = 64 * 1024 * 1024;

export interface DecodeOptions extends Authorities {
  /** The address the server listens on. */
  host: string;
  /** Aborts when the client is gone or the server stops. */
  signal: AbortSignal;
  /** Hears of requests whose credentials are refused. */
  onUnauthenticated?(request: ApiRequest, refusal: StatusError): void;
}

/** Reads the whole body, unless a pod will. Rejects with StatusError: 400, 401, 403 or 413. */
export async function decodeRequest(
  request: IncomingMessage,
  options: DecodeOptions,
): Promise<ApiRequest> {
  const decoded = decodeHead(request, options);
  if (parseProxyPath(decoded.path))
    return { ...decoded, wire: { url: request.url ?? '/', body: request } };
  const bytes = await readBody(request);
  return { ...decoded, ...(bytes.length > 0 && { body: { bytes } }) };
}

/** For requests that are upgraded: what follows the head is not a body. Throws StatusError. */
export function decodeHead(request: IncomingMessage, options: DecodeOptions): ApiRequest {
  const { host, signal, onUnauthenticated } = options;
  checkHost(request.headers.host, host);
  const { path, query } = targetOf(request);
  const { remoteAddress } = request.socket;
  const decoded: ApiRequest = {
    method: request.method ?? 'GET',
    path,
    query,
    headers: singleHeaders(request),
    user: ANONYMOUS,
    ...(remoteAddress !== undefined && { remoteAddress }),
    signal,
  };
  try {
    decoded.user = authenticate(request, options, isHealthPath(path));
  } catch (error) {
    if (error instanceof StatusError) onUnauthenticated?.(decoded, error);
    throw error;
  }
  return decoded;
}

export function targetOf(request: IncomingMessage): { path: string; query: URLSearchParams } {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  if (at === -1) return { path: url, query: new URLSearchParams() };
  return { path: url.slice(0, at), query: new URLSearchParams(url.slice(at + 1)) };
}

/** Against DNS rebinding: a web page can make a browser send any name it controls, but no address and none of ours. */
function checkHost(header: string | undefined, own: string): void {
  const name = (header ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (isIP(name) !== 0 || SERVER_NAMES.includes(name) || name === own.toLowerCase()) return;
  throw forbidden({ group: '', plural: 'host' }, name, 'this server does not answer to that name');
}

function singleHeaders(request: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}

/** Reads what nobody wants: a client that is still writing would lose the refusal with the connection. Bounded. */
async function dropBody(request: IncomingMessage): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += Buffer.byteLength(chunk);
      if (size > MAX_DROPPED_BYTES) return;
    }
  } catch {
    // The client went away; the answer goes nowhere.
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
    await dropBody(request);
    throw tooLarge(MAX_BODY_BYTES);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Leaving the loop early must not close the connection: the refusal still has to go out on it.
    for await (const item of request.iterator({ destroyOnReturn: false })) {
      const chunk = Buffer.from(item);
      size += chunk.length;
      if (size > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES);
      chunks.push(chunk);
    }
  } catch (error) {
    if (!(error instanceof StatusError)) throw badRequest('the body ended too early');
    request.resume();
    throw error;
  }
  return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks);
}
