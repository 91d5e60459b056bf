/** The agent role: one agent from `/config`, listening for A2A. A tenant of the embedded node, or a process. */
import { createServer, type Server } from 'node:http';
import {
  type AgentRuntime,
  type Breakers,
  createEngine,
  createModel,
  type McpPool,
  type RunStore,
  systemClock,
} from '@kagent/engine';
import { listen } from '../listen.ts';
import type { FileLogger } from '../../terminal/logger.ts';

export interface EngineRoleOptions {
  host: string;
  port: number;
  env: Record<string, string | undefined>;
  readFile: (path: string) => Promise<string>;
  /** Resolves cluster names; used for models, tools and other agents. */
  fetch: typeof globalThis.fetch;
  mcpPool: McpPool;
  breakers: Breakers;
  runs: RunStore;
  /** Name of this process in run leases. */
  holder: string;
  logger: Pick<FileLogger, 'debug' | 'info' | 'warn' | 'error'>;
}

export interface RunningEngine {
  runtime: AgentRuntime;
  /** Hands live runs over to whoever comes next, then closes the port. */
  stop(): Promise<void>;
}

export async function startEngineRole(options: EngineRoleOptions): Promise<RunningEngine> {
  const { env, readFile, fetch, mcpPool, breakers, runs, holder, logger } = options;
  const runtime = await createEngine({
    files: { readFile },
    env,
    fetch,
    mcpPool,
    runs,
    clock: systemClock,
    randomId: () => crypto.randomUUID(),
    logger,
    holder,
    createModel: (input) =>
      createModel({
        ...input,
        clock: systemClock,
        random: Math.random,
        logger,
        fetch,
        readFile,
        breakers,
      }),
  });
  const server = createServer(runtime.listener);
  await listen(server, { ...options, purpose: 'A2A', hint: '--port' });
  const resumed = await runtime.start();
  if (resumed > 0) logger.info({ runs: resumed }, 'took over runs that were left');
  return {
    runtime,
    async stop() {
      await runtime.stop();
      await close(server);
    },
  };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
