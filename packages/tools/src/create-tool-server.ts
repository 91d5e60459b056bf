/** The tools as an MCP server over Streamable HTTP. Stateless: every request stands alone, so replicas need no affinity. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, Server, type Tool } from '@modelcontextprotocol/server';
import { type Clock, type KubeClient, type Logger, systemClock } from '@kagent/kube';
import { createK8sProvider } from './k8s/provider.ts';
import { createToolMetrics } from './metrics.ts';
import { createToolRegistry, type ToolProvider, type ToolRegistry } from './registry.ts';

export interface ToolServerOptions {
  kube: KubeClient;
  /** Default: the Kubernetes tools. */
  providers?: readonly ToolProvider[];
  /** Leave out every tool that may change something. */
  readOnly?: boolean;
  /** For tools that download; default the global one. */
  fetch?: typeof globalThis.fetch;
  clock?: Clock;
  logger: Logger;
  version: string;
}

export interface ToolServer {
  readonly registry: ToolRegistry;
  /** Answers a request; everything but `/health` and `/metrics` is MCP. Never throws. */
  handler(request: IncomingMessage, response: ServerResponse): void;
  /** Ends running exchanges. */
  close(): Promise<void>;
}

export const SERVER_NAME = 'kagent-tools-server';

export function createToolServer(options: ToolServerOptions): ToolServer {
  const { logger, clock = systemClock, version } = options;
  const providers = options.providers ?? [
    createK8sProvider({ kube: options.kube, clock, fetch: options.fetch ?? globalThis.fetch }),
  ];
  const registry = createToolRegistry({ providers, readOnly: options.readOnly, logger });
  const metrics = createToolMetrics(registry, { name: SERVER_NAME, version });
  const tools = registry.tools.map(({ name, description, annotations, inputSchema }): Tool => ({
    name,
    description,
    annotations,
    inputSchema: { ...inputSchema, type: 'object' },
  }));

  function createMcpServer(): Server {
    const server = new Server({ name: SERVER_NAME, version }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', () => ({ tools }));
    server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
      const startedAt = clock.now();
      const output = await registry.call(params.name, params.arguments ?? {}, {
        signal: mcpReq.signal,
      });
      const isError = output.isError === true;
      const tool = registry.find(params.name);
      if (tool !== undefined) metrics.record(tool, isError);
      logger.debug(
        { tool: params.name, isError, durationMs: clock.now() - startedAt },
        'tool called',
      );
      return { content: [{ type: 'text', text: output.text }], isError };
    });
    return server;
  }

  const onerror = (error: Error) => logger.warn({ error: error.message }, 'MCP request failed');
  const mcp = createMcpHandler(createMcpServer, { onerror });
  const answerMcp = toNodeHandler(mcp, { onerror });
  const isTrustedOrigin = localhostOriginValidation();

  return {
    registry,
    handler(request, response) {
      const path = (request.url ?? '/').split('?')[0];
      if (path === '/health') response.setHeader('content-type', 'text/plain').end('OK');
      else if (path === '/metrics')
        response.setHeader('content-type', 'text/plain; version=0.0.4').end(metrics.render());
      // A web page that got here by DNS rebinding has a foreign Origin; MCP clients send none.
      else if (isTrustedOrigin(request, response)) void answerMcp(request, response);
    },
    close: () => mcp.close(),
  };
}
