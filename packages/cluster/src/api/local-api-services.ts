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

/** `groupPriorityMinimum` of built-in groups, as Kubernetes 1.35 has them. */
const GROUP_PRIORITIES: Record<string, number> = {
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'admissionregistration.k8s.io': 16_700,
  'apiextensions.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'resource.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
};
/** Where it is not 15. */
const VERSION_PRIORITIES: Record<string, number> = {
  'v1.': 1,
  'v2.autoscaling': 30,
  'v1.resource.k8s.io': 21,
  'v1.flowcontrol.apiserver.k8s.io': 21,
};
const CRD_PRIORITY = { groupPriorityMinimum: 1000, versionPriority: 100 };
/** Of what is no part of kube-apiserver: metrics. */
const ADDED_PRIORITY = 100;
/** The aggregator does not list itself. */
const UNLISTED = 'apiregistration.k8s.io';

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
  const listed = registry.groupVersions().filter(({ group }) => group !== UNLISTED);
  const served = new Map(listed.map((item) => [nameOf(item), item]));
  for (const entry of storage.list(PREFIX).entries) {
    const { metadata } = fromStorage(entry);
    const isOurs = stringAt(metadata.labels, MANAGED) !== undefined;
    if (isOurs && !served.has(metadata.name)) storage.delete(entry.key, entry.revision);
  }
  for (const [name, item] of served) {
    const key = `${PREFIX}${name}`;
    if (storage.get(key)) continue;
    const created = { uid: randomId(), creationTimestamp: timestamp(clock.now()) };
    storage.create(key, apiService(item, created));
  }
}

function nameOf({ group, version }: ServedGroupVersion): string {
  return `${version}.${group}`;
}

function apiService(
  served: ServedGroupVersion,
  created: { uid: string; creationTimestamp: string },
): ApiObject {
  const { group, version, resources } = served;
  const isCustom = resources.every((resource) => resource.isCustom);
  const own = {
    groupPriorityMinimum: GROUP_PRIORITIES[group] ?? ADDED_PRIORITY,
    versionPriority: VERSION_PRIORITIES[nameOf(served)] ?? 15,
  };
  const priority = isCustom ? CRD_PRIORITY : own;
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
