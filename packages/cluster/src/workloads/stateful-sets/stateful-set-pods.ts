/** Names, pods and claims of a StatefulSet: everything about a replica that follows from its ordinal. Pure. */
import { REVISION_HASH, templateOf } from '../controller-revisions.ts';
import type { OwnerReference } from '@kagent/kube';

import type { Pod } from '../objects.ts';
import { controllerReference } from '../owners.ts';
import type { PersistentVolumeClaim } from '../storage-objects.ts';
import type { ControllerRevision, StatefulSet } from '../workload-objects.ts';

export const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
export const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index';

const NAME = /^(.*)-(\d+)$/;

/** The ordinal in the name of a pod of this set; undefined for a name that no pod of it can have. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const match = NAME.exec(pod.metadata.name);
  return match?.[1] === set.metadata.name ? Number(match[2]) : undefined;
}

export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** The ordinals a set should have, lowest first. */
export function wantedOrdinals(set: StatefulSet): number[] {
  const start = set.spec.ordinals?.start ?? 0;
  return Array.from({ length: set.spec.replicas ?? 1 }, (_, index) => start + index);
}

export function identityLabels(set: StatefulSet, ordinal: number): Record<string, string> {
  return { [POD_NAME_LABEL]: podName(set, ordinal), [POD_INDEX_LABEL]: String(ordinal) };
}

/** The pod of one ordinal with the template of a revision. */
export function statefulPod(set: StatefulSet, ordinal: number, revision: ControllerRevision): Pod {
  const template = templateOf(revision) ?? set.spec.template;
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const name = podName(set, ordinal);
  const claims = claimsOf(set, ordinal);
  const others = (template.spec.volumes ?? []).filter((volume) => !claims.has(volume.name));
  const volumes = [...claims].map(([volume, claim]) => ({
    name: volume,
    persistentVolumeClaim: { claimName: claim.metadata.name },
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName: `${set.metadata.name}-`,
      namespace: set.metadata.namespace,
      labels: {
        ...labels,
        ...identityLabels(set, ordinal),
        [REVISION_HASH]: revision.metadata.name,
      },
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(set)],
    },
    spec: {
      ...template.spec,
      hostname: name,
      subdomain: set.spec.serviceName ?? '',
      ...(volumes.length + others.length === 0 ? {} : { volumes: [...volumes, ...others] }),
    },
  };
}

/** The claims of one ordinal by the name of their template. */
export function claimsOf(set: StatefulSet, ordinal: number): Map<string, PersistentVolumeClaim> {
  const claims = new Map<string, PersistentVolumeClaim>();
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const { name, labels, annotations } = template.metadata;
    claims.set(name, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        name: `${name}-${podName(set, ordinal)}`,
        namespace: set.metadata.namespace,
        labels: { ...labels, ...set.spec.selector.matchLabels },
        ...(annotations === undefined ? {} : { annotations }),
      },
      spec: template.spec,
    });
  }
  return claims;
}

function isDelete(policy: string | undefined): boolean {
  return policy === 'Delete';
}

/**
 * Owners a claim must have under `persistentVolumeClaimRetentionPolicy`: the set, the pod that is being scaled away, or
 * neither (KEP-1847). Owners of others are kept.
 */
export function claimOwners(
  set: StatefulSet,
  claim: PersistentVolumeClaim,
  facts: { pod: Pod | undefined; isCondemned: boolean },
): OwnerReference[] {
  const policy = set.spec.persistentVolumeClaimRetentionPolicy;
  const foreign = (claim.metadata.ownerReferences ?? []).filter(
    ({ uid, kind }) =>
      uid !== set.metadata.uid &&
      uid !== facts.pod?.metadata.uid &&
      // a pod of an earlier scale-down that came back under the same name
      !(kind === 'Pod' && uid !== facts.pod?.metadata.uid),
  );
  if (facts.isCondemned && isDelete(policy?.whenScaled) && facts.pod !== undefined)
    return [...foreign, controllerReference(facts.pod)];
  return isDelete(policy?.whenDeleted) ? [...foreign, controllerReference(set)] : foreign;
}
