/** The binding for clients in the same process: no socket, and no JSON text in between. */
import { setImmediate } from 'node:timers';

import { kubeErrorFromStatus } from '@kagent/kube';
import type { KubeRequest, KubeResponse, Status, Transport } from '@kagent/kube';

import { isObject } from '../schema/json.ts';
import type { ApiHandler, ApiHeaders, ApiRequest, ApiResponse, User } from './request.ts';
import { badRequest, internalError } from './status-error.ts';

/**
 * A transport for `user`. Bodies are copied on the way in; what comes out is what the server itself holds and must be
 * treated as frozen. Watches and log streams end when the request's signal aborts.
 */
export function createLocalTransport(handler: ApiHandler, user: User): Transport {
  const turn = createTurns();
  return {
    async request(request) {
      const wait = turn();
      if (wait) await wait;
      return toKubeResponse(await handler(toApiRequest(request, user)), request.signal);
    },
    async watch(request) {
      const query = { ...request.query, watch: 'true' };
      const response = await handler(toApiRequest({ ...request, query }, user));
      if (response.kind !== 'watch') throw refusal(response);
      return watchEvents(response);
    },
    async stream(request) {
      const response = await handler(toApiRequest(request, user));
      if (response.kind === 'stream') return response.chunks;
      if (response.kind === 'text' && response.status < 400) return single(response.body);
      throw refusal(response);
    },
  };
}

/** So long requests may follow each other before sockets and timers are looked at. */
const TURN_MS = 10;

/**
 * Everything here is answered in microtasks, which the event loop never interrupts: a thousand reconcilers at work would
 * keep connections waiting for seconds. Gives the promise of the loop's next turn once the current one has lasted too long.
 */
function createTurns(): () => Promise<void> | undefined {
  let current: { since: number; next: Promise<void> } | undefined;
  return () => {
    if (current === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      current = { since: performance.now(), next: promise };
      setImmediate(() => {
        current = undefined;
        resolve();
      });
      return undefined;
    }
    return performance.now() - current.since > TURN_MS ? current.next : undefined;
  };
}

function toApiRequest(request: KubeRequest, user: User): ApiRequest {
  const { method, path, query = {}, headers = {}, body, signal } = request;
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers,
    ...(body !== undefined && { body: { value: body } }),
    user,
    signal,
  };
}

async function toKubeResponse(response: ApiResponse, signal?: AbortSignal): Promise<KubeResponse> {
  const { status } = response;
  const headers = flatten(response.headers);
  switch (response.kind) {
    case 'json':
    case 'text':
    case 'bytes':
      return { status, headers, body: response.body };
    case 'stream': {
      let body = '';
      for await (const chunk of response.chunks) body += chunk;
      return { status, headers, body };
    }
    case 'proxied': {
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.chunks) chunks.push(chunk);
      return { status, headers, body: Buffer.concat(chunks).toString('utf8') };
    }
    case 'watch': {
      const events: object[] = [];
      for await (const { type, object } of response.frames) {
        events.push({ type, object });
        signal?.throwIfAborted();
      }
      return { status, headers, body: events };
    }
    case 'connect':
      throw kubeErrorFromStatus(badRequest('Upgrade request required').status);
  }
}

async function* watchEvents(response: ApiResponse & { kind: 'watch' }): AsyncGenerator<unknown> {
  for await (const { type, object } of response.frames) yield { type, object };
}

async function* single(text: string): AsyncGenerator<string> {
  yield text;
}

function refusal(response: ApiResponse): Error {
  const body: unknown = 'body' in response ? response.body : undefined;
  const isStatus = isObject(body) && body['kind'] === 'Status';
  // The server made it: `status-error.ts` is the only source of such bodies.
  return kubeErrorFromStatus(
    isStatus ? (body as unknown as Status) : internalError('unexpected answer').status,
  );
}

function flatten(headers: ApiHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}
