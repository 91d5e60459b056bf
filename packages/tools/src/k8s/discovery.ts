/** Reads what kinds an API server has: aggregated discovery, or the older one document per group version. */
import {
  isKubeError,
  type KubeClient,
  KubeError,
  type KubeResponse,
  type ResourceType,
} from '@kagent/kube';
import { z } from 'zod';
import type { AnyObject } from './objects.ts';

/** One kind as the server describes it. */
export interface ApiResource {
  type: ResourceType<AnyObject>;
  singular: string;
  shortNames: string[];
  categories: string[];
  verbs: string[];
}

const strings = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

const AggregatedList = z.object({
  kind: z.literal('APIGroupDiscoveryList'),
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string().default('') }).default({ name: '' }),
      versions: z.array(
        z.object({
          version: z.string(),
          resources: z
            .array(
              z.object({
                resource: z.string(),
                responseKind: z.object({ kind: z.string() }).nullish(),
                scope: z.string().nullish(),
                singularResource: z.string().nullish(),
                shortNames: strings,
                categories: strings,
                verbs: strings,
              }),
            )
            .nullish()
            .transform((value) => value ?? []),
        }),
      ),
    }),
  ),
});

const GroupList = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      versions: z.array(z.object({ groupVersion: z.string(), version: z.string() })),
      preferredVersion: z.object({ version: z.string() }).nullish(),
    }),
  ),
});

const ResourceList = z.object({
  resources: z.array(
    z.object({
      name: z.string(),
      singularName: z.string().nullish(),
      namespaced: z.boolean(),
      kind: z.string(),
      verbs: strings,
      shortNames: strings,
      categories: strings,
    }),
  ),
});

const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/**
 * Every kind once, in its preferred version; core first, then the groups in the server's order. A group that is
 * refused (a broken aggregated API) is left out; rejects with `KubeError` when the server itself does not answer.
 */
export async function readApiResources(
  kube: KubeClient,
  signal: AbortSignal,
): Promise<ApiResource[]> {
  const headers = { accept: AGGREGATED };
  const [core, groups] = await Promise.all([
    kube.raw({ method: 'GET', path: '/api', headers, signal }),
    kube.raw({ method: 'GET', path: '/apis', headers, signal }),
  ]);
  const lists = await Promise.all([
    resourcesOf(core, () =>
      readGroupVersions(kube, [{ path: '/api/v1', group: '', version: 'v1' }]),
    ),
    resourcesOf(groups, () => readGroupVersions(kube, groupVersionsOf(groups))),
  ]);
  return preferred(lists.flat());
}

async function resourcesOf(
  response: KubeResponse,
  legacy: () => Promise<ApiResource[]>,
): Promise<ApiResource[]> {
  const aggregated = AggregatedList.safeParse(response.body);
  if (!aggregated.success) return await legacy();
  return aggregated.data.items.flatMap(({ metadata, versions }) =>
    versions.flatMap(({ version, resources }) =>
      resources.map((resource) => ({
        type: {
          group: metadata.name,
          version,
          kind: resource.responseKind?.kind ?? resource.resource,
          plural: resource.resource,
          namespaced: resource.scope !== 'Cluster',
        },
        singular: resource.singularResource ?? '',
        shortNames: resource.shortNames,
        categories: resource.categories,
        verbs: resource.verbs,
      })),
    ),
  );
}

interface GroupVersion {
  path: string;
  group: string;
  version: string;
}

/** Preferred versions first. */
function groupVersionsOf(response: KubeResponse): GroupVersion[] {
  const list = GroupList.safeParse(response.body);
  if (!list.success) throw notDiscovery('/apis');
  return list.data.groups.flatMap(({ name, versions, preferredVersion }) =>
    versions
      .toSorted((a, b) => rank(a.version, preferredVersion) - rank(b.version, preferredVersion))
      .map(({ groupVersion, version }) => ({
        path: `/apis/${groupVersion}`,
        group: name,
        version,
      })),
  );
}

function rank(version: string, preferredVersion: { version: string } | null | undefined): number {
  return version === preferredVersion?.version ? 0 : 1;
}

async function readGroupVersions(
  kube: KubeClient,
  versions: GroupVersion[],
): Promise<ApiResource[]> {
  const lists = await Promise.all(
    versions.map(async ({ path, group, version }) => {
      const response = await kube.raw({ method: 'GET', path }).catch((error: unknown) => {
        // Only a server that answers can have a broken group; no answer says nothing about kinds.
        if (group === '' || !isKubeError(error) || error.code === 0) throw error;
        return undefined;
      });
      if (response === undefined) return [];
      const list = ResourceList.safeParse(response.body);
      if (!list.success) throw notDiscovery(path);
      return list.data.resources
        .filter((resource) => !resource.name.includes('/'))
        .map(({ name, singularName, namespaced, kind, ...rest }) => ({
          type: { group, version, kind, plural: name, namespaced },
          singular: singularName ?? '',
          ...rest,
        }));
    }),
  );
  return lists.flat();
}

function notDiscovery(path: string): KubeError {
  const message = `GET ${path}: the answer is not a discovery document`;
  return new KubeError({ reason: 'InvalidResponse', code: 0, message });
}

function preferred(resources: ApiResource[]): ApiResource[] {
  const byGroupKind = new Map<string, ApiResource>();
  for (const resource of resources) {
    const key = `${resource.type.group}/${resource.type.plural}`;
    if (!byGroupKind.has(key)) byGroupKind.set(key, resource);
  }
  return [...byGroupKind.values()];
}
