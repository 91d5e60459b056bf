/** One agent from what its pod has: config and card files, environment, and the process's shared parts. */
import {
  AgentCard,
  EngineConfig,
  KagentError,
  type EngineModel,
  type EngineToolServer,
} from '@kagent/spec';
import type { z } from 'zod';
import { DEFAULT_MAX_BODY } from './a2a/http.ts';
import { createAgentRuntime, type AgentRuntime } from './create-agent-runtime.ts';
import type { Clock, Logger, Model, RunStore, ToolSource } from './ports.ts';
import type { ExecutorSettings } from './runs/executor.ts';
import { createAgentToolSource } from './tools/agents/agent-tool-source.ts';
import type { McpPool } from './tools/mcp/pool.ts';
import type { McpProtocol } from './tools/mcp/server-params.ts';
import { createMcpToolSource } from './tools/mcp/tool-source.ts';

export interface EngineOptions {
  /** The pod's file system. */
  files: { readFile(path: string): Promise<string> };
  /** The pod's environment: `KAGENT_NAMESPACE`, `KAGENT_NAME`, optional `CONFIG_DIR`, `A2A_MAX_CONTENT_LENGTH`. */
  env: Record<string, string | undefined>;
  /** For calls to other agents. */
  fetch: typeof globalThis.fetch;
  /** Shared by all agents of the process. */
  mcpPool: McpPool;
  runs: RunStore;
  createModel(input: {
    config: EngineModel;
    /** For messages to people. */
    configName: string;
    env: Record<string, string | undefined>;
  }): Model;
  clock: Clock;
  randomId: () => string;
  logger: Logger;
  /** Name of this process in run leases; must differ between processes. */
  holder: string;
  executor?: Partial<ExecutorSettings>;
}

/**
 * Reads `config.json` and `agent-card.json` from `CONFIG_DIR` (default `/config`). Connects to nothing. Rejects with
 * `invalid_argument` that names the file and the field, or the variable.
 */
export async function createEngine(options: EngineOptions): Promise<AgentRuntime> {
  const { env, files, clock, randomId, logger } = options;
  const identity = {
    namespace: required(env, 'KAGENT_NAMESPACE'),
    name: required(env, 'KAGENT_NAME'),
  };
  const folder = env.CONFIG_DIR || '/config';
  const config = await readJson(files, `${folder}/config.json`, EngineConfig);
  const card = await readJson(files, `${folder}/agent-card.json`, AgentCard);
  return createAgentRuntime({
    config,
    card,
    identity,
    model: options.createModel({
      config: config.model,
      configName: config.model_config_name || config.model.model,
      env,
    }),
    tools: toolSources(config, options),
    runs: options.runs,
    clock,
    randomId,
    logger,
    holder: options.holder,
    maxBody: maxBody(env),
    executor: options.executor,
  });
}

function toolSources(config: EngineConfig, options: EngineOptions): ToolSource[] {
  const { mcpPool: pool, fetch, clock, randomId, logger, files } = options;
  const readFile = (path: string) => files.readFile(path);
  const mcp = (servers: EngineToolServer[] | null | undefined, protocol: McpProtocol) =>
    (servers ?? []).map((server) =>
      createMcpToolSource({ pool, server, protocol, logger, readFile }),
    );
  const agents = config.remote_agents ?? [];
  return [
    ...mcp(config.http_tools, 'STREAMABLE_HTTP'),
    ...mcp(config.sse_tools, 'SSE'),
    ...(agents.length > 0
      ? [createAgentToolSource({ agents, fetch, clock, randomId, logger })]
      : []),
  ];
}

function required(env: Record<string, string | undefined>, name: string): string {
  const value = env[name]?.trim();
  if (!value)
    throw new KagentError('invalid_argument', `The environment variable ${name} is missing.`);
  return value;
}

/** Bytes; `0`, `none` and `unlimited` lift the limit. */
function maxBody(env: Record<string, string | undefined>): number {
  const text = env.A2A_MAX_CONTENT_LENGTH?.trim().toLowerCase();
  if (!text) return DEFAULT_MAX_BODY;
  if (text === '0' || text === 'none' || text === 'unlimited') return Infinity;
  const bytes = Number(text);
  if (Number.isInteger(bytes) && bytes > 0) return bytes;
  throw new KagentError(
    'invalid_argument',
    'The environment variable A2A_MAX_CONTENT_LENGTH must be a number of bytes, "none" or "unlimited".',
  );
}

/** Error texts name path and rule, never a value: the config holds resolved secrets. */
async function readJson<T>(
  files: EngineOptions['files'],
  path: string,
  schema: z.ZodType<T>,
): Promise<T> {
  let text: string;
  try {
    text = await files.readFile(path);
  } catch (cause) {
    throw new KagentError('invalid_argument', `${path} can't be read.`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new KagentError('invalid_argument', `${path} is not valid JSON.`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || '(root)'}: ${issue.message}`);
  throw new KagentError('invalid_argument', `${path} is not valid: ${problems.join('; ')}`);
}
