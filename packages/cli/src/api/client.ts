/** The REST and A2A calls the commands make. */
import {
  type A2AStreamEvent,
  KagentError,
  parseJsonRpcResponse,
  readA2AStream,
} from '@kagent/spec';
import { z } from 'zod';

export interface ApiClientOptions {
  url: string;
  userId: string;
  signal: AbortSignal;
}

const ErrorBody = z.looseObject({ error: z.string() });
const Envelope = z.looseObject({ data: z.unknown() });

export interface ApiClient {
  /** `data` of the envelope. */
  get(path: string): Promise<unknown>;
  /** The whole body, for answers without an envelope. */
  raw(path: string): Promise<unknown>;
  a2a(
    agent: { namespace: string; name: string },
    method: string,
    params: unknown,
  ): Promise<unknown>;
  a2aStream(
    agent: { namespace: string; name: string },
    method: string,
    params: unknown,
  ): AsyncIterable<A2AStreamEvent>;
}

export function createApiClient({ url, userId, signal }: ApiClientOptions): ApiClient {
  const headers = { 'x-user-id': userId, 'content-type': 'application/json' };

  async function request(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url + path, { ...init, headers, signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new KagentError(
        'unavailable',
        `No kagent answers at ${url}. Start it with \`npm start\` (or \`kagent up\`), or point --kagent-url at it.`,
        { cause: error },
      );
    }
  }

  async function readJson(path: string): Promise<unknown> {
    const response = await request(path, { method: 'GET' });
    const text = await response.text();
    if (!response.ok) throw failure(response.status, text);
    return JSON.parse(text);
  }

  const post = ({
    agent,
    method,
    params,
  }: {
    agent: { namespace: string; name: string };
    method: string;
    params: unknown;
  }) =>
    request(`/api/a2a/${agent.namespace}/${agent.name}/`, {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: '1', method, params }),
    });

  return {
    async get(path) {
      return Envelope.parse(await readJson(path)).data;
    },
    raw: readJson,
    async a2a(agent, method, params) {
      const response = await post({ agent, method, params });
      return rpcResult(response.status, await response.text());
    },
    async *a2aStream(agent, method, params) {
      const response = await post({ agent, method, params });
      const isStream = (response.headers.get('content-type') ?? '').startsWith('text/event-stream');
      if (!isStream || !response.body) {
        rpcResult(response.status, await response.text());
        return;
      }
      yield* readA2AStream(response.body);
    },
  };
}

function rpcResult(status: number, text: string): unknown {
  if (!text.startsWith('{') || (status >= 400 && !text.includes('jsonrpc')))
    throw failure(status, text);
  return parseJsonRpcResponse(text);
}

function failure(status: number, text: string): KagentError {
  const parsed = ErrorBody.safeParse(safeJson(text));
  const message = parsed.success ? parsed.data.error : text.trim() || `HTTP ${status}`;
  return new KagentError(status === 404 ? 'not_found' : 'internal', message);
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
