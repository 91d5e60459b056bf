/** Reads and writes objects of any kind by `apiVersion` and `kind`, for scenarios, their checks and repairs. */
import { isNotFound } from '@kagent/kube';
import type { KubeClient, KubeObject, Patch, ResourceType } from '@kagent/kube';

import { isObject } from '../schema/json.ts';
import type { ObjectReference, SolutionStep } from './scenario.ts';

/** Finds the resource of a kind; asks the server once for each group version. Rejects when there is none. */
export type KindFinder = (of: { apiVersion: string; kind: string }) => Promise<ResourceType>;

export function createKindFinder(client: KubeClient): KindFinder {
  const lists = new Map<string, Promise<ResourceType[]>>();
  return async ({ apiVersion, kind }) => {
    let list = lists.get(apiVersion);
    if (list === undefined) {
      list = readKinds(client, apiVersion);
      lists.set(apiVersion, list);
    }
    const found = (await list.catch(() => [])).find((type) => type.kind === kind);
    if (found !== undefined) return found;
    lists.delete(apiVersion);
    throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"`);
  };
}

async function readKinds(client: KubeClient, apiVersion: string): Promise<ResourceType[]> {
  const [first = '', second] = apiVersion.split('/');
  const [group, version] = second === undefined ? ['', first] : [first, second];
  const path = second === undefined ? `/api/${version}` : `/apis/${apiVersion}`;
  const { body } = await client.raw({ method: 'GET', path });
  const resources = isObject(body) && Array.isArray(body['resources']) ? body['resources'] : [];
  return resources.filter(isObject).flatMap((resource) => {
    const plural = String(resource['name']);
    if (plural.includes('/')) return [];
    const namespaced = resource['namespaced'] === true;
    return [{ group, version, kind: String(resource['kind']), plural, namespaced }];
  });
}

/** The object, null when there is none, or the list when the reference has no name. */
export async function readReference(
  client: KubeClient,
  kinds: KindFinder,
  reference: ObjectReference,
): Promise<KubeObject | KubeObject[] | null> {
  const type = await kinds(reference);
  const { namespace, name, selector } = reference;
  if (name !== undefined) {
    return (
      (await client.find(type, { name, ...(namespace === undefined ? {} : { namespace }) })) ?? null
    );
  }
  const { items } = await client.list(type, {
    ...(namespace === undefined ? {} : { namespace }),
    ...(selector === undefined ? {} : { labelSelector: selector }),
  });
  return items.map((item) => ({ ...item, apiVersion: reference.apiVersion, kind: reference.kind }));
}

/** Applies a manifest as `kubectl apply --server-side` would, without asking who owns what. */
export async function applyObject(
  client: KubeClient,
  kinds: KindFinder,
  object: KubeObject,
): Promise<KubeObject> {
  const type = await kinds(object);
  return client.apply(type, object, { fieldManager: 'kubectl', force: true });
}

/** Deletes the object if it is there. */
export async function deleteReference(
  client: KubeClient,
  kinds: KindFinder,
  reference: { apiVersion: string; kind: string; name?: string; namespace?: string },
): Promise<void> {
  const { namespace, name = '' } = reference;
  try {
    await client.delete(await kinds(reference), {
      name,
      ...(namespace === undefined ? {} : { namespace }),
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Patches as `kubectl patch` does; `merge` by default. */
export async function patchObject(
  client: KubeClient,
  kinds: KindFinder,
  { type = 'merge', body, name = '', namespace, ...reference }: NonNullable<SolutionStep['patch']>,
): Promise<void> {
  const target = { name, ...(namespace === undefined ? {} : { namespace }) };
  // a scenario says which kind of patch its body is
  const patch = { type, body } as Patch;
  await client.patch(
    await kinds(reference),
    { ...target, patch },
    { fieldManager: 'kubectl-patch' },
  );
}
