/**
 * Lists what this server itself serves as APIServices, one a group version, as the aggregator of kube-apiserver does:
 * `kubectl get apiservices` and tools that wait for a group version read them. APIServices of people are left alone.
 */
import type { Clock } from '@kagent/kube';

import type { Storage } from '../storage/storage.ts';
import { CRD_GROUP, CRD_PLURAL } from './crd.ts';
import { stringAt } from './json.ts';
import { fromStorage, resourcePrefix, timestamp } from './object.ts';
import type { ApiObject } from './object.ts';
import type { ResourceRegistry, ServedGroupVersion } from './resource-registry.ts';

const PREFIX = resourcePrefix({ group: 'apiregistration.k8s.io', plural: 'apiservices' });
const CRD_PREFIX = resourcePrefix({ group: CRD_GROUP, plural: CRD_PLURAL });
/** `onstart` for built-in group versions, `true` for those of CRDs. */
const MANAGED = 'kube-aggregator.kubernetes.io/automanaged';

/** Priorities of built-in groups begin here and fall with the order of discovery; CRDs have a fixed one. */
const FIRST_PRIORITY = 18_000;
const PRIORITY_STEP = 50;
const CRD_PRIORITY = { groupPriorityMinimum: 1000, versionPriority: 100 };

export interface LocalApiServicesOptions {
  storage: Storage;
  registry: ResourceRegistry;
  clock: Clock;
  randomId(): string;
}

/**
 * Brings the APIServices in step with the registry, now and with every change of a CRD, before the write that made it
 * returns. Must be called after the registry follows the CRDs. Returns the stop.
 */
export function followGroupVersions(options: LocalApiServicesOptions): () => void {
  synchronise(options);
  return options.storage.subscribe(CRD_PREFIX, () => synchronise(options));
}

function synchronise({ storage, registry, clock, randomId }: LocalApiServicesOptions): void {
  const served = new Map(
    registry.groupVersions().map((item, index) => [nameOf(item), { item, index }]),
  );
  for (const entry of storage.list(PREFIX).entries) {
    const { metadata } = fromStorage(entry);
    const isOurs = stringAt(metadata.labels, MANAGED) !== undefined;
    if (isOurs && !served.has(metadata.name)) storage.delete(entry.key, entry.revision);
  }
  for (const [name, { item, index }] of served) {
    const key = `${PREFIX}${name}`;
    if (storage.get(key)) continue;
    const created = { uid: randomId(), creationTimestamp: timestamp(clock.now()) };
    storage.create(key, apiService(item, index, created));
  }
}

function nameOf({ group, version }: ServedGroupVersion): string {
  return `${version}.${group}`;
}

function apiService(
  served: ServedGroupVersion,
  index: number,
  created: { uid: string; creationTimestamp: string },
): ApiObject {
  const { group, version, resources } = served;
  const isCustom = resources.every((resource) => resource.isCustom);
  const groupPriorityMinimum = FIRST_PRIORITY - PRIORITY_STEP * index;
  const priority = isCustom ? CRD_PRIORITY : { groupPriorityMinimum, versionPriority: 15 };
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: {
      name: nameOf(served),
      ...created,
      labels: { [MANAGED]: isCustom ? 'true' : 'onstart' },
    },
    spec: { ...(group !== '' && { group }), version, ...priority },
    status: {
      conditions: [
        {
          lastTransitionTime: created.creationTimestamp,
          message: 'Local APIServices are always available',
          reason: 'Local',
          status: 'True',
          type: 'Available',
        },
      ],
    },
  };
}
