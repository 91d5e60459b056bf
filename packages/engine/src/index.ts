/** The public names of `@kagent/engine`. */
export type {
  Clock,
  LiveEvent,
  Logger,
  Model,
  ModelEvent,
  ModelMessage,
  ModelRequest,
  NewRun,
  RunStore,
  Tool,
  ToolCallContext,
  ToolSource,
  ToolSpec,
  UserPart,
} from './ports.ts';
export { systemClock } from './system-clock.ts';
export { createEngine, type EngineOptions } from './create-engine.ts';
export {
  createAgentRuntime,
  type AgentRuntime,
  type AgentRuntimeOptions,
  type ToolStatus,
} from './create-agent-runtime.ts';
export { type A2AHandler, type CallContext } from './a2a/handler.ts';
export { createA2AListener, DEFAULT_MAX_BODY, type A2AListenerOptions } from './a2a/http.ts';
export {
  runAgent,
  type AgentDefinition,
  type LoopDeps,
  type RunInput,
  type RunOutcome,
} from './loop/run-agent.ts';
export { toModelMessages } from './loop/conversation.ts';
export { DEFAULT_LIMITS, runLimits, type RunLimits } from './loop/limits.ts';
export {
  createExecutor,
  DEFAULT_EXECUTOR_SETTINGS,
  type Executor,
  type ExecutorOptions,
  type ExecutorSettings,
} from './runs/executor.ts';
export { createHttpRunStore, type HttpRunStoreOptions } from './runs/http-run-store.ts';
export {
  createAgentToolSource,
  type AgentToolSourceOptions,
} from './tools/agents/agent-tool-source.ts';
export { type McpTool } from './tools/mcp/client.ts';
export { discoverTools, type DiscoverToolsOptions } from './tools/mcp/discover-tools.ts';
export {
  createMcpPool,
  type McpLease,
  type McpPool,
  type McpPoolOptions,
} from './tools/mcp/pool.ts';
export { type McpProtocol, type McpServerParams } from './tools/mcp/server-params.ts';
export { createMcpToolSource, type McpToolSourceOptions } from './tools/mcp/tool-source.ts';
export { createModel, type CreateModelOptions } from './models/registry.ts';
export { createModelFetch, type ModelFetchOptions } from './models/model-fetch.ts';
export { createBreakers, type Breakers } from './models/breaker.ts';
export {
  mockLlmListener,
  startMockLlm,
  type MockLlm,
  type MockLlmOptions,
  type StartMockLlmOptions,
} from './mock/server.ts';
export type { Brain, Conversation, Reply } from './mock/brain.ts';
export {
  createScriptedModel,
  ModelScript,
  parseModelScript,
  type ScriptedModel,
} from './mock/scripted.ts';
export { createDemoBrain } from './mock/demo/demo-brain.ts';
export { DEMO_MODEL, startDemoModel } from './mock/demo/start-demo-model.ts';
