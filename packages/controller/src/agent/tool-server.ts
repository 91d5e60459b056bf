/** Resolves one `mcpServer` entry of an agent's tools. */
import type { McpServerTool, RemoteMCPServer, ValueRef } from '@kagent/spec';
import { secretHash } from '../hash.ts';
import type { Scope } from '../lookup.ts';
import { isNamespaceAllowed } from '../namespaces.ts';
import type { ProblemReason } from '../problem.ts';
import {
  mcpServerEndpoint,
  remoteEndpoint,
  serviceEndpoint,
  type ToolServerEndpoint,
  type ToolServerKind,
} from '../tool-servers.ts';
import { resolveHeaders, secretBytes } from '../values.ts';

/** Whether calls will probably work: from the status of the server, or unknown where it has none. */
export type Reachability =
  | { state: 'reachable' | 'pending' | 'unknown' }
  | { state: 'unreachable'; detail: string };

export interface ResolvedToolServer {
  kind: ToolServerKind;
  namespace: string;
  name: string;
  endpoint: ToolServerEndpoint;
  /** Empty means all. */
  tools: string[];
  requireApproval: string[];
  allowedHeaders: string[];
  reachability: Reachability;
  /** Names in `tools` that the server is known not to have. */
  unknownTools: string[];
  caHash: string | undefined;
}

/** Undefined, with a problem noted, when the server does not exist or may not be used. */
export function resolveToolServer(
  reference: McpServerTool,
  headersFrom: readonly ValueRef[] | undefined,
  scope: Scope,
): ResolvedToolServer | undefined {
  const kind = serverKind(reference);
  if (kind === undefined) {
    return note(scope, {
      reason: 'InvalidConfiguration',
      message: `spec.declarative.tools: ${reference.kind ?? ''}.${reference.apiGroup ?? ''} is no tool server; use MCPServer, RemoteMCPServer or Service`,
    });
  }
  const namespace = reference.namespace ?? scope.namespace;
  const found = find(kind, { reference, namespace }, scope);
  if (found === undefined) return undefined;
  const referrer = `spec.declarative.tools (${kind} ${reference.name})`;
  const own = resolveHeaders(headersFrom, scope, referrer);
  const endpoint = { ...found.endpoint, headers: { ...found.endpoint.headers, ...own } };
  const tools = reference.toolNames ?? [];
  return {
    kind,
    namespace,
    name: reference.name,
    endpoint,
    tools,
    requireApproval: reference.requireApproval ?? [],
    allowedHeaders: reference.allowedHeaders ?? [],
    reachability: found.reachability,
    unknownTools:
      found.knownTools === undefined
        ? []
        : tools.filter((tool) => found.knownTools?.includes(tool) !== true),
    caHash:
      endpoint.caSecret === undefined
        ? undefined
        : secretHash([
            {
              namespace,
              name: endpoint.caSecret.metadata.name,
              data: secretBytes(endpoint.caSecret),
            },
          ]),
  };
}

interface FoundServer {
  endpoint: ToolServerEndpoint;
  reachability: Reachability;
  knownTools?: string[];
}

interface Target {
  reference: McpServerTool;
  namespace: string;
}

function find(kind: ToolServerKind, target: Target, scope: Scope): FoundServer | undefined {
  const { namespace } = target;
  const { name } = target.reference;
  const key = { namespace, name };
  const serverScope: Scope = { ...scope, namespace };
  if (kind === 'RemoteMCPServer') {
    const server = scope.lookup.get(kind, key);
    if (server === undefined) return missing(kind, target, scope);
    if (
      !isNamespaceAllowed(
        server.spec?.allowedNamespaces,
        { from: scope.namespace, to: namespace },
        scope.lookup,
      )
    ) {
      return note(scope, {
        reason: 'NotAllowed',
        message: `RemoteMCPServer ${namespace}/${name} may not be used from namespace ${scope.namespace}; extend its spec.allowedNamespaces`,
      });
    }
    return withEndpoint(remoteEndpoint(server, serverScope), remoteState(server));
  }
  if (namespace !== scope.namespace) {
    return note(scope, {
      reason: 'NotAllowed',
      message: `${kind} ${namespace}/${name} is in another namespace; only a RemoteMCPServer can be used across namespaces`,
    });
  }
  if (kind === 'MCPServer') {
    const server = scope.lookup.get(kind, key);
    if (server === undefined) return missing(kind, target, scope);
    return withEndpoint(mcpServerEndpoint(server, serverScope), {
      reachability: reachability(server.status?.conditions, 'Ready'),
    });
  }
  const service = scope.lookup.get(kind, key);
  if (service === undefined) return missing(kind, target, scope);
  return withEndpoint(serviceEndpoint(service, serverScope), {
    reachability: { state: 'unknown' },
  });
}

function withEndpoint(
  endpoint: ToolServerEndpoint | undefined,
  rest: Omit<FoundServer, 'endpoint'>,
): FoundServer | undefined {
  return endpoint === undefined ? undefined : { endpoint, ...rest };
}

function remoteState(server: RemoteMCPServer): Omit<FoundServer, 'endpoint'> {
  const state = reachability(server.status?.conditions, 'Accepted');
  const known =
    state.state === 'reachable'
      ? server.status?.discoveredTools?.map(({ name }) => name)
      : undefined;
  return { reachability: state, ...(known === undefined ? {} : { knownTools: known }) };
}

function reachability(
  conditions: { type: string; status: string; message: string }[] | undefined,
  type: string,
): Reachability {
  const condition = conditions?.find((each) => each.type === type);
  if (condition === undefined || condition.status === 'Unknown') return { state: 'pending' };
  if (condition.status === 'True') return { state: 'reachable' };
  return { state: 'unreachable', detail: condition.message };
}

/** Undefined for anything that is no tool server. An empty kind means MCPServer. */
function serverKind({ kind, apiGroup }: McpServerTool): ToolServerKind | undefined {
  const group = apiGroup ?? '';
  switch (kind ?? '') {
    case '':
    case 'MCPServer':
      return group === '' || group === 'kagent.dev' ? 'MCPServer' : undefined;
    case 'RemoteMCPServer':
      return group === '' || group === 'kagent.dev' ? 'RemoteMCPServer' : undefined;
    case 'Service':
      return group === '' || group === 'core' ? 'Service' : undefined;
    default:
      return undefined;
  }
}

function missing(kind: ToolServerKind, { namespace, reference }: Target, scope: Scope): undefined {
  return note(scope, {
    reason: `${kind}NotFound`,
    message: `${kind} ${namespace}/${reference.name}, a tool server of this agent, does not exist; create it or correct spec.declarative.tools`,
  });
}

function note(scope: Scope, problem: { reason: ProblemReason; message: string }): undefined {
  scope.problems.push(problem);
  return undefined;
}
