/** REST, the A2A gateway, and the stores behind them. */
export type { AgentAddress, AgentInvoker, Invocation, InvocationContext } from './agent-invoker.ts';
export { DEFAULT_USER } from './auth.ts';
export type { Logger, ObjectCache, ServerContext, VersionInfo } from './context.ts';
export { createServer, type ServerOptions } from './create-server.ts';
export { createHttpInvoker } from './http-invoker.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export type { RunJournal, SessionStore, Store, TaskStore, ToolServerStore } from './store.ts';
export { createSqliteStore, type SqliteStoreOptions } from './stores/sqlite/create-sqlite-store.ts';
