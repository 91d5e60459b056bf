/** Lists the tools behind one Service that is labelled as a tool server. */
import { parseKey, type Service } from '@kagent/kube';
import type { ReconcileFactory } from '../context.ts';
import { discoverTools } from '../discover.ts';
import type { Scope } from '../lookup.ts';
import { createLookup } from '../sources.ts';
import { GROUP_KINDS, MCP_SERVICE_LABEL, serviceEndpoint } from '../tool-servers.ts';

export function isMcpService(service: Service): boolean {
  return service.metadata.labels?.[MCP_SERVICE_LABEL] === 'true';
}

/** A Service that is gone or lost its label leaves the list. */
export const createServiceDiscovery: ReconcileFactory = (context) => async (key, signal) => {
  const service = context.sources.Service.get(parseKey(key));
  if (
    service === undefined ||
    service.metadata.deletionTimestamp !== undefined ||
    !isMcpService(service)
  ) {
    await context.toolRegistry.remove(key, GROUP_KINDS.Service);
    return;
  }
  const { namespace = '' } = service.metadata;
  const scope: Scope = {
    namespace,
    lookup: createLookup(context.sources, new Set()),
    problems: [],
  };
  const endpoint = serviceEndpoint(service, scope);
  if (endpoint === undefined) {
    context.logger.warn(
      { service: key, problems: scope.problems },
      'service is labelled as tool server but cannot be one',
    );
    await context.toolRegistry.remove(key, GROUP_KINDS.Service);
    return;
  }
  const result = await discoverTools(context, {
    kind: 'Service',
    ref: key,
    description: 'N/A',
    endpoint,
    signal,
  });
  if (!result.ok) throw result.error;
  return { requeueAfterMs: context.discoveryIntervalMs };
};
