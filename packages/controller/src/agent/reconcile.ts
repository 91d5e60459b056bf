/** Reconciles one Agent: resolve, generate, apply, report. */
import { type KubeObject, parseKey } from '@kagent/kube';
import { type Agent, AGENTS, AgentSpec } from '@kagent/spec';
import { failure } from '../apply-failure.ts';
import { child, type Child, type Owner } from '../children.ts';
import { mergeConditions } from '../conditions.ts';
import { type ControllerContext, type ReconcileFactory, updateStatus } from '../context.ts';
import type { DependencyId, DependencyIndex } from '../dependencies.ts';
import { compactJson, configHash } from '../hash.ts';
import { caVolumeName } from '../model-config/resolve.ts';
import { tlsSettings } from '../model-config/desired.ts';
import type { Problem } from '../problem.ts';
import { createLookup } from '../sources.ts';
import { agentCard, byoConfig, engineConfig } from './config.ts';
import { desiredAgent, type DesiredAgent, type DesiredAgentInput } from './desired.ts';
import { type AgentResolution, resolveAgent } from './resolve.ts';
import { agentConditions, OPTIONAL_CONDITIONS } from './status.ts';

/** In case the event that a child is gone does not come. */
const GOING_AWAY_RETRY_MS = 1000;

export const createAgentReconcile: ReconcileFactory =
  (context, dependencies) => async (key, signal) => {
    const agent = context.sources.Agent.get(parseKey(key));
    if (agent === undefined || agent.metadata.deletionTimestamp !== undefined) {
      dependencies.set(key, new Set());
      return;
    }
    const { spec, resolution } = readAgent({ agent, key, dependencies, context });
    const outcome: Outcome =
      spec === undefined || resolution.problems.length > 0
        ? { kind: 'done' }
        : await writeChildren(context, { agent, spec, resolution }, signal);
    if (outcome.kind === 'wait') return { requeueAfterMs: GOING_AWAY_RETRY_MS };
    const { namespace = '', name } = agent.metadata;
    const deployment = context.sources.Deployment.get({ namespace, name });
    const conditions = agentConditions({
      spec,
      problems: [...resolution.problems, ...(outcome.problems ?? [])],
      failure: outcome.failure,
      deployment: deployment !== undefined && isChildOf(agent, deployment) ? deployment : undefined,
      toolServers: resolution.declarative?.toolServers ?? [],
    });
    const { generation } = agent.metadata;
    const options = { generation, now: context.clock.now(), remove: OPTIONAL_CONDITIONS };
    await updateStatus(context, AGENTS, {
      object: agent,
      status: {
        observedGeneration: generation ?? 0,
        conditions: mergeConditions(agent.status?.conditions, conditions, options),
      },
      signal,
    });
    if (outcome.retry !== undefined) throw outcome.retry;
  };

interface ReadInput {
  agent: Agent;
  key: string;
  dependencies: DependencyIndex;
  context: ControllerContext;
}

/** Synchronous from first lookup to registering what was asked for, so that no event can slip in between. */
function readAgent(input: ReadInput): { spec: AgentSpec | undefined; resolution: AgentResolution } {
  const parsed = AgentSpec.safeParse(input.agent.spec);
  if (!parsed.success) {
    input.dependencies.set(input.key, new Set());
    const issue = parsed.error.issues[0];
    const message = `${['spec', ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'invalid'}`;
    const problem: Problem = { reason: 'InvalidConfiguration', message };
    return { spec: undefined, resolution: { problems: [problem], declarative: undefined } };
  }
  const asked = new Set<DependencyId>();
  const resolution = resolveAgent(
    input.agent,
    parsed.data,
    createLookup(input.context.sources, asked),
  );
  input.dependencies.set(input.key, asked);
  return { spec: parsed.data, resolution };
}

type Outcome =
  | { kind: 'wait' }
  | {
      kind: 'done';
      problems?: Problem[];
      /** For the status. */
      failure?: string;
      /** Thrown after the status was written. */
      retry?: Error;
    };

interface ChildrenInput {
  agent: Agent;
  spec: AgentSpec;
  resolution: AgentResolution;
}

async function writeChildren(
  context: ControllerContext,
  input: ChildrenInput,
  signal: AbortSignal,
): Promise<Outcome> {
  const desired = desiredAgent(desiredInput(context, input));
  const owner = ownerOf(input.agent);
  const { first, last } = childrenOf(context, desired, owner);
  const obstacles = [...first, last]
    .map(({ obstacle }) => obstacle)
    .filter((each) => each !== undefined);
  const problems = obstacles.filter((each) => each !== 'going-away');
  if (problems.length > 0) return { kind: 'done', problems };
  if (obstacles.length > 0) return { kind: 'wait' };
  try {
    await Promise.all(first.map((each) => each.apply(context.client, signal)));
    // After what its pods mount, so that they start without waiting.
    await last.apply(context.client, signal);
    await Promise.all(first.map((each) => each.remove(context.client, signal)));
    return { kind: 'done' };
  } catch (error) {
    return { kind: 'done', ...failure(error) };
  }
}

function childrenOf(
  { sources }: ControllerContext,
  desired: DesiredAgent,
  owner: Owner,
): { first: Child[]; last: Child } {
  return {
    first: [
      child(sources.Secret, desired.secret, owner),
      child(sources.ServiceAccount, desired.serviceAccount, owner),
      child(sources.Service, desired.service, owner),
    ],
    last: child(sources.Deployment, desired.deployment, owner),
  };
}

function desiredInput(
  context: ControllerContext,
  { agent, spec, resolution }: ChildrenInput,
): DesiredAgentInput {
  const { declarative } = resolution;
  const card = compactJson(agentCard(agent, spec));
  const config = compactJson(
    declarative === undefined ? byoConfig(spec) : engineConfig(spec, declarative),
  );
  const tls = (declarative?.toolServers ?? []).map(({ endpoint }) =>
    tlsSettings(endpoint.tls, caVolumeName(endpoint.caSecret?.metadata.name ?? '')),
  );
  return {
    agent,
    spec,
    platform: context.platform,
    files: { 'config.json': config, 'agent-card.json': card },
    configHash: configHash(config, card, ...(declarative?.secretHashes ?? [])),
    extra: {
      env: declarative?.model.env ?? [],
      volumes: [...(declarative?.model.volumes ?? []), ...tls.flatMap(({ volumes }) => volumes)],
      mounts: [...(declarative?.model.mounts ?? []), ...tls.flatMap(({ mounts }) => mounts)],
    },
  };
}

function ownerOf(agent: Agent): Owner {
  const { name, namespace = '', uid = '' } = agent.metadata;
  return {
    kind: 'Agent',
    name,
    uid,
    namespace,
    isLeftover: ({ metadata: { labels } }) =>
      labels?.['app'] === 'kagent' && labels['kagent'] === name,
  };
}

function isChildOf(agent: Agent, object: KubeObject): boolean {
  return object.metadata.ownerReferences?.some(({ uid }) => uid === agent.metadata.uid) ?? false;
}
