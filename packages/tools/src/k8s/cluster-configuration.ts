/** k8s_get_cluster_configuration: what the tools are connected to. No credentials are involved. */
import { NAMESPACES, NODES } from '@kagent/kube';
import { z } from 'zod';
import { defineTool, READ_ONLY, type ToolDefinition } from '../tool.ts';
import type { K8sContext } from './context.ts';

const Version = z.object({ gitVersion: z.string().nullish(), platform: z.string().nullish() });

export function createClusterTools(context: K8sContext): ToolDefinition[] {
  return [
    defineTool({
      name: 'k8s_get_cluster_configuration',
      description:
        'Shows what cluster the tools are connected to: version, nodes, namespaces, API groups.',
      annotations: READ_ONLY,
      input: {},
      async run(_, { signal }) {
        const { kube, catalog } = context;
        const [version, nodes, namespaces, resources] = await Promise.all([
          kube.raw({ method: 'GET', path: '/version', signal }),
          kube.list(NODES, { signal }).catch(() => undefined),
          kube.list(NAMESPACES, { signal }).catch(() => undefined),
          catalog.all(),
        ]);
        const { gitVersion, platform } = Version.safeParse(version.body).data ?? {};
        const groups = [...new Set(resources.map(({ type }) => type.group || 'core'))];
        const configuration = {
          version: gitVersion,
          platform,
          nodes: nodes?.items.map(({ metadata }) => metadata.name),
          namespaces: namespaces?.items.map(({ metadata }) => metadata.name),
          apiGroups: groups,
        };
        return JSON.stringify(configuration, null, 1);
      },
    }),
  ];
}
