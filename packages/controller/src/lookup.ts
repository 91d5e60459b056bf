/** What reconcilers read of other objects: a synchronous view of the caches that notes every question asked. */
import type { ConfigMap, Namespace, ObjectKey, Secret, Service } from '@kagent/kube';
import type { Agent, MCPServer, ModelConfig, RemoteMCPServer } from '@kagent/spec';
import type { Problem } from './problem.ts';

/** Kinds that others refer to. */
export interface ReferencedKinds {
  Agent: Agent;
  ModelConfig: ModelConfig;
  RemoteMCPServer: RemoteMCPServer;
  MCPServer: MCPServer;
  Secret: Secret;
  ConfigMap: ConfigMap;
  Service: Service;
  Namespace: Namespace;
}

export type ReferencedKind = keyof ReferencedKinds;

export interface Lookup {
  /** The cached object, or undefined. Asking makes the asker depend on the object, also when it does not exist yet. */
  get<K extends ReferencedKind>(kind: K, key: ObjectKey): ReferencedKinds[K] | undefined;
}

/** Where references are resolved from, and where problems go. */
export interface Scope {
  /** Namespace that unqualified names belong to. */
  namespace: string;
  lookup: Lookup;
  problems: Problem[];
}
