/** Revisions of a Deployment: which ReplicaSet is the new one, numbers, history. Pure. */
import type { Deployment, PodTemplateSpec, ReplicaSet } from '../objects.ts';
import { canonicalJson, hashName } from '../names.ts';

export const HASH_LABEL = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) =>
      member === null ? [] : [[key, withoutNulls(member)]],
    ),
  );
}

function withoutHash(template: PodTemplateSpec): unknown {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {};
  return withoutNulls({ ...template, metadata: { ...template.metadata, labels } });
}

/** The `pod-template-hash` of a template; the label itself does not count. */
export function templateHash(deployment: Deployment): string {
  return hashName(withoutHash(deployment.spec.template), deployment.status?.collisionCount ?? 0);
}

function isSameTemplate(deployment: Deployment, replicaSet: ReplicaSet): boolean {
  const { template } = replicaSet.spec;
  return (
    template !== undefined &&
    canonicalJson(withoutHash(template)) === canonicalJson(withoutHash(deployment.spec.template))
  );
}

/** The ReplicaSet of the current template: by its hash, else the oldest with an equal template. */
export function findNewReplicaSet(
  deployment: Deployment,
  replicaSets: ReplicaSet[],
  hash: string,
): ReplicaSet | undefined {
  const byHash = replicaSets.find((candidate) => candidate.metadata.labels?.[HASH_LABEL] === hash);
  return byHash ?? byAge(replicaSets).find((candidate) => isSameTemplate(deployment, candidate));
}

/** Oldest first. */
export function byAge(replicaSets: ReplicaSet[]): ReplicaSet[] {
  return replicaSets.toSorted((a, b) => {
    const [first = '', second = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
    if (first !== second) return first < second ? -1 : 1;
    return byRevision(a, b);
  });
}

/** A number of 64 bits, which people may set; anything else counts as none. */
function revisionOf(replicaSet: ReplicaSet): bigint {
  const text = replicaSet.metadata.annotations?.[REVISION] ?? '';
  return /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
}

function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [first, second] = [revisionOf(a), revisionOf(b)];
  return first < second ? -1 : Number(first > second);
}

/** Annotations of the new ReplicaSet: the Deployment's own, its revision and what it had before. */
export function replicaSetAnnotations(
  deployment: Deployment,
  facts: { current: ReplicaSet | undefined; others: ReplicaSet[]; maxReplicas: number },
): Record<string, string> {
  const own = facts.current?.metadata.annotations ?? {};
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([key]) => !NOT_COPIED.has(key),
  );
  const [last] = facts.others.toSorted(byRevision).slice(-1);
  const newest = last === undefined ? 0n : revisionOf(last);
  const before = facts.current === undefined ? 0n : revisionOf(facts.current);
  const revision = before > newest ? before : newest + 1n;
  const history = own[REVISION_HISTORY];
  const past =
    before > 0n && before !== revision
      ? [history, String(before)].filter(Boolean).join(',')
      : history;
  return {
    ...own,
    ...Object.fromEntries(copied),
    [REVISION]: String(revision),
    ...(past === undefined ? {} : { [REVISION_HISTORY]: past }),
    ...sizeAnnotations(deployment, facts.maxReplicas),
  };
}

/** What a scaled ReplicaSet remembers of the Deployment's size. */
export function sizeAnnotations(
  deployment: Deployment,
  maxReplicas: number,
): Record<string, string> {
  return {
    [DESIRED_REPLICAS]: String(deployment.spec.replicas ?? 1),
    [MAX_REPLICAS]: String(maxReplicas),
  };
}

/** Old ReplicaSets beyond `revisionHistoryLimit` (10) that are empty and may be deleted. */
export function surplusHistory(deployment: Deployment, old: ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const empty = old.filter(
    (candidate) =>
      (candidate.spec.replicas ?? 0) === 0 &&
      (candidate.status?.replicas ?? 0) === 0 &&
      candidate.metadata.deletionTimestamp === undefined,
  );
  const surplus = old.length - limit;
  if (surplus <= 0) return [];
  return empty.toSorted(byRevision).slice(0, surplus);
}
