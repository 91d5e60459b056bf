/** Which kinds the API server has, read from its discovery documents. */
import type { KubeClient, ResourceType } from '@kagent/kube';

export interface DiscoveredKind extends ResourceType {
  verbs: string[];
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(record) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

async function kindsOf(
  client: KubeClient,
  version: { path: string; group: string; name: string },
): Promise<DiscoveredKind[]> {
  const { body } = await client.raw({ method: 'GET', path: version.path });
  return list(record(body)['resources'])
    .filter((resource) => !text(resource['name']).includes('/'))
    .map((resource) => ({
      group: version.group,
      version: version.name,
      kind: text(resource['kind']),
      plural: text(resource['name']),
      namespaced: resource['namespaced'] === true,
      verbs: Array.isArray(resource['verbs']) ? resource['verbs'].map(String) : [],
    }));
}

/**
 * Every kind once, in the preferred version of its group, or in the first version that has it. Rejects when a document
 * can't be read: whoever deletes by this list must not miss a kind.
 */
export async function discoverKinds(client: KubeClient): Promise<DiscoveredKind[]> {
  const { body } = await client.raw({ method: 'GET', path: '/apis' });
  const groups = list(record(body)['groups']).map((group) => {
    const preferred = text(record(group['preferredVersion'])['version']);
    const versions = list(group['versions']).map((version) => text(version['version']));
    return {
      name: text(group['name']),
      versions: [preferred, ...versions.filter((version) => version !== preferred)],
    };
  });
  const documents = [
    { path: '/api/v1', group: '', name: 'v1' },
    ...groups.flatMap(({ name, versions }) =>
      versions.map((version) => ({ path: `/apis/${name}/${version}`, group: name, name: version })),
    ),
  ];
  const found = new Map<string, DiscoveredKind>();
  for (const kinds of await Promise.all(documents.map((document) => kindsOf(client, document)))) {
    for (const kind of kinds) {
      const name = `${kind.group}/${kind.plural}`;
      if (!found.has(name)) found.set(name, kind);
    }
  }
  return [...found.values()];
}
