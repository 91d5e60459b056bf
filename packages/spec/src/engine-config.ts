/**
 * `config.json` of an agent, the contract between controller and engine (and the agent images of the older system).
 * Read leniently: `null` lists, unknown keys and the keys of later versions are accepted.
 */
import { z } from 'zod';

const headers = z.record(z.string(), z.string()).nullish();

const tls = {
  tls_insecure_skip_verify: z.boolean().nullish(),
  tls_ca_cert_path: z.string().nullish(),
  tls_disable_system_cas: z.boolean().nullish(),
};

export const EngineModel = z.looseObject({
  type: z.enum([
    'openai',
    'azure_openai',
    'anthropic',
    'gemini',
    'gemini_vertex_ai',
    'gemini_anthropic',
    'ollama',
    'bedrock',
  ]),
  model: z.string(),
  headers,
  base_url: z.string().nullish(),
  api_key_passthrough: z.boolean().nullish(),
  frequency_penalty: z.number().nullish(),
  presence_penalty: z.number().nullish(),
  max_tokens: z.number().int().nullish(),
  max_completion_tokens: z.number().int().nullish(),
  n: z.number().int().nullish(),
  reasoning_effort: z.string().nullish(),
  seed: z.number().int().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  top_k: z.number().nullish(),
  /** Seconds. */
  timeout: z.number().nullish(),
  options: z.record(z.string(), z.string()).nullish(),
  ...tls,
});
export type EngineModel = z.infer<typeof EngineModel>;

const params = z.looseObject({
  url: z.string(),
  headers,
  /** Seconds. */
  timeout: z.number().nullish(),
  /** Seconds. */
  sse_read_timeout: z.number().nullish(),
  terminate_on_close: z.boolean().nullish(),
  ...tls,
});

export const EngineToolServer = z.looseObject({
  params,
  /** Tool names to expose; null, absent or empty means all. */
  tools: z.array(z.string()).nullish(),
  allowed_headers: z.array(z.string()).nullish(),
  require_approval: z.array(z.string()).nullish(),
  /** Ours: what people call the server, e.g. `RemoteMCPServer/kagent-tool-server`. */
  name: z.string().nullish(),
});
export type EngineToolServer = z.infer<typeof EngineToolServer>;

export const EngineRemoteAgent = z.looseObject({
  /** Tool name, `ns__NS__name`. */
  name: z.string(),
  url: z.string(),
  headers,
  description: z.string().nullish(),
  isolate_sessions: z.boolean().nullish(),
});
export type EngineRemoteAgent = z.infer<typeof EngineRemoteAgent>;

/** Bounds of one run; every one reaches the model calls, tools and sub-agents below it. */
export const EngineLimits = z.looseObject({
  /** Model calls in one run. */
  max_turns: z.number().int().positive().nullish(),
  /** Seconds. */
  max_duration: z.number().positive().nullish(),
  /** Input plus output tokens of the run. */
  max_tokens: z.number().int().positive().nullish(),
  /** Seconds for one tool call. */
  tool_timeout: z.number().positive().nullish(),
});
export type EngineLimits = z.infer<typeof EngineLimits>;

export const EngineConfig = z.looseObject({
  model: EngineModel,
  description: z.string().nullish(),
  instruction: z.string(),
  http_tools: z.array(EngineToolServer).nullish(),
  sse_tools: z.array(EngineToolServer).nullish(),
  remote_agents: z.array(EngineRemoteAgent).nullish(),
  execute_code: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  /** Ours: `namespace/name` of the ModelConfig, for messages to people. */
  model_config_name: z.string().nullish(),
  /** Ours. */
  limits: EngineLimits.nullish(),
});
export type EngineConfig = z.infer<typeof EngineConfig>;
