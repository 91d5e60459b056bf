/**
 * All MCP connections of a process. Agents that use the same server with the same headers share one connection and one
 * list of tools, however many they are.
 */
import type { Clock, Logger } from '../../ports.ts';
import { createMcpConnection, type McpConnection } from './connection.ts';
import { serverKey, type Fetch, type McpServerParams } from './server-params.ts';
import { withTls } from './tls-fetch.ts';

export interface McpPoolOptions {
  fetch: Fetch;
  clock: Clock;
  logger: Logger;
  /** Default 5 s. */
  connectTimeoutMs?: number;
}

export interface McpLease {
  readonly connection: McpConnection;
  /** Once nobody holds it, the connection closes. Idempotent. */
  release(): Promise<void>;
}

export interface McpPool {
  /** Does not connect yet. */
  acquire(params: McpServerParams): McpLease;
  /** Connections that somebody holds, open or not. */
  readonly size: number;
  close(): Promise<void>;
}

export function createMcpPool(options: McpPoolOptions): McpPool {
  const { clock, logger } = options;
  const entries = new Map<string, { connection: McpConnection; holders: number }>();

  const open = (params: McpServerParams) =>
    createMcpConnection({
      params,
      clock,
      logger,
      fetch: async () => (params.tls ? withTls(options.fetch, params.tls) : options.fetch),
      connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    });

  return {
    acquire(params) {
      const key = serverKey(params);
      const entry = entries.get(key) ?? { connection: open(params), holders: 0 };
      entries.set(key, entry);
      entry.holders += 1;
      let held = true;
      return {
        connection: entry.connection,
        async release() {
          if (!held) return;
          held = false;
          entry.holders -= 1;
          if (entry.holders > 0) return;
          if (entries.get(key) === entry) entries.delete(key);
          await entry.connection.close();
        },
      };
    },
    get size() {
      return entries.size;
    },
    async close() {
      const all = [...entries.values()];
      entries.clear();
      await Promise.allSettled(all.map((entry) => entry.connection.close()));
    },
  };
}
