/** Puts a stdio MCP server on HTTP: `/mcp` (Streamable HTTP) and `/sse` (the older transport). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, type Logger, systemClock } from '@kagent/kube';
import { localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { listen } from '../listen.ts';
import { createBridge } from './bridge.ts';
import { parseAdapterConfig } from './config.ts';
import { createSseSessions } from './sse-sessions.ts';
import { startStdioServer, type StdioServer } from './stdio-server.ts';

export interface McpAdapterOptions {
  /** The `local.yaml` of an MCPServer. */
  configYaml: string;
  /** Environment of the container; that of the configuration wins. Reaches the stdio server, nothing else does. */
  env: Record<string, string>;
  /** Address to listen on; the port is in the configuration. */
  host: string;
  logger: Logger;
  /** Stops the adapter, like `stop`. */
  signal: AbortSignal;
  clock?: Clock;
  version?: string;
}

export interface RunningMcpAdapter {
  /** `http://host:port`. */
  url: string;
  port: number;
  /** Stops listening and ends the stdio server. Idempotent. */
  stop(): Promise<void>;
}

/** How long a request waits for a server that is starting. */
const WAIT_MS = 20_000;

/**
 * Listens at once; the stdio server may still be starting, and is started again (with backoff) whenever it ends. A
 * request while there is none gets 503 with the reason. Rejects with `KagentError` when the configuration is not valid,
 * and when the address can't be used.
 */
export async function startMcpAdapter(options: McpAdapterOptions): Promise<RunningMcpAdapter> {
  const config = parseAdapterConfig(options.configYaml);
  const { logger, clock = systemClock, version = '0.0.0' } = options;
  const stopping = new AbortController();
  const signal = AbortSignal.any([options.signal, stopping.signal]);
  const server = startStdioServer({
    ...config,
    env: { ...options.env, ...config.env },
    version,
    clock,
    logger,
    signal,
  });
  const http = createAdapterHandler(server, logger);
  const stopProcess = async () => {
    stopping.abort(new Error('the adapter is stopping'));
    await server.finished;
  };
  const listening = await listen(http.handler, { host: options.host, port: config.port }).catch(
    async (error: unknown) => {
      await stopProcess();
      throw error;
    },
  );
  logger.info({ url: listening.url, server: config.name }, 'MCP adapter is listening');
  let stopped: Promise<void> | undefined;
  const stop = () =>
    (stopped ??= (async () => {
      http.close();
      await Promise.all([stopProcess(), listening.stop()]);
    })());
  options.signal.addEventListener('abort', () => void stop(), { once: true });
  return { url: listening.url, port: listening.port, stop };
}

interface AdapterHandler {
  handler(request: IncomingMessage, response: ServerResponse): void;
  close(): void;
}

function createAdapterHandler(server: StdioServer, logger: Logger): AdapterHandler {
  const sessions = createSseSessions();
  const onerror = (error: Error) => logger.warn({ error: error.message }, 'MCP request failed');
  const mcp = createMcpHandler(async () => createBridge(await server.connected(WAIT_MS)), {
    onerror,
  });
  const answerMcp = toNodeHandler(mcp, { onerror });
  const isTrustedOrigin = localhostOriginValidation();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path.startsWith('/sse') && request.method === 'POST')
      return await sessions.post(request, response);
    if (path !== '/health' && !path.startsWith('/mcp') && !path.startsWith('/sse')) {
      response.writeHead(404).end('not found');
      return;
    }
    const client = await server.connected(path === '/health' ? 0 : WAIT_MS);
    if (path === '/health') response.setHeader('content-type', 'text/plain').end('OK');
    else if (path.startsWith('/mcp')) await answerMcp(request, response);
    else await sessions.open(createBridge(client), response);
  }

  return {
    handler(request, response) {
      if (!isTrustedOrigin(request, response)) return;
      answer(request, response).catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        logger.warn({ error: message }, 'MCP request failed');
        if (response.headersSent) response.destroy();
        else
          response
            .writeHead(503, { 'content-type': 'application/json' })
            .end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32_000, message } }));
      });
    },
    close() {
      sessions.close();
      void mcp.close();
    },
  };
}
