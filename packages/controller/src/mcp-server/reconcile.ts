/** Reconciles one MCPServer: its children and its status. Its tools are listed by `discover-tools.ts`. */
import { type Deployment, parseKey } from '@kagent/kube';
import { MCP_SERVERS, type MCPServer, MCPServerSpec } from '@kagent/spec';
import { failure } from '../apply-failure.ts';
import { child, type Owner } from '../children.ts';
import { type ConditionUpdate, mergeConditions } from '../conditions.ts';
import { type ControllerContext, type ReconcileFactory, updateStatus } from '../context.ts';
import { sha256Hex } from '../hash.ts';
import { type Problem, summarize } from '../problem.ts';
import { adapterConfig, desiredMcpServer, validateMcpServer } from './desired.ts';

const GOING_AWAY_RETRY_MS = 1000;

export const createMcpServerReconcile: ReconcileFactory = (context) => async (key, signal) => {
  const server = context.sources.MCPServer.get(parseKey(key));
  if (server === undefined || server.metadata.deletionTimestamp !== undefined) return;
  const parsed = MCPServerSpec.safeParse(server.spec);
  const problems: Problem[] = parsed.success
    ? validateMcpServer(key, parsed.data)
    : [{ reason: 'InvalidConfiguration', message: `MCPServer ${key}: spec is not valid` }];
  const outcome: Outcome =
    parsed.success && problems.length === 0
      ? await writeChildren(context, { server, spec: parsed.data }, signal)
      : { kind: 'done' };
  if (outcome.kind === 'wait') return { requeueAfterMs: GOING_AWAY_RETRY_MS };
  const { namespace = '', name, generation } = server.metadata;
  const deployment = context.sources.Deployment.get({ namespace, name });
  const isOwn =
    deployment?.metadata.ownerReferences?.some(({ uid }) => uid === server.metadata.uid) === true;
  const updates = mcpServerConditions({
    problems,
    failure: outcome.failure,
    deployment: isOwn ? deployment : undefined,
  });
  await updateStatus(context, MCP_SERVERS, {
    object: server,
    status: {
      observedGeneration: generation ?? 0,
      conditions: mergeConditions(server.status?.conditions, updates, {
        generation,
        now: context.clock.now(),
      }),
    },
    signal,
  });
  if (outcome.retry !== undefined) throw outcome.retry;
};

type Outcome = { kind: 'wait' } | { kind: 'done'; failure?: string; retry?: Error };

async function writeChildren(
  context: ControllerContext,
  { server, spec }: { server: MCPServer; spec: MCPServerSpec },
  signal: AbortSignal,
): Promise<Outcome> {
  const { sources, client } = context;
  const configHash = sha256Hex(adapterConfig(server, spec)).slice(0, 8);
  const desired = desiredMcpServer({ server, spec, images: context.mcpServerImages, configHash });
  const owner = ownerOf(server);
  const first = [
    child(sources.ServiceAccount, desired.serviceAccount, owner),
    child(sources.ConfigMap, desired.configMap, owner),
    child(sources.Service, desired.service, owner),
  ];
  const last = child(sources.Deployment, desired.deployment, owner);
  const obstacles = [...first, last]
    .map(({ obstacle }) => obstacle)
    .filter((each) => each !== undefined);
  const conflicts = obstacles.filter((each) => each !== 'going-away');
  if (conflicts.length > 0) return { kind: 'done', failure: summarize(conflicts).message };
  if (obstacles.length > 0) return { kind: 'wait' };
  try {
    await Promise.all(first.map((each) => each.apply(client, signal)));
    await last.apply(client, signal);
    await Promise.all(first.map((each) => each.remove(client, signal)));
    return { kind: 'done' };
  } catch (error) {
    return { kind: 'done', ...failure(error) };
  }
}

export interface McpServerState {
  problems: readonly Problem[];
  failure: string | undefined;
  deployment: Deployment | undefined;
}

/** The four conditions of an MCPServer. Pure. */
export function mcpServerConditions({
  problems,
  failure: failed,
  deployment,
}: McpServerState): ConditionUpdate[] {
  if (problems.length > 0) {
    const { message } = summarize(problems);
    return [
      { type: 'Accepted', status: 'False', reason: 'InvalidConfig', message },
      {
        type: 'ResolvedRefs',
        status: 'False',
        reason: 'ImageNotFound',
        message: 'Configuration validation failed',
      },
      { type: 'Programmed', status: 'False', reason: 'DeploymentFailed', message },
      {
        type: 'Ready',
        status: 'False',
        reason: 'PodsNotReady',
        message: 'Configuration validation failed',
      },
    ];
  }
  return [
    {
      type: 'Accepted',
      status: 'True',
      reason: 'Accepted',
      message: 'MCPServer configuration is valid',
    },
    {
      type: 'ResolvedRefs',
      status: 'True',
      reason: 'ResolvedRefs',
      message: 'All references are resolved',
    },
    failed === undefined
      ? {
          type: 'Programmed',
          status: 'True',
          reason: 'Programmed',
          message: 'All resources created successfully',
        }
      : { type: 'Programmed', status: 'False', reason: 'DeploymentFailed', message: failed },
    ready(deployment, failed),
  ];
}

function ready(deployment: Deployment | undefined, failed: string | undefined): ConditionUpdate {
  const notReady = (reason: string, message: string): ConditionUpdate => ({
    type: 'Ready',
    status: 'False',
    reason,
    message,
  });
  if (failed !== undefined) return notReady('PodsNotReady', 'Resources failed to be created');
  if (deployment === undefined) return notReady('PodsNotReady', 'Deployment not found');
  const available = deployment.status?.availableReplicas ?? 0;
  const wanted = deployment.spec?.replicas ?? 1;
  if (available > 0 && available >= wanted) {
    const message = 'Deployment is ready and all pods are running';
    return { type: 'Ready', status: 'True', reason: 'Available', message };
  }
  return notReady(
    'NotAvailable',
    `Deployment not ready: ${available}/${wanted} replicas available`,
  );
}

function ownerOf(server: MCPServer): Owner {
  const { name, namespace = '', uid = '' } = server.metadata;
  return {
    kind: 'MCPServer',
    name,
    uid,
    namespace,
    isLeftover: ({ metadata: { labels } }) =>
      labels?.['app.kubernetes.io/managed-by'] === 'kmcp' &&
      labels['app.kubernetes.io/instance'] === name,
  };
}
