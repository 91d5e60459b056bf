/** What a PodDisruptionBudget allows now, and what that means for one eviction. Pure. */
import type { Condition, IntOrString, LabelSelector, Pod } from '../objects.ts';
import { isPodReady } from '../pods.ts';
import { matchesSelector } from '../selectors.ts';
import { timeText } from '../time-text.ts';
import type { PodDisruptionBudget } from '../workload-objects.ts';

type Status = NonNullable<PodDisruptionBudget['status']>;

/** An eviction that was allowed and has not become a deletion by then is forgotten. */
export const DISRUPTED_FOR_MS = 120_000;
const CONDITION = 'DisruptionAllowed';

/** policy/v1: without a selector none, with an empty one all pods of the namespace. */
export function selectsPod(budget: PodDisruptionBudget, pod: Pod): boolean {
  const { selector } = budget.spec ?? {};
  if (selector === undefined || selector === null) return false;
  return isEmpty(selector) || matchesSelector(selector, pod.metadata.labels);
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

function scaled(value: IntOrString, total: number): number {
  if (typeof value === 'number') return value;
  return value.endsWith('%')
    ? Math.ceil((total * Number.parseFloat(value)) / 100)
    : Number.parseInt(value, 10) || 0;
}

/** True when the size of the pods' controllers matters, not the number of pods that are there. */
export function countsControllers({ spec }: PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string';
}

/** `scale` is the sum of the sizes of the pods' controllers. */
function expectation(
  budget: PodDisruptionBudget,
  pods: Pod[],
  scale: number,
): { expected: number; desired: number } {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  if (maxUnavailable !== undefined)
    return { expected: scale, desired: Math.max(0, scale - scaled(maxUnavailable, scale)) };
  if (minAvailable === undefined) return { expected: 0, desired: 0 };
  const expected = typeof minAvailable === 'number' ? pods.length : scale;
  return { expected, desired: scaled(minAvailable, expected) };
}

function conditionFor(
  before: Status,
  allowed: number,
  facts: { generation: number; now: number },
): Condition[] {
  const status = allowed > 0 ? 'True' : 'False';
  const known = before.conditions?.find(({ type }) => type === CONDITION);
  const next: Condition = {
    type: CONDITION,
    status,
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    observedGeneration: facts.generation,
    lastTransitionTime:
      known?.status === status
        ? (known.lastTransitionTime ?? timeText(facts.now))
        : timeText(facts.now),
  };
  const others = (before.conditions ?? []).filter(({ type }) => type !== CONDITION);
  return [...others, next];
}

export interface BudgetFacts {
  /** Pods the budget selects. */
  pods: Pod[];
  scale: number;
  now: number;
}

export function budgetStatus(
  budget: PodDisruptionBudget,
  { pods, scale, now }: BudgetFacts,
): { status: Status; nextMs?: number } {
  const before = budget.status ?? {};
  const present = new Map(pods.map((pod) => [pod.metadata.name, pod]));
  const disrupted = Object.entries(before.disruptedPods ?? {}).filter(([name, time]) => {
    const pod = present.get(name);
    const isPending = Date.parse(time) + DISRUPTED_FOR_MS > now;
    return pod !== undefined && pod.metadata.deletionTimestamp === undefined && isPending;
  });
  const names = new Set(disrupted.map(([name]) => name));
  const healthy = pods.filter(
    (pod) =>
      isPodReady(pod) &&
      pod.metadata.deletionTimestamp === undefined &&
      !names.has(pod.metadata.name),
  ).length;
  const { expected, desired } = expectation(budget, pods, scale);
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const generation = budget.metadata.generation ?? 0;
  const ends = disrupted.map(([, time]) => Date.parse(time) + DISRUPTED_FOR_MS - now);
  return {
    status: {
      observedGeneration: generation,
      ...(disrupted.length === 0 ? {} : { disruptedPods: Object.fromEntries(disrupted) }),
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      conditions: conditionFor(before, allowed, { generation, now }),
    },
    ...(ends.length === 0 ? {} : { nextMs: Math.max(1, Math.min(...ends)) }),
  };
}

export type EvictionVerdict =
  | { verdict: 'allowed' }
  /** Allowed; the budget must be written with this status before the pod goes. */
  | { verdict: 'charged'; budget: PodDisruptionBudget; status: Status }
  /** 429; `cause` for `details.causes` with reason `DisruptionBudget`. */
  | { verdict: 'refused'; cause: string; retryAfterSeconds: number }
  | { verdict: 'ambiguous' };

/** Message of the 429 to an eviction that a budget forbids. */
export const EVICTION_REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";
/** Message of the 500 to an eviction of a pod that several budgets select. */
export const EVICTION_AMBIGUOUS =
  'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';

const PROCESSING_RETRY_SECONDS = 10;

/** `budgets` are those of the pod's namespace. As the eviction subresource of a real API server decides it. */
export function judgeEviction(
  pod: Pod,
  budgets: PodDisruptionBudget[],
  now: number,
): EvictionVerdict {
  const phase = pod.status?.phase;
  const isNoLoss =
    phase === 'Succeeded' ||
    phase === 'Failed' ||
    phase === 'Pending' ||
    pod.metadata.deletionTimestamp !== undefined;
  const matching = budgets.filter((one) => selectsPod(one, pod));
  const [budget] = matching;
  if (isNoLoss || budget === undefined) return { verdict: 'allowed' };
  if (matching.length > 1) return { verdict: 'ambiguous' };
  const { name, generation = 0 } = budget.metadata;
  const status = budget.status ?? {};
  const { currentHealthy = 0, desiredHealthy = 0, disruptionsAllowed = 0 } = status;
  const isGenerous = budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow';
  const isSpare = currentHealthy >= desiredHealthy && desiredHealthy > 0;
  if (!isPodReady(pod) && (isGenerous || isSpare)) return { verdict: 'allowed' };
  if ((status.observedGeneration ?? 0) < generation) {
    const cause = `The disruption budget ${name} is still being processed by the server.`;
    return { verdict: 'refused', cause, retryAfterSeconds: PROCESSING_RETRY_SECONDS };
  }
  if (disruptionsAllowed <= 0) {
    const cause = `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
    return { verdict: 'refused', cause, retryAfterSeconds: 0 };
  }
  const left = disruptionsAllowed - 1;
  return {
    verdict: 'charged',
    budget,
    status: {
      ...status,
      disruptionsAllowed: left,
      disruptedPods: { ...status.disruptedPods, [pod.metadata.name]: timeText(now) },
      conditions: conditionFor(status, left, { generation, now }),
    },
  };
}
