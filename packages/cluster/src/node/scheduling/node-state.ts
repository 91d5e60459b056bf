/** Nodes and pods as the scheduler sees them. Pure. */
import { parseQuantity } from '../downward.ts';
import type { NodeObject, Pod } from '../../workloads/objects.ts';

/** A node with the pods that are on it or about to be. */
export interface NodeState {
  node: NodeObject;
  pods: Pod[];
  /** The node that really runs pods: it is taken before all others, and requests are not counted on it. */
  isEmbedded: boolean;
}

export type Amounts = Readonly<Record<string, number>>;

function amount(value: unknown): number {
  if (typeof value !== 'string' && typeof value !== 'number') return 0;
  try {
    return parseQuantity(value);
  } catch {
    return 0;
  }
}

function amounts(list: unknown): Record<string, number> {
  if (typeof list !== 'object' || list === null) return {};
  return Object.fromEntries(Object.entries(list).map(([name, value]) => [name, amount(value)]));
}

function add(to: Record<string, number>, from: Amounts): void {
  for (const [name, value] of Object.entries(from)) to[name] = (to[name] ?? 0) + value;
}

/**
 * What the pod asks for: the sum of its containers, or what its largest init container asks for; sidecars count all the
 * time (`resourcehelper.PodRequests`).
 */
export function podRequests(pod: Pod): Record<string, number> {
  const total: Record<string, number> = {};
  for (const container of pod.spec.containers) add(total, amounts(container.resources?.requests));
  const sidecars: Record<string, number> = {};
  const peak: Record<string, number> = {};
  for (const container of pod.spec.initContainers ?? []) {
    const own = amounts(container.resources?.requests);
    if (container.restartPolicy === 'Always') {
      add(sidecars, own);
      continue;
    }
    for (const [name, value] of Object.entries(own)) {
      peak[name] = Math.max(peak[name] ?? 0, value + (sidecars[name] ?? 0));
    }
  }
  add(total, sidecars);
  for (const [name, value] of Object.entries(peak)) total[name] = Math.max(total[name] ?? 0, value);
  const { overhead } = pod.spec as { overhead?: unknown };
  add(total, amounts(overhead));
  return total;
}

export function allocatable(node: NodeObject): Record<string, number> {
  return amounts(node.status?.['allocatable'] ?? node.status?.['capacity']);
}

export function requested(state: NodeState): Record<string, number> {
  const total: Record<string, number> = {};
  for (const pod of state.pods) add(total, podRequests(pod));
  return total;
}
