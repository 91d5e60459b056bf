/**
 * What a real cluster's controllers and start-up hooks put in place within moments, here before the write that asks for
 * it returns: the `default` ServiceAccount and the root certificate of a namespace, the priority classes of the system.
 * A pod can be created right after its namespace.
 */
import type { Logger } from '@kagent/kube';

import type { Storage } from '../storage/storage.ts';
import { fromStorage, groupVersion, objectKey, resourcePrefix } from './object.ts';
import type { ApiObject } from './object.ts';
import type { ObjectWriter } from './object-writer.ts';
import type { ResourceRegistry } from './resource-registry.ts';

export interface FurnishDependencies {
  storage: Storage;
  registry: ResourceRegistry;
  writer: ObjectWriter;
  logger: Logger;
  /** PEM of the certificate authority clients in pods trust; without it no `kube-root-ca.crt` is made. */
  rootCertificate?: string;
}

const NAMESPACE_PREFIX = resourcePrefix({ group: '', plural: 'namespaces' });
const MANAGER = 'kube-controller-manager';

const PRIORITY_CLASSES = [
  {
    metadata: { name: 'system-cluster-critical' },
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
  {
    metadata: { name: 'system-node-critical' },
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
];

const ROOT_CERTIFICATE_ANNOTATIONS = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
};

/** Furnishes what is stored, then every new namespace. Returns the stop. */
export function furnish(deps: FurnishDependencies): () => void {
  for (const priorityClass of PRIORITY_CLASSES)
    ensure(deps, { group: 'scheduling.k8s.io', plural: 'priorityclasses' }, priorityClass);
  for (const entry of deps.storage.list(NAMESPACE_PREFIX).entries)
    furnishNamespace(deps, fromStorage(entry));
  return deps.storage.subscribe(NAMESPACE_PREFIX, (event) => {
    if (event.type === 'created') furnishNamespace(deps, fromStorage(event));
  });
}

function furnishNamespace(deps: FurnishDependencies, { metadata }: ApiObject): void {
  if (metadata.deletionTimestamp !== undefined) return;
  const namespace = metadata.name;
  ensure(
    deps,
    { group: '', plural: 'serviceaccounts' },
    { metadata: { name: 'default', namespace } },
  );
  const { rootCertificate } = deps;
  if (rootCertificate === undefined) return;
  const annotations = { ...ROOT_CERTIFICATE_ANNOTATIONS };
  ensure(
    deps,
    { group: '', plural: 'configmaps' },
    {
      metadata: { name: 'kube-root-ca.crt', namespace, annotations },
      data: { 'ca.crt': rootCertificate },
    },
  );
}

interface Content {
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  [field: string]: unknown;
}

/** Creates an object that is not there. What goes wrong is logged: the write it follows from is already done. */
function ensure(
  { storage, registry, writer, logger }: FurnishDependencies,
  of: { group: string; plural: string },
  content: Content,
): void {
  const resource = registry.findAny(of.group, of.plural);
  const { name, namespace } = content.metadata;
  if (!resource || storage.get(objectKey(resource.prefix, namespace, name))) return;
  const { version } = resource.version;
  const object = { apiVersion: groupVersion(of.group, version), kind: resource.kind, ...content };
  const failed = (error: unknown) =>
    logger.error({ name, namespace, error: String(error) }, 'a standard object could not be made');
  try {
    const made = writer.create({ resource, namespace, name: '' }, structuredClone(object), {
      dryRun: false,
      manager: MANAGER,
    });
    if (made instanceof Promise) made.catch(failed);
  } catch (error) {
    failed(error);
  }
}
