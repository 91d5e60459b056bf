/** Lists the tools of one running MCPServer for clients of the REST API. */
import { parseKey } from '@kagent/kube';
import type { MCPServer } from '@kagent/spec';
import type { ReconcileFactory } from '../context.ts';
import { discoverTools } from '../discover.ts';
import type { Scope } from '../lookup.ts';
import { createLookup } from '../sources.ts';
import { GROUP_KINDS, mcpServerEndpoint } from '../tool-servers.ts';

/** Label with value `disabled` that keeps a server out of the list. */
const DISCOVERY_LABEL = 'kagent.dev/discovery';

/** Waits for the server to be ready; then lists again after the interval, or with backoff when it does not answer. */
export const createMcpServerDiscovery: ReconcileFactory = (context) => async (key, signal) => {
  const server = context.sources.MCPServer.get(parseKey(key));
  if (
    server === undefined ||
    server.metadata.deletionTimestamp !== undefined ||
    isDisabled(server)
  ) {
    await context.toolRegistry.remove(key, GROUP_KINDS.MCPServer);
    return;
  }
  const { namespace = '' } = server.metadata;
  const scope: Scope = {
    namespace,
    lookup: createLookup(context.sources, new Set()),
    problems: [],
  };
  const endpoint = mcpServerEndpoint(server, scope);
  if (endpoint === undefined || !isReady(server)) return;
  const result = await discoverTools(context, {
    kind: 'MCPServer',
    ref: key,
    description: 'N/A',
    endpoint,
    signal,
  });
  if (!result.ok) throw result.error;
  return { requeueAfterMs: context.discoveryIntervalMs };
};

function isDisabled(server: MCPServer): boolean {
  return server.metadata.labels?.[DISCOVERY_LABEL] === 'disabled';
}

function isReady(server: MCPServer): boolean {
  return (
    server.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ===
    true
  );
}
