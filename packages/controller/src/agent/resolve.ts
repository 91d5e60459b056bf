/** Resolves everything an agent refers to. Problems are collected, so that one look at the status shows them all. */
import type { Agent, AgentSpec, AgentTool, DeclarativeAgent } from '@kagent/spec';
import type { Lookup, Scope } from '../lookup.ts';
import { type ResolvedModel, resolveModelConfig } from '../model-config/resolve.ts';
import { isNamespaceAllowed } from '../namespaces.ts';
import type { Problem } from '../problem.ts';
import { resolveHeaders, resolveValueSource } from '../values.ts';
import { checkAgentGraph } from './graph.ts';
import { renderPrompt } from './prompt.ts';
import { type ResolvedToolServer, resolveToolServer } from './tool-server.ts';

export interface ResolvedRemoteAgent {
  namespace: string;
  name: string;
  description: string;
  headers: Record<string, string>;
  isolateSessions: boolean | undefined;
}

export interface ResolvedDeclarative {
  instruction: string;
  model: ResolvedModel;
  toolServers: ResolvedToolServer[];
  remoteAgents: ResolvedRemoteAgent[];
  /** Hashes of the secrets behind the agent; a change must roll the pods. */
  secretHashes: string[];
}

export interface AgentResolution {
  problems: Problem[];
  /** Undefined for BYO agents, and when there are problems. */
  declarative: ResolvedDeclarative | undefined;
}

/** ModelConfig of agents that name none. */
const DEFAULT_MODEL_CONFIG = 'default-model-config';

/** `agent.metadata.namespace` must be set. */
export function resolveAgent(agent: Agent, spec: AgentSpec, lookup: Lookup): AgentResolution {
  const namespace = agent.metadata.namespace ?? '';
  const scope: Scope = { namespace, lookup, problems: [] };
  checkName(agent.metadata.name, scope);
  if (spec.type === 'BYO') {
    if ((spec.byo?.deployment?.image ?? '') === '') {
      noteInvalid(scope, 'spec.byo.deployment.image is needed for type BYO');
    }
    return { problems: scope.problems, declarative: undefined };
  }
  if (spec.declarative === undefined) {
    noteInvalid(
      scope,
      'spec.declarative is needed for type Declarative; v1alpha1 manifests must be rewritten to v1alpha2',
    );
    return { problems: scope.problems, declarative: undefined };
  }
  const declarative = resolveDeclarative({ agent, spec, declarative: spec.declarative }, scope);
  return {
    problems: scope.problems,
    declarative: scope.problems.length > 0 ? undefined : declarative,
  };
}

interface DeclarativeInput {
  agent: Agent;
  spec: AgentSpec;
  declarative: DeclarativeAgent;
}

function resolveDeclarative(
  input: DeclarativeInput,
  scope: Scope,
): ResolvedDeclarative | undefined {
  const { declarative } = input;
  const model = resolveModel(declarative, scope);
  const instruction = resolveInstruction(input, scope);
  const toolServers: ResolvedToolServer[] = [];
  const remoteAgents: ResolvedRemoteAgent[] = [];
  for (const tool of declarative.tools ?? []) {
    if (tool.mcpServer !== undefined) {
      const server = resolveToolServer(tool.mcpServer, tool.headersFrom, scope);
      if (server !== undefined) toolServers.push(server);
    } else if (tool.agent !== undefined) {
      const remote = resolveRemoteAgent(input.agent, tool, scope);
      if (remote !== undefined) remoteAgents.push(remote);
    } else {
      noteInvalid(scope, 'spec.declarative.tools: each tool needs mcpServer or agent');
    }
  }
  if (remoteAgents.length > 0) checkAgentGraph(input.agent, scope);
  if (model?.resolved === undefined || instruction === undefined) return undefined;
  return {
    instruction,
    model: model.resolved,
    toolServers,
    remoteAgents,
    secretHashes: [
      ...(model.refersToSecrets ? [model.secretHash] : []),
      ...toolServers.flatMap(({ caHash }) => (caHash === undefined ? [] : [caHash])),
    ],
  };
}

function resolveModel(declarative: DeclarativeAgent, scope: Scope) {
  const name =
    declarative.modelConfig === undefined || declarative.modelConfig === ''
      ? DEFAULT_MODEL_CONFIG
      : declarative.modelConfig;
  const modelConfig = scope.lookup.get('ModelConfig', { namespace: scope.namespace, name });
  if (modelConfig !== undefined) return resolveModelConfig(modelConfig, scope);
  scope.problems.push({
    reason: 'ModelConfigNotFound',
    message: `ModelConfig ${scope.namespace}/${name} does not exist; create it or correct spec.declarative.modelConfig`,
  });
  return undefined;
}

function resolveInstruction(
  { agent, spec, declarative }: DeclarativeInput,
  scope: Scope,
): string | undefined {
  const template =
    declarative.systemMessageFrom === undefined
      ? declarative.systemMessage
      : resolveValueSource(
          declarative.systemMessageFrom,
          scope,
          'spec.declarative.systemMessageFrom',
        );
  if (template === undefined) {
    if (declarative.systemMessageFrom === undefined) {
      noteInvalid(scope, 'spec.declarative needs systemMessage or systemMessageFrom');
    }
    return undefined;
  }
  const sources = declarative.promptTemplate?.dataSources ?? [];
  if (sources.length === 0) return template;
  const includes = new Map<string, string>();
  for (const { name, alias } of sources) {
    const configMap = scope.lookup.get('ConfigMap', { namespace: scope.namespace, name });
    if (configMap === undefined) {
      scope.problems.push({
        reason: 'ConfigMapNotFound',
        message: `ConfigMap ${scope.namespace}/${name}, needed by spec.declarative.promptTemplate, does not exist; create it or correct the reference`,
      });
      continue;
    }
    for (const [key, text] of Object.entries(configMap.data ?? {})) {
      const id = `${alias === undefined || alias === '' ? name : alias}/${key}`;
      if (includes.has(id))
        noteInvalid(scope, `spec.declarative.promptTemplate: ${id} is ambiguous; set alias`);
      includes.set(id, text);
    }
  }
  const result = renderPrompt(template, {
    fields: {
      AgentName: agent.metadata.name,
      AgentNamespace: scope.namespace,
      Description: spec.description ?? '',
      ToolNames: (declarative.tools ?? []).flatMap(({ mcpServer }) => mcpServer?.toolNames ?? []),
      SkillNames: (declarative.a2aConfig?.skills ?? []).map(({ name }) => name),
    },
    includes,
  });
  return result.ok ? result.text : noteInvalid(scope, `spec.declarative.${result.message}`);
}

function resolveRemoteAgent(
  agent: Agent,
  tool: AgentTool,
  scope: Scope,
): ResolvedRemoteAgent | undefined {
  const target = tool.agent;
  if (target === undefined) return undefined;
  const namespace = target.namespace ?? scope.namespace;
  const ref = `${namespace}/${target.name}`;
  if (target.kind !== undefined && target.kind !== '' && target.kind !== 'Agent') {
    return noteInvalid(
      scope,
      `spec.declarative.tools: kind ${target.kind} cannot be used as agent tool; use Agent`,
    );
  }
  if (namespace === scope.namespace && target.name === agent.metadata.name) {
    return noteInvalid(
      scope,
      `Agent ${ref} has itself as a tool; remove it from spec.declarative.tools`,
    );
  }
  const found = scope.lookup.get('Agent', { namespace, name: target.name });
  if (found === undefined) {
    scope.problems.push({
      reason: 'AgentNotFound',
      message: `Agent ${ref}, a tool of this agent, does not exist; create it or correct spec.declarative.tools`,
    });
    return undefined;
  }
  if (
    !isNamespaceAllowed(
      found.spec?.allowedNamespaces,
      { from: scope.namespace, to: namespace },
      scope.lookup,
    )
  ) {
    scope.problems.push({
      reason: 'NotAllowed',
      message: `Agent ${ref} may not be used from namespace ${scope.namespace}; extend its spec.allowedNamespaces`,
    });
    return undefined;
  }
  return {
    namespace,
    name: target.name,
    description: found.spec?.description ?? '',
    headers: resolveHeaders(
      tool.headersFrom,
      scope,
      `spec.declarative.tools (agent ${target.name})`,
    ),
    isolateSessions: tool.isolateSessions,
  };
}

/** The name becomes a Service name and a label value. */
function checkName(name: string, scope: Scope): void {
  if (/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) && name.length <= 63) return;
  scope.problems.push({
    reason: 'InvalidName',
    message: `Agent name ${name} cannot name a Service: use at most 63 lowercase letters, digits and '-', starting with a letter and without dots`,
  });
}

function noteInvalid(scope: Scope, message: string): undefined {
  scope.problems.push({ reason: 'InvalidConfiguration', message });
  return undefined;
}
