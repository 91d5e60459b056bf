/** One MCP server of one agent as a ToolSource: its filter, its names, and whose headers go along. */
import { createHash } from 'node:crypto';
import { isKagentError, type EngineToolServer } from '@kagent/spec';
import type { Logger, Tool, ToolCallContext, ToolSource } from '../../ports.ts';
import type { McpConnection } from './connection.ts';
import type { McpTool } from './client.ts';
import type { McpLease, McpPool } from './pool.ts';
import {
  publicUrl,
  serverParams,
  type McpProtocol,
  type McpServerParams,
  type ReadFile,
} from './server-params.ts';

export interface McpToolSourceOptions {
  pool: McpPool;
  server: EngineToolServer;
  protocol: McpProtocol;
  logger: Logger;
  /** The agent's files, for the CA of servers with TLS settings. */
  readFile?: ReadFile;
}

/** Connections of callers whose own headers go to the server; the least recently used one is closed first. */
const MAX_CALLER_CONNECTIONS = 32;

export function createMcpToolSource(options: McpToolSourceOptions): ToolSource {
  return new McpToolSource(options);
}

class McpToolSource implements ToolSource {
  readonly name: string;
  readonly #options: McpToolSourceOptions;
  #lease: Promise<McpLease> | undefined;
  readonly #callers = new Map<string, McpLease>();
  #listed: { from: readonly McpTool[]; tools: Tool[] } | undefined;

  constructor(options: McpToolSourceOptions) {
    this.#options = options;
    this.name = options.server.name ?? publicUrl(options.server.params.url);
  }

  async list(signal: AbortSignal): Promise<{ tools: Tool[]; error?: string }> {
    let connection: McpConnection;
    try {
      connection = (await this.#shared()).connection;
    } catch (error) {
      return {
        tools: [],
        error: isKagentError(error) ? error.message : 'its settings are not valid',
      };
    }
    const answer = await connection.tools(signal);
    if ('error' in answer) return { tools: [], error: answer.error };
    if (this.#listed?.from !== answer.tools) {
      this.#listed = { from: answer.tools, tools: this.#toTools(answer.tools) };
    }
    return { tools: this.#listed.tools };
  }

  async close(): Promise<void> {
    const shared = this.#lease;
    const callers = [...this.#callers.values()];
    this.#lease = undefined;
    this.#callers.clear();
    await Promise.allSettled([
      shared?.then((lease) => lease.release()),
      ...callers.map((lease) => lease.release()),
    ]);
  }

  #toTools(tools: readonly McpTool[]): Tool[] {
    const wanted = this.#options.server.tools ?? [];
    const offered = new Set(tools.map((tool) => tool.name));
    const absent = wanted.filter((name) => !offered.has(name));
    if (absent.length > 0) {
      this.#options.logger.warn(
        { source: this.name, tools: absent },
        'Tool server does not offer these tools',
      );
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
        call: async (args, context) => {
          const connection = await this.#connectionFor(context);
          const call = { name: tool.name, args, repeatable: tool.repeatable };
          return connection.call(call, context.signal);
        },
      }));
  }

  #params(): Promise<McpServerParams> {
    const { server, protocol, readFile } = this.#options;
    return serverParams(server, protocol, readFile ?? noFiles);
  }

  /** Settings that are wrong now may be right later: the CA of a Secret appears in the file system with delay. */
  #shared(): Promise<McpLease> {
    this.#lease ??= this.#params().then(
      (params) => this.#options.pool.acquire(params),
      (error: unknown) => {
        this.#lease = undefined;
        throw error;
      },
    );
    return this.#lease;
  }

  /** Callers whose headers the server may see never share a connection with each other. */
  async #connectionFor(context: ToolCallContext): Promise<McpConnection> {
    const allowed = (this.#options.server.allowed_headers ?? []).map((name) => name.toLowerCase());
    const forwarded = allowed.flatMap((name) => {
      const value = context.headers[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    if (forwarded.length === 0) return (await this.#shared()).connection;
    const key = JSON.stringify(forwarded);
    const params = await this.#params();
    const fixed = new Set(Object.keys(params.headers).map((name) => name.toLowerCase()));
    const own = forwarded.filter(([name]) => !fixed.has(name));
    const lease =
      this.#callers.get(key) ??
      this.#options.pool.acquire({
        ...params,
        headers: { ...Object.fromEntries(own), ...params.headers },
      });
    this.#callers.delete(key);
    this.#callers.set(key, lease);
    this.#closeOldest();
    return lease.connection;
  }

  #closeOldest(): void {
    const [oldest] = this.#callers;
    if (!oldest || this.#callers.size <= MAX_CALLER_CONNECTIONS) return;
    this.#callers.delete(oldest[0]);
    oldest[1].release().catch((error: unknown) => {
      this.#options.logger.warn({ error }, 'Closing an MCP connection failed');
    });
  }
}

const noFiles: ReadFile = () => Promise.reject(new Error('no file system'));

/** Models take `[A-Za-z0-9_-]{1,64}`; other names get a digest, so that they stay apart. */
export function modelToolName(name: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 55)}_${digest}`;
}
