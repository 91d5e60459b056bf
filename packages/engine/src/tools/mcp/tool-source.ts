/** One MCP server of one agent as a ToolSource: its filter, its names, and whose headers go along. */
import { createHash } from 'node:crypto';
import type { EngineToolServer } from '@kagent/spec';
import type { Logger, Tool, ToolCallContext, ToolSource } from '../../ports.ts';
import type { McpConnection } from './connection.ts';
import type { McpTool } from './client.ts';
import type { McpLease, McpPool } from './pool.ts';
import { publicUrl, serverParams, type McpProtocol } from './server-params.ts';

export interface McpToolSourceOptions {
  pool: McpPool;
  server: EngineToolServer;
  protocol: McpProtocol;
  logger: Logger;
}

/** Connections of callers whose own headers go to the server; the least recently used one is closed first. */
const MAX_CALLER_CONNECTIONS = 32;

export function createMcpToolSource(options: McpToolSourceOptions): ToolSource {
  return new McpToolSource(options);
}

class McpToolSource implements ToolSource {
  readonly name: string;
  readonly #options: McpToolSourceOptions;
  #lease: McpLease | undefined;
  readonly #callers = new Map<string, McpLease>();
  #listed: { from: readonly McpTool[]; tools: Tool[] } | undefined;

  constructor(options: McpToolSourceOptions) {
    this.#options = options;
    this.name = options.server.name ?? publicUrl(options.server.params.url);
  }

  async list(signal: AbortSignal): Promise<{ tools: Tool[]; error?: string }> {
    const answer = await this.#shared().tools(signal);
    if ('error' in answer) return { tools: [], error: answer.error };
    if (this.#listed?.from !== answer.tools) {
      this.#listed = { from: answer.tools, tools: this.#toTools(answer.tools) };
    }
    return { tools: this.#listed.tools };
  }

  async close(): Promise<void> {
    const leases = [this.#lease, ...this.#callers.values()];
    this.#lease = undefined;
    this.#callers.clear();
    await Promise.allSettled(leases.map((lease) => lease?.release()));
  }

  #toTools(tools: readonly McpTool[]): Tool[] {
    const wanted = this.#options.server.tools ?? [];
    const offered = new Set(tools.map((tool) => tool.name));
    const absent = wanted.filter((name) => !offered.has(name));
    if (absent.length > 0) {
      this.#options.logger.warn({ source: this.name, tools: absent }, 'Tool server does not offer these tools');
    }
    return tools
      .filter((tool) => wanted.length === 0 || wanted.includes(tool.name))
      .map((tool) => ({
        spec: {
          name: modelToolName(tool.name),
          description: tool.description,
          inputSchema: tool.inputSchema,
        },
        source: this.name,
        repeatable: tool.repeatable,
        isAgent: false,
        call: (args, context) =>
          this.#connectionFor(context).call(
            { name: tool.name, args, repeatable: tool.repeatable },
            context.signal,
          ),
      }));
  }

  #shared(): McpConnection {
    const { pool, server, protocol } = this.#options;
    this.#lease ??= pool.acquire(serverParams(server, protocol));
    return this.#lease.connection;
  }

  /** Callers whose headers the server may see never share a connection with each other. */
  #connectionFor(context: ToolCallContext): McpConnection {
    const { pool, server, protocol, logger } = this.#options;
    const allowed = (server.allowed_headers ?? []).map((name) => name.toLowerCase());
    const forwarded = allowed.flatMap((name) => {
      const value = context.headers[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    if (forwarded.length === 0) return this.#shared();
    const key = JSON.stringify(forwarded);
    const params = serverParams(server, protocol);
    const fixed = new Set(Object.keys(params.headers).map((name) => name.toLowerCase()));
    const own = forwarded.filter(([name]) => !fixed.has(name));
    const lease =
      this.#callers.get(key) ??
      pool.acquire({ ...params, headers: { ...Object.fromEntries(own), ...params.headers } });
    this.#callers.delete(key);
    this.#callers.set(key, lease);
    const [oldest] = this.#callers;
    if (oldest && this.#callers.size > MAX_CALLER_CONNECTIONS) {
      this.#callers.delete(oldest[0]);
      oldest[1].release().catch((error: unknown) => logger.warn({ error }, 'Closing an MCP connection failed'));
    }
    return lease.connection;
  }
}

/** Models take `[A-Za-z0-9_-]{1,64}`; other names get a digest, so that they stay apart. */
export function modelToolName(name: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 55)}_${digest}`;
}
