/** What every route gets. Built once by `createServer`. */
import type { KubeClient, KubeObject } from '@kagent/kube';
import type { Agent, ModelConfig } from '@kagent/spec';
import type { AgentInvoker } from './agent-invoker.ts';
import type { Metrics } from './metrics.ts';
import type { Store } from './store.ts';

export interface Logger {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

/** A synced, read-only view of one kind. */
export interface ObjectCache<T extends KubeObject> {
  list(namespace?: string): readonly T[];
  get(key: { namespace: string; name: string }): T | undefined;
}

export interface VersionInfo {
  kagent_version: string;
  git_commit: string;
  build_date: string;
}

export interface ServerContext {
  store: Store;
  kube: KubeClient;
  agents: ObjectCache<Agent>;
  modelConfigs: ObjectCache<ModelConfig>;
  invoker: AgentInvoker;
  metrics: Metrics;
  logger: Logger;
  /** Namespace of the platform itself; bare names resolve here. */
  namespace: string;
  /** Base of the URLs in agent cards, e.g. `http://127.0.0.1:8083`. */
  publicUrl: () => string;
  version: VersionInfo;
  randomId: () => string;
}

/** `{ error: false, data, message }`, the envelope of every REST success. */
export function ok<T>(data: T, message: string): { error: false; data: T; message: string } {
  return { error: false, data, message };
}

/** RFC 3339 of a store time. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
