/** `config.json` and `agent-card.json` of an agent, the contract with the engine and with older agent images. */
import type {
  Agent,
  AgentCard,
  AgentLimits,
  AgentSpec,
  EngineConfig,
  EngineLimits,
  EngineToolServer,
} from '@kagent/spec';
import { parseDuration } from '../duration.ts';
import { caVolumeName } from '../model-config/resolve.ts';
import { tlsSettings } from '../model-config/desired.ts';
import type { ResolvedDeclarative, ResolvedRemoteAgent } from './resolve.ts';
import type { ResolvedToolServer } from './tool-server.ts';

/** Port every agent serves A2A on. */
const AGENT_PORT = 8080;

/** Lists are left out when empty; `tools` of a server is always a list, empty meaning all. */
export function engineConfig(spec: AgentSpec, resolved: ResolvedDeclarative): EngineConfig {
  const { declarative } = spec;
  const http = resolved.toolServers.filter(
    ({ endpoint }) => endpoint.protocol === 'STREAMABLE_HTTP',
  );
  const sse = resolved.toolServers.filter(({ endpoint }) => endpoint.protocol === 'SSE');
  const limits = declarative?.limits === undefined ? {} : engineLimits(declarative.limits);
  return {
    model: resolved.model.model,
    description: spec.description ?? '',
    instruction: resolved.instruction,
    ...(http.length === 0 ? {} : { http_tools: http.map(toolServer) }),
    ...(sse.length === 0 ? {} : { sse_tools: sse.map(toolServer) }),
    ...(resolved.remoteAgents.length === 0
      ? {}
      : { remote_agents: resolved.remoteAgents.map(remoteAgent) }),
    ...(declarative?.executeCodeBlocks === true ? { execute_code: true } : {}),
    stream: declarative?.stream ?? true,
    model_config_name: resolved.model.ref,
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  };
}

/** What a BYO container finds at `/config/config.json`. */
export function byoConfig(spec: AgentSpec): Record<string, unknown> {
  return { model: null, description: spec.description ?? '', instruction: '' };
}

function toolServer(server: ResolvedToolServer): EngineToolServer {
  const { endpoint } = server;
  const tls = tlsSettings(endpoint.tls, caVolumeName(endpoint.caSecret?.metadata.name ?? ''));
  return {
    params: {
      url: endpoint.url,
      headers: endpoint.headers,
      ...(endpoint.timeout === undefined ? {} : { timeout: endpoint.timeout }),
      ...(endpoint.sseReadTimeout === undefined
        ? {}
        : { sse_read_timeout: endpoint.sseReadTimeout }),
      ...(endpoint.terminateOnClose === undefined || endpoint.protocol === 'SSE'
        ? {}
        : { terminate_on_close: endpoint.terminateOnClose }),
      ...tls.fields,
    },
    tools: server.tools,
    ...(server.allowedHeaders.length === 0 ? {} : { allowed_headers: server.allowedHeaders }),
    ...(server.requireApproval.length === 0 ? {} : { require_approval: server.requireApproval }),
    name: `${server.kind}/${server.name}`,
  };
}

function remoteAgent(agent: ResolvedRemoteAgent) {
  return {
    name: `${identifier(agent.namespace)}__NS__${identifier(agent.name)}`,
    url: agentUrl(agent),
    ...(Object.keys(agent.headers).length === 0 ? {} : { headers: agent.headers }),
    ...(agent.description === '' ? {} : { description: agent.description }),
    ...(agent.isolateSessions === undefined ? {} : { isolate_sessions: agent.isolateSessions }),
  };
}

function engineLimits(limits: AgentLimits): EngineLimits {
  const seconds = (text: string | undefined) =>
    text === undefined ? undefined : parseDuration(text);
  const all = {
    max_turns: limits.maxTurns,
    max_duration: seconds(limits.maxDuration),
    max_tokens: limits.maxTokens,
    tool_timeout: seconds(limits.toolTimeout),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** The card other agents and the gateway read. `skills` is always a list. */
export function agentCard(agent: Agent, spec: AgentSpec): AgentCard {
  const { name, namespace = '' } = agent.metadata;
  return {
    name: identifier(name),
    description: spec.description ?? '',
    url: agentUrl({ namespace, name }),
    version: spec.version ?? '',
    capabilities: { streaming: true, pushNotifications: false, stateTransitionHistory: true },
    defaultInputModes: ['text'],
    defaultOutputModes: ['text'],
    skills: (spec.declarative?.a2aConfig?.skills ?? []).map((skill) => ({
      ...skill,
      id: skill.id ?? skill.name,
      tags: skill.tags ?? [],
    })),
    protocolVersion: '0.3',
    preferredTransport: 'JSONRPC',
    ...(spec.iconUrl === undefined ? {} : { iconUrl: spec.iconUrl }),
    ...(spec.documentationUrl === undefined ? {} : { documentationUrl: spec.documentationUrl }),
    ...(spec.provider === undefined ? {} : { provider: spec.provider }),
  };
}

function agentUrl({ namespace, name }: { namespace: string; name: string }): string {
  return `http://${name}.${namespace}:${AGENT_PORT}`;
}

function identifier(name: string): string {
  return name.replaceAll('-', '_');
}
