/** How to reach one MCP server. */
import { KagentError, type EngineToolServer } from '@kagent/spec';

export type McpProtocol = 'STREAMABLE_HTTP' | 'SSE';

export interface McpTls {
  insecureSkipVerify: boolean;
  /** PEM; trusted beside the system's unless those are off. */
  ca: string | undefined;
  disableSystemCas: boolean;
}

export interface McpServerParams {
  url: string;
  protocol: McpProtocol;
  /** Sent with every request. Part of the identity: other headers are another connection. */
  headers: Record<string, string>;
  /** Milliseconds a connect may take; the pool's own limit holds as well. */
  connectTimeoutMs?: number;
  /** Milliseconds one call may go without an answer or a progress notification. */
  callTimeoutMs?: number;
  tls?: McpTls;
}

export type Fetch = typeof globalThis.fetch;

export type ReadFile = (path: string) => Promise<string>;

/** Rejects with `invalid_argument` when the CA of its TLS settings is missing or can't be read. */
export async function serverParams(
  server: EngineToolServer,
  protocol: McpProtocol,
  readFile: ReadFile,
): Promise<McpServerParams> {
  const { params } = server;
  const tls = await tlsSettings(params, readFile);
  return {
    url: params.url,
    protocol,
    headers: params.headers ?? {},
    ...(params.timeout ? { connectTimeoutMs: params.timeout * 1000 } : {}),
    ...(params.sse_read_timeout ? { callTimeoutMs: params.sse_read_timeout * 1000 } : {}),
    ...(tls ? { tls } : {}),
  };
}

async function tlsSettings(
  params: EngineToolServer['params'],
  readFile: ReadFile,
): Promise<McpTls | undefined> {
  const insecureSkipVerify = params.tls_insecure_skip_verify ?? false;
  const disableSystemCas = params.tls_disable_system_cas ?? false;
  const path = params.tls_ca_cert_path;
  if (!path) {
    if (!insecureSkipVerify && !disableSystemCas) return undefined;
    if (insecureSkipVerify) return { insecureSkipVerify, ca: undefined, disableSystemCas };
    throw new KagentError(
      'invalid_argument',
      'its TLS settings turn the system CAs off and name no other',
    );
  }
  try {
    return { insecureSkipVerify, ca: await readFile(path), disableSystemCas };
  } catch (cause) {
    throw new KagentError(
      'invalid_argument',
      "the CA certificate of its TLS settings can't be read",
      {
        cause,
      },
    );
  }
}

/** The same for servers that may share a connection. Holds header values: keep it in memory only. */
export function serverKey(params: McpServerParams): string {
  const headers = Object.entries(params.headers)
    .map(([name, value]) => [name.toLowerCase(), value])
    .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return JSON.stringify([params.protocol, params.url, headers, params.tls ?? null]);
}

/** The URL without what may be secret: user, password, query. */
export function publicUrl(url: string): string {
  try {
    const { origin, pathname } = new URL(url);
    return `${origin}${pathname}`;
  } catch {
    return 'an invalid URL';
  }
}
