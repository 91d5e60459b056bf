/** Objects and a lookup for tests. */
import type { ConfigMap, Namespace, Secret, Service } from '@kagent/kube';
import {
  Agent,
  MCPServer,
  ModelConfig,
  RemoteMCPServer,
  type AgentSpec,
  type MCPServerSpec,
  type ModelConfigSpec,
  type RemoteMCPServerSpec,
} from '@kagent/spec';
import type { z } from 'zod';
import type { Lookup, ReferencedKind, ReferencedKinds, Scope } from '../lookup.ts';

type Meta = Partial<Agent['metadata']>;
type Input<T> = T extends z.ZodType ? z.input<T> : never;

const metadata = (name: string, meta: Meta = {}) => ({
  namespace: 'shop-ops',
  uid: `uid-of-${name}`,
  generation: 1,
  ...meta,
  name,
});

/** As an API server would store it: defaults filled in. */
export function agent(
  name: string,
  spec: Partial<Input<typeof AgentSpec>> = {},
  meta?: Meta,
): Agent {
  return Agent.parse({
    apiVersion: 'kagent.dev/v1alpha2',
    kind: 'Agent',
    metadata: metadata(name, meta),
    spec:
      spec.type === 'BYO'
        ? spec
        : { declarative: { systemMessage: 'Help.', modelConfig: 'gpt' }, ...spec },
  });
}

export function modelConfig(
  name: string,
  spec: Partial<Input<typeof ModelConfigSpec>> = {},
  meta?: Meta,
): ModelConfig {
  return ModelConfig.parse({
    apiVersion: 'kagent.dev/v1alpha2',
    kind: 'ModelConfig',
    metadata: metadata(name, meta),
    spec: { model: 'gpt-4.1-mini', ...spec },
  });
}

export function remoteServer(
  name: string,
  spec: Partial<Input<typeof RemoteMCPServerSpec>> = {},
  extra: { meta?: Meta; status?: RemoteMCPServer['status'] } = {},
): RemoteMCPServer {
  return RemoteMCPServer.parse({
    apiVersion: 'kagent.dev/v1alpha2',
    kind: 'RemoteMCPServer',
    metadata: metadata(name, extra.meta),
    spec: { description: '', url: 'https://tools.example/mcp', ...spec },
    ...(extra.status === undefined ? {} : { status: extra.status }),
  });
}

export function mcpServer(
  name: string,
  spec: Partial<Input<typeof MCPServerSpec>> = {},
  meta?: Meta,
): MCPServer {
  return MCPServer.parse({
    apiVersion: 'kagent.dev/v1alpha1',
    kind: 'MCPServer',
    metadata: metadata(name, meta),
    spec: {
      transportType: 'stdio',
      deployment: { cmd: 'npx', args: ['-y', 'everything'] },
      ...spec,
    },
  });
}

export function secret(name: string, values: Record<string, string>, meta?: Meta): Secret {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  return { apiVersion: 'v1', kind: 'Secret', metadata: metadata(name, meta), data };
}

export function configMap(name: string, data: Record<string, string>, meta?: Meta): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(name, meta), data };
}

export function service(
  name: string,
  ports: NonNullable<Service['spec']>['ports'],
  meta?: Meta,
): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name, meta),
    spec: { ports: ports ?? [] },
  };
}

export function namespace(name: string, labels: Record<string, string> = {}): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** A lookup over the given objects; `asked` lists every question. */
export function lookupOf(
  ...objects: ReferencedKinds[ReferencedKind][]
): Lookup & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    get<K extends ReferencedKind>(kind: K, key: { namespace?: string; name: string }) {
      asked.push(`${kind} ${key.namespace === undefined ? '' : `${key.namespace}/`}${key.name}`);
      return objects.find(
        (object) =>
          object.kind === kind &&
          object.metadata.name === key.name &&
          object.metadata.namespace === key.namespace,
      ) as ReferencedKinds[K] | undefined;
    },
  };
}

export function scopeOf(...objects: ReferencedKinds[ReferencedKind][]): Scope {
  return { namespace: 'shop-ops', lookup: lookupOf(...objects), problems: [] };
}
