/** One agent, ready to serve: config, model, tools and journal put together. Idle it costs kilobytes and no timer. */
import type { RequestListener } from 'node:http';
import type { AgentCard, EngineConfig } from '@kagent/spec';
import { createA2AHandler, type A2AHandler } from './a2a/handler.ts';
import { createA2AListener } from './a2a/http.ts';
import { runLimits } from './loop/limits.ts';
import { openToolbox } from './loop/toolbox.ts';
import type { Clock, Logger, Model, RunStore, ToolSource } from './ports.ts';
import { createExecutor, type Executor, type ExecutorSettings } from './runs/executor.ts';

export interface AgentRuntimeOptions {
  config: EngineConfig;
  card: AgentCard;
  identity: { namespace: string; name: string };
  model: Model;
  tools: ToolSource[];
  runs: RunStore;
  clock: Clock;
  /** UUIDs for tasks, sessions and messages that come without. */
  randomId: () => string;
  logger: Logger;
  /** Name of this process in run leases; must differ between processes. */
  holder: string;
  /** Bytes of one request. */
  maxBody?: number;
  executor?: Partial<ExecutorSettings>;
}

export interface ToolStatus {
  source: string;
  tools: string[];
  error?: string;
}

export interface AgentRuntime {
  /** A2A without transport, for callers in the same process. */
  readonly handler: A2AHandler;
  /** The HTTP surface; serves from the start, whether or not `start` was called. */
  readonly listener: RequestListener;
  /** Takes over runs that an earlier process left. Answers how many at once; more may follow as leases pass. */
  start(): Promise<number>;
  /** Asks every tool source now. */
  toolStatus(signal: AbortSignal): Promise<ToolStatus[]>;
  /** Hands live runs over, then closes the tool sources. */
  stop(): Promise<void>;
  readonly liveRuns: number;
}

/** Connects to nothing and starts nothing. */
export function createAgentRuntime(options: AgentRuntimeOptions): AgentRuntime {
  const { config, card, identity, runs, clock, randomId, logger, tools } = options;
  const agent = `${identity.namespace}/${identity.name}`;
  const executor: Executor = createExecutor({
    agent,
    definition: {
      instruction: config.instruction,
      model: options.model,
      tools,
      limits: runLimits(config.limits),
    },
    runs,
    holder: options.holder,
    clock,
    logger,
    settings: options.executor,
  });
  const handler = createA2AHandler({
    agent,
    executor,
    runs,
    randomId,
    streamDeltas: config.stream !== false,
  });
  return {
    handler,
    listener: createA2AListener({ handler, card, clock, logger, maxBody: options.maxBody }),
    start: () => executor.resumeAtStart(),
    toolStatus: (signal) =>
      Promise.all(
        tools.map(async (source) => {
          const { byName, missing } = await openToolbox([source], signal, logger);
          const error = missing[0]?.error;
          return { source: source.name, tools: [...byName.keys()], ...(error ? { error } : {}) };
        }),
      ),
    async stop() {
      await executor.stop();
      await Promise.allSettled(tools.map((source) => source.close()));
    },
    get liveRuns() {
      return executor.liveRuns;
    },
  };
}
