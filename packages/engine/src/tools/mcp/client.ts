/** The only place that touches the MCP SDK: connect, list, call. Loads it with the first connection. */
import type {
  CallToolResult,
  Client,
  StreamableHTTPClientTransport,
  Tool as SdkTool,
  Transport,
} from '@modelcontextprotocol/client';
import { isKagentError } from '@kagent/spec';
import { publicUrl, type Fetch, type McpServerParams } from './server-params.ts';

export interface McpTool {
  name: string;
  description: string;
  inputSchema: Record<string, unknown>;
  /** The server says calling it twice is harmless. */
  repeatable: boolean;
}

export interface McpClient {
  /** All pages. */
  listTools(signal: AbortSignal): Promise<McpTool[]>;
  /** Rejects with what `classifyFailure` reads. */
  callTool(
    call: { name: string; args: Record<string, unknown>; timeoutMs: number },
    signal: AbortSignal,
  ): Promise<CallToolResult>;
  close(): Promise<void>;
}

export interface McpClientEvents {
  /** The server has other tools now. */
  onToolsChanged(tools: McpTool[]): void;
  /** The connection ended from the other side. */
  onClosed(): void;
}

/** Longest a server may take for a page of tools or the handshake; the caller's signal is usually shorter. */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Connects with the plain `initialize` handshake, which every revision up to 2025-11-25 knows; a server that refuses it
 * is asked again with version negotiation. Rejects when `signal` aborts or the server can't be reached.
 */
export async function connectMcpClient(
  input: { params: McpServerParams; fetch: Fetch; events: McpClientEvents },
  signal: AbortSignal,
): Promise<McpClient> {
  try {
    return await connect(input, signal, 'legacy');
  } catch (error) {
    if (signal.aborted || input.params.protocol === 'SSE' || !refusesHandshake(error)) throw error;
    return connect(input, signal, 'auto');
  }
}

async function connect(
  input: { params: McpServerParams; fetch: Fetch; events: McpClientEvents },
  signal: AbortSignal,
  mode: 'legacy' | 'auto',
): Promise<McpClient> {
  const sdk = await import('@modelcontextprotocol/client');
  const { params, fetch, events } = input;
  const client = new sdk.Client(
    { name: 'kagent', version: '0.1.0' },
    {
      versionNegotiation: { mode },
      // Results go to a model, which copes with what a schema would refuse.
      jsonSchemaValidator: {
        getValidator: () => (data) => ({
          valid: true,
          data: data as never,
          errorMessage: undefined,
        }),
      },
      listChanged: {
        tools: {
          debounceMs: 100,
          onChanged: (error, tools) => {
            if (!error && tools) events.onToolsChanged(tools.map(toMcpTool));
          },
        },
      },
    },
  );
  const url = new URL(params.url);
  // The SSE transport keeps the reason of a failed request to itself.
  let failedFetch: unknown;
  const watched: Fetch = async (input, init) => {
    try {
      return await fetch(input, init);
    } catch (error) {
      failedFetch = error;
      throw error;
    }
  };
  const options = { fetch: watched, requestInit: { headers: params.headers } };
  const transport: Transport =
    params.protocol === 'SSE'
      ? new sdk.SSEClientTransport(url, options)
      : failLostRequests(new sdk.StreamableHTTPClientTransport(url, options));
  try {
    await client.connect(transport, { signal, timeout: REQUEST_TIMEOUT_MS });
  } catch (error) {
    await client.close().catch(() => undefined);
    throw failedFetch ?? error;
  }
  client.onclose = events.onClosed;
  client.onerror = (error) => {
    // A broken event stream is another session when it comes back, one that never shook hands.
    if (error instanceof sdk.SseError) client.close().catch(() => undefined);
  };
  return wrap(client, transport);
}

/** Our own JSON-RPC code for a request whose answer can't come any more. */
const LOST_CODE = -32_099;

/**
 * The SDK leaves a request waiting for its timeout when the stream that was to bring the answer breaks. This answers it
 * with an error at once; one that has its answer already ignores the second.
 */
function failLostRequests(transport: StreamableHTTPClientTransport): StreamableHTTPClientTransport {
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    if (!('method' in message) || !('id' in message)) return send(message, options);
    const { id } = message;
    const onRequestStreamEnd = () => {
      options?.onRequestStreamEnd?.();
      const error = { code: LOST_CODE, message: 'The connection was lost before the answer came' };
      transport.onmessage?.({ jsonrpc: '2.0', id, error });
    };
    return send(message, { ...options, onRequestStreamEnd });
  };
  return transport;
}

function wrap(client: Client, transport: Transport): McpClient {
  return {
    async listTools(signal) {
      const { tools } = await client.listTools(undefined, { signal, timeout: REQUEST_TIMEOUT_MS });
      return tools.map(toMcpTool);
    },
    callTool: ({ name, args, timeoutMs }, signal) =>
      client.callTool(
        { name, arguments: args },
        { signal, timeout: timeoutMs, resetTimeoutOnProgress: true, onprogress: () => undefined },
      ),
    async close() {
      client.onclose = undefined;
      if ('terminateSession' in transport && typeof transport.terminateSession === 'function') {
        const terminated: Promise<void> = transport.terminateSession();
        await terminated.catch(() => undefined);
      }
      await client.close().catch(() => undefined);
    },
  };
}

function toMcpTool(tool: SdkTool): McpTool {
  const hints = tool.annotations;
  return {
    name: tool.name,
    description: tool.description ?? tool.title ?? '',
    inputSchema: tool.inputSchema,
    repeatable: hints?.readOnlyHint === true || hints?.idempotentHint === true,
  };
}

export type McpFailure =
  /** The request can't have reached the server's tool: safe to send again on a new connection. */
  | 'not-delivered'
  /** It may have. */
  | 'lost'
  | 'timeout'
  /** The server answered with an error. */
  | 'answered';

/** What an error of `callTool` means for the call. */
export function classifyFailure(error: unknown): McpFailure {
  if (error instanceof Error && 'code' in error && error.code === LOST_CODE) return 'lost';
  const status = httpStatus(error);
  // 404: the server forgot the session; 400 and 401, 403 are refusals before the tool, 502 and 503 come from proxies.
  if (status === 404) return 'not-delivered';
  if (status !== undefined) return status >= 500 ? 'lost' : 'answered';
  const code = errorCode(error);
  if (code === 'REQUEST_TIMEOUT') return 'timeout';
  if (code === 'NOT_CONNECTED') return 'not-delivered';
  if (code === 'CONNECTION_CLOSED' || code === 'SEND_FAILED') return 'lost';
  const cause = networkCause(error);
  if (cause) return NOT_DELIVERED.has(cause) ? 'not-delivered' : 'lost';
  return error instanceof TypeError ? 'lost' : 'answered';
}

const NOT_DELIVERED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function refusesHandshake(error: unknown): boolean {
  const status = httpStatus(error);
  if (status !== undefined) return status === 400 || status === 404 || status === 405;
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}

/** Why a server can't be used, for people; without secrets and the same each time, so that it is told once. */
export function describeFailure(error: unknown, params: McpServerParams): string {
  const where = publicUrl(params.url);
  if (isKagentError(error)) return error.message;
  const status = httpStatus(error);
  if (status === 401 || status === 403)
    return `${where} refuses access (HTTP ${status}); check its headers`;
  if (status !== undefined) return `${where} answers HTTP ${status}`;
  if (error instanceof Error && error.name === 'UnauthorizedError') {
    return `${where} refuses access (HTTP 401); check its headers`;
  }
  if (errorCode(error) === 'ERR_INVALID_URL') return 'its URL is not valid';
  const cause = networkCause(error);
  if (cause === 'ECONNREFUSED') return `${where} refuses connections`;
  if (cause === 'ENOTFOUND' || cause === 'EAI_AGAIN') return `the host of ${where} is not known`;
  if (cause && /CERT|ISSUER|SIGNATURE|TLS/.test(cause))
    return `the certificate of ${where} is not trusted (${cause})`;
  if (cause) return `${where} can't be reached (${cause})`;
  if (errorCode(error) === 'REQUEST_TIMEOUT') return `${where} does not answer in time`;
  return `${where} does not speak MCP as expected`;
}

function httpStatus(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('status' in error && typeof error.status === 'number') return error.status;
  // The SSE transport reports the status of its stream as `code`.
  if ('code' in error && typeof error.code === 'number' && error.code >= 400 && error.code < 600)
    return error.code;
  return undefined;
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** The system error code at the bottom of a failed fetch. */
function networkCause(error: unknown): string | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    const code = errorCode(current);
    if (code && /^(E[A-Z]+|UND_ERR_[A-Z_]+|[A-Z_]*(CERT|ISSUER|SIGNATURE|TLS)[A-Z_]*)$/.test(code))
      return code;
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return undefined;
}
