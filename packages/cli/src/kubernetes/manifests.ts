/** YAML documents to objects, and objects to the cluster by server-side apply. */
import { KagentError } from '@kagent/spec';
import { type KubeClient, type KubeObject, KubeError, type ResourceType } from '@kagent/kube';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

const ResourceList = z.looseObject({
  resources: z.array(
    z.looseObject({ name: z.string(), kind: z.string(), namespaced: z.boolean() }),
  ),
});

/** Every document of a YAML or JSON text; rejects with `invalid_argument` that names source and line. */
export function parseManifests(text: string, source: string): KubeObject[] {
  return parseAllDocuments(text).flatMap((document, index) => {
    const problem = document.errors[0];
    if (problem) throw new KagentError('invalid_argument', `${source}: ${problem.message}`);
    const value: unknown = document.toJS();
    if (value === null || value === undefined) return [];
    const result = Manifest.safeParse(value);
    if (!result.success) {
      const issue = result.error.issues[0];
      throw new KagentError(
        'invalid_argument',
        `${source}: document ${index + 1}: ${issue?.path.join('.')}: ${issue?.message ?? 'not a Kubernetes object'}`,
      );
    }
    return [result.data as KubeObject];
  });
}

export interface ApplyJob {
  objects: KubeObject[];
  /** For namespaced objects that name none. */
  namespace: string;
  fieldManager: string;
  force: boolean;
}

export interface Applied {
  object: KubeObject;
  outcome: 'created' | 'configured' | 'unchanged';
}

/**
 * Applies in order, yielding each outcome. Stops at the first refusal (KubeError); what was applied before it stays,
 * and a second call with the same objects is harmless.
 */
export async function* applyManifests(kube: KubeClient, job: ApplyJob): AsyncIterable<Applied> {
  const types = createTypeFinder(kube);
  for (const object of job.objects) {
    const type = await types(object);
    const placed = type.namespaced
      ? {
          ...object,
          metadata: { ...object.metadata, namespace: object.metadata.namespace ?? job.namespace },
        }
      : object;
    const before = await kube.find(type, placed.metadata);
    const after = await kube.apply(type, placed, {
      fieldManager: job.fieldManager,
      force: job.force,
    });
    const changed = before?.metadata.resourceVersion !== after.metadata.resourceVersion;
    yield { object: after, outcome: before ? (changed ? 'configured' : 'unchanged') : 'created' };
  }
}

/** Finds the resource of a kind by discovery, one request a group version. */
export function createTypeFinder(kube: KubeClient): (object: KubeObject) => Promise<ResourceType> {
  const lists = new Map<string, Promise<z.infer<typeof ResourceList>>>();
  return async (object) => {
    const [group, version] = object.apiVersion.includes('/')
      ? [object.apiVersion.split('/')[0] ?? '', object.apiVersion.split('/')[1] ?? '']
      : ['', object.apiVersion];
    let list = lists.get(object.apiVersion);
    if (!list) {
      list = readResources(kube, object.apiVersion);
      lists.set(object.apiVersion, list);
    }
    const resource = (await list).resources.find(
      (item) => item.kind === object.kind && !item.name.includes('/'),
    );
    if (!resource) {
      lists.delete(object.apiVersion);
      throw new KagentError(
        'not_found',
        `The cluster knows no ${object.kind} in ${object.apiVersion}. Is its CRD installed?`,
      );
    }
    return {
      group,
      version,
      kind: object.kind,
      plural: resource.name,
      namespaced: resource.namespaced,
    };
  };
}

async function readResources(
  kube: KubeClient,
  apiVersion: string,
): Promise<z.infer<typeof ResourceList>> {
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const response = await kube.raw({ method: 'GET', path }).catch((error: unknown) => {
    if (error instanceof KubeError && error.code === 404) return undefined;
    throw error;
  });
  const result = ResourceList.safeParse(response?.body);
  return result.success ? result.data : { resources: [] };
}
