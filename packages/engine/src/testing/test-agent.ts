/** A whole agent on scripted parts, for tests. */
import type { A2AStreamEvent, AgentCard, EngineConfig } from '@kagent/spec';
import { createAgentRuntime, type AgentRuntime } from '../create-agent-runtime.ts';
import type { Clock, Logger, Model, RunStore, ToolSource } from '../ports.ts';
import type { ExecutorSettings } from '../runs/executor.ts';
import { systemClock } from '../system-clock.ts';
import { createMemoryRunStore } from './memory-run-store.ts';

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface TestAgentOptions {
  model: Model;
  tools?: ToolSource[];
  runs?: RunStore;
  clock?: Clock;
  config?: Partial<EngineConfig>;
  holder?: string;
  name?: string;
  executor?: Partial<ExecutorSettings>;
  logger?: Logger;
  maxBody?: number;
}

export interface TestAgent extends AgentRuntime {
  readonly runs: RunStore;
}

/** The agent `kagent/test-agent`. Ids count up, so that journals can be compared. */
export function createTestAgent(options: TestAgentOptions): TestAgent {
  const runs = options.runs ?? createMemoryRunStore();
  const name = options.name ?? 'test-agent';
  let ids = 0;
  const runtime = createAgentRuntime({
    config: {
      model: { type: 'openai', model: 'scripted-1' },
      instruction: 'You are a test.',
      ...options.config,
    },
    card: testCard(name),
    identity: { namespace: 'kagent', name },
    model: options.model,
    tools: options.tools ?? [],
    runs,
    clock: options.clock ?? systemClock,
    randomId: () => `${options.holder ?? 'id'}-${(ids += 1)}`,
    logger: options.logger ?? silentLogger,
    holder: options.holder ?? 'process-a',
    ...(options.executor ? { executor: options.executor } : {}),
    ...(options.maxBody === undefined ? {} : { maxBody: options.maxBody }),
  });
  return Object.defineProperties({ runs } as TestAgent, Object.getOwnPropertyDescriptors(runtime));
}

export function testCard(name: string): AgentCard {
  return {
    name,
    description: 'A test agent',
    url: 'http://localhost:8080/',
    version: '1',
    protocolVersion: '0.3.0',
    capabilities: { streaming: true, pushNotifications: false, stateTransitionHistory: true },
    defaultInputModes: ['text'],
    defaultOutputModes: ['text'],
    skills: [],
  };
}

/** Params of `message/send` and `message/stream`. */
export function textMessage(
  text: string,
  message: { contextId?: string; messageId?: string; taskId?: string } = {},
): { message: Record<string, unknown> } {
  return {
    message: { kind: 'message', role: 'user', parts: [{ kind: 'text', text }], ...message },
  };
}

/** What a promise rejects with; for promises that are to fail while the test goes on. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

export async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** The stream without partial deltas: what a replay shows too. */
export function withoutPartials(events: readonly A2AStreamEvent[]): A2AStreamEvent[] {
  return events.filter(
    (event) => event.kind !== 'status-update' || event.metadata?.kagent_adk_partial !== true,
  );
}
