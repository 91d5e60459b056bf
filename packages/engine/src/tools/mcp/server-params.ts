/** How to reach one MCP server. */
import type { EngineToolServer } from '@kagent/spec';

export type McpProtocol = 'STREAMABLE_HTTP' | 'SSE';

export interface McpTls {
  insecureSkipVerify: boolean;
  caCertPath: string | undefined;
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

export function serverParams(server: EngineToolServer, protocol: McpProtocol): McpServerParams {
  const { params } = server;
  const tls: McpTls = {
    insecureSkipVerify: params.tls_insecure_skip_verify ?? false,
    caCertPath: params.tls_ca_cert_path ?? undefined,
    disableSystemCas: params.tls_disable_system_cas ?? false,
  };
  const hasTls = tls.insecureSkipVerify || tls.caCertPath !== undefined || tls.disableSystemCas;
  return {
    url: params.url,
    protocol,
    headers: params.headers ?? {},
    ...(params.timeout ? { connectTimeoutMs: params.timeout * 1000 } : {}),
    ...(params.sse_read_timeout ? { callTimeoutMs: params.sse_read_timeout * 1000 } : {}),
    ...(hasTls ? { tls } : {}),
  };
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
