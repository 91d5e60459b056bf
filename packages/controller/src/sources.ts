/** Every kind the controller watches, and the lookups that reconcilers make in those caches. */
import {
  CONFIG_MAPS,
  type Deployment,
  DEPLOYMENTS,
  keyOf,
  NAMESPACES,
  SECRETS,
  type ServiceAccount,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '@kagent/kube';
import { AGENTS, MCP_SERVERS, MODEL_CONFIGS, REMOTE_MCP_SERVERS } from '@kagent/spec';
import type { DependencyId } from './dependencies.ts';
import type { Lookup, ReferencedKind, ReferencedKinds } from './lookup.ts';
import { createSource, type Source, type SourceOptions } from './source.ts';

type ReferencedSources = { [K in ReferencedKind]: Source<ReferencedKinds[K]> };

export type Sources = ReferencedSources & {
  ServiceAccount: Source<ServiceAccount>;
  Deployment: Source<Deployment>;
};

export function createSources(options: SourceOptions): Sources {
  return {
    Agent: createSource(AGENTS, options),
    ModelConfig: createSource(MODEL_CONFIGS, options),
    RemoteMCPServer: createSource(REMOTE_MCP_SERVERS, options),
    MCPServer: createSource(MCP_SERVERS, options),
    Secret: createSource(SECRETS, options),
    ConfigMap: createSource(CONFIG_MAPS, options),
    Service: createSource(SERVICES, options),
    Namespace: createSource(NAMESPACES, options),
    ServiceAccount: createSource(SERVICE_ACCOUNTS, options),
    Deployment: createSource(DEPLOYMENTS, options),
  };
}

/** A lookup that notes in `asked` what was asked for. */
export function createLookup(sources: Sources, asked: Set<DependencyId>): Lookup {
  const referenced: ReferencedSources = sources;
  return {
    get<K extends ReferencedKind>(kind: K, key: { namespace?: string; name: string }) {
      asked.add(`${kind} ${keyOf(key)}`);
      return referenced[kind].get(key);
    },
  };
}
