/** Conditions of an agent, from what was resolved and what runs. Pure. */
import type { Deployment } from '@kagent/kube';
import type { AgentSpec } from '@kagent/spec';
import type { ConditionUpdate } from '../conditions.ts';
import { type Problem, summarize } from '../problem.ts';
import type { ResolvedToolServer } from './tool-server.ts';

export interface AgentState {
  spec: AgentSpec | undefined;
  problems: readonly Problem[];
  /** A refusal or failure of the API server while children were written. */
  failure: string | undefined;
  deployment: Deployment | undefined;
  toolServers: readonly ResolvedToolServer[];
}

/** Types this controller may have written earlier and that are dropped when they do not apply. */
export const OPTIONAL_CONDITIONS = ['ToolsReady', 'UnsupportedFeatures'] as const;

export function agentConditions(state: AgentState): ConditionUpdate[] {
  return [
    accepted(state),
    ready(state.deployment),
    ...toolsReady(state.toolServers),
    ...unsupported(state.spec),
  ];
}

function accepted({ problems, failure }: AgentState): ConditionUpdate {
  if (problems.length > 0) return { type: 'Accepted', status: 'False', ...summarize(problems) };
  if (failure !== undefined) {
    return { type: 'Accepted', status: 'False', reason: 'ReconcileFailed', message: failure };
  }
  return {
    type: 'Accepted',
    status: 'True',
    reason: 'Reconciled',
    message: 'Agent configuration accepted',
  };
}

function ready(deployment: Deployment | undefined): ConditionUpdate {
  if (deployment === undefined) {
    return {
      type: 'Ready',
      status: 'Unknown',
      reason: 'DeploymentNotFound',
      message: 'The Deployment does not exist',
    };
  }
  const available = deployment.status?.availableReplicas ?? 0;
  const wanted = deployment.spec?.replicas ?? 1;
  if (available > 0) {
    return {
      type: 'Ready',
      status: 'True',
      reason: 'DeploymentReady',
      message: 'Deployment is ready',
    };
  }
  return {
    type: 'Ready',
    status: 'False',
    reason: 'DeploymentNotReady',
    message: `Deployment is not ready, ${available}/${wanted} pods are ready`,
  };
}

function toolsReady(servers: readonly ResolvedToolServer[]): ConditionUpdate[] {
  if (servers.length === 0) return [];
  const unreachable = servers.flatMap((server) =>
    server.reachability.state === 'unreachable'
      ? [`${label(server)} is not reachable: ${server.reachability.detail}`]
      : [],
  );
  const unknownTools = servers.flatMap((server) =>
    server.unknownTools.length === 0
      ? []
      : [`${label(server)} does not offer ${server.unknownTools.join(', ')}; correct toolNames`],
  );
  const verdict = (
    status: ConditionUpdate['status'],
    reason: string,
    message: string,
  ): ConditionUpdate[] => [{ type: 'ToolsReady', status, reason, message }];
  if (unreachable.length > 0) {
    return verdict('False', 'ToolServerUnreachable', [...unreachable, ...unknownTools].join('; '));
  }
  if (unknownTools.length > 0) return verdict('False', 'ToolNotFound', unknownTools.join('; '));
  const pending = servers.filter(({ reachability }) => reachability.state === 'pending');
  if (pending.length > 0) {
    return verdict(
      'Unknown',
      'ToolServerPending',
      `${pending.map(label).join(', ')}: not connected yet`,
    );
  }
  return verdict('True', 'ToolServersReachable', '');
}

/** Fields that are accepted but have no effect yet; said in the status rather than left to be found out. */
function unsupported(spec: AgentSpec | undefined): ConditionUpdate[] {
  const { declarative } = spec ?? {};
  const fields = [
    ...(spec?.skills === undefined ? [] : ['spec.skills']),
    ...(spec?.sandbox === undefined ? [] : ['spec.sandbox']),
    ...(declarative?.memory === undefined ? [] : ['spec.declarative.memory']),
    ...(declarative?.context?.compaction === undefined
      ? []
      : ['spec.declarative.context.compaction']),
    ...(declarative?.executeCodeBlocks === true ? ['spec.declarative.executeCodeBlocks'] : []),
    ...(declarative?.shareTools === true ? ['spec.declarative.shareTools'] : []),
  ];
  if (fields.length === 0) return [];
  return [
    {
      type: 'UnsupportedFeatures',
      status: 'True',
      reason: 'UnsupportedFeatures',
      message: `No effect in this version: ${fields.join(', ')}`,
    },
  ];
}

function label(server: ResolvedToolServer): string {
  return `${server.kind} ${server.namespace}/${server.name}`;
}
