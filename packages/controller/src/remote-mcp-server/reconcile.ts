/** Reconciles one RemoteMCPServer: connects, lists its tools, reports both in the status. */
import { parseKey } from '@kagent/kube';
import { REMOTE_MCP_SERVERS, type RemoteMCPServer } from '@kagent/spec';
import { type ConditionUpdate, mergeConditions } from '../conditions.ts';
import { type ControllerContext, type ReconcileFactory, updateStatus } from '../context.ts';
import type { DependencyId } from '../dependencies.ts';
import { discoverTools } from '../discover.ts';
import { secretHash } from '../hash.ts';
import type { Scope } from '../lookup.ts';
import { summarize } from '../problem.ts';
import { createLookup } from '../sources.ts';
import { GROUP_KINDS, remoteEndpoint, type ToolServerEndpoint } from '../tool-servers.ts';
import { secretBytes } from '../values.ts';

/** Lists again after the interval when it worked; with backoff when the server did not answer. */
export const createRemoteMcpServerReconcile: ReconcileFactory =
  (context, dependencies) => async (key, signal) => {
    const server = context.sources.RemoteMCPServer.get(parseKey(key));
    if (server === undefined || server.metadata.deletionTimestamp !== undefined) {
      dependencies.set(key, new Set());
      await context.toolRegistry.remove(key, GROUP_KINDS.RemoteMCPServer);
      return;
    }
    const asked = new Set<DependencyId>();
    const { namespace = '' } = server.metadata;
    const scope: Scope = { namespace, lookup: createLookup(context.sources, asked), problems: [] };
    const endpoint = remoteEndpoint(server, scope);
    dependencies.set(key, asked);
    if (endpoint === undefined) {
      await report(context, {
        server,
        accepted: { status: 'False', ...summarize(scope.problems) },
        endpoint,
        signal,
      });
      return;
    }
    const description = server.spec?.description ?? '';
    const result = await discoverTools(context, {
      kind: 'RemoteMCPServer',
      ref: key,
      description,
      endpoint,
      signal,
    });
    if (!result.ok) {
      const accepted = {
        status: 'False',
        reason: 'ToolServerUnreachable',
        message: result.message,
      } as const;
      await report(context, { server, accepted, endpoint, signal });
      throw result.error;
    }
    const accepted = {
      status: 'True',
      reason: 'Reconciled',
      message: 'Remote MCP server configuration accepted',
    } as const;
    await report(context, { server, accepted, endpoint, tools: result.tools, signal });
    return { requeueAfterMs: context.discoveryIntervalMs };
  };

interface Report {
  server: RemoteMCPServer;
  accepted: Omit<ConditionUpdate, 'type'>;
  endpoint: ToolServerEndpoint | undefined;
  /** Left as they are when not given. */
  tools?: { name: string; description: string }[];
  signal: AbortSignal;
}

async function report(
  context: ControllerContext,
  { server, accepted, endpoint, tools, signal }: Report,
): Promise<void> {
  // Discovery takes time: conditions build on the object as it is now, not as it was before.
  const current = context.sources.RemoteMCPServer.get(server.metadata) ?? server;
  const { generation, namespace = '' } = server.metadata;
  const ca = endpoint?.caSecret;
  await updateStatus(context, REMOTE_MCP_SERVERS, {
    object: current,
    status: {
      observedGeneration: generation ?? 0,
      conditions: mergeConditions(current.status?.conditions, [{ type: 'Accepted', ...accepted }], {
        generation,
        now: context.clock.now(),
      }),
      ...(tools === undefined ? {} : { discoveredTools: tools }),
      secretHash:
        ca === undefined
          ? ''
          : secretHash([{ namespace, name: ca.metadata.name, data: secretBytes(ca) }]),
    },
    signal,
  });
}
