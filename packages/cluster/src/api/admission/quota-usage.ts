/** What an object counts towards a ResourceQuota, and which quotas look at it. Pure; used at admission and for `status.used`. */
import { quantityNanos } from '../../builtin/quantity.ts';
import { listAt, numberAt, objectAt, stringAt, valueAt } from '../json.ts';
import { add, podResources } from './pod-resources.ts';
import type { Amounts } from './pod-resources.ts';
import type { ResourceId } from './stored-objects.ts';

const ONE = 1_000_000_000n;

/** Core resources that are also counted under their plain name. */
const PLAIN_COUNTS: ReadonlySet<string> = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);

/** `count/deployments.apps`, `count/pods`. */
export function countName({ group, plural }: ResourceId): string {
  return group === '' ? `count/${plural}` : `count/${plural}.${group}`;
}

/** What one object uses, by the names quotas have for it. */
export function usageOf(of: ResourceId, object: unknown): Amounts {
  const usage: Amounts = new Map([[countName(of), ONE]]);
  if (of.group !== '') return usage;
  if (PLAIN_COUNTS.has(of.plural)) usage.set(of.plural, ONE);
  switch (of.plural) {
    case 'pods':
      if (!isTerminal(object)) add(usage, podUsage(object));
      break;
    case 'services':
      add(usage, serviceUsage(object));
      break;
    case 'persistentvolumeclaims':
      add(usage, claimUsage(object));
      break;
  }
  return usage;
}

function isTerminal(pod: unknown): boolean {
  const phase = stringAt(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed';
}

const ALSO_PLAIN = new Set(['cpu', 'memory', 'ephemeral-storage']);

function podUsage(pod: unknown): Amounts {
  const { requests, limits } = podResources(pod);
  const usage: Amounts = new Map([['pods', ONE]]);
  for (const [name, nanos] of requests) {
    if (ALSO_PLAIN.has(name)) usage.set(name, nanos);
    usage.set(`requests.${name}`, nanos);
  }
  for (const [name, nanos] of limits) usage.set(`limits.${name}`, nanos);
  return usage;
}

function serviceUsage(service: unknown): Amounts {
  const type = stringAt(service, 'spec', 'type');
  const ports = listAt(service, 'spec', 'ports');
  const usage: Amounts = new Map();
  if (type === 'LoadBalancer') {
    usage.set('services.loadbalancers', ONE);
    const allocates = valueAt(service, 'spec', 'allocateLoadBalancerNodePorts') !== false;
    const own = ports.filter((port) => (numberAt(port, 'nodePort') ?? 0) > 0).length;
    usage.set('services.nodeports', ONE * BigInt(allocates ? ports.length : own));
  }
  if (type === 'NodePort') usage.set('services.nodeports', ONE * BigInt(ports.length));
  return usage;
}

function claimUsage(claim: unknown): Amounts {
  const storage = quantityNanos(valueAt(claim, 'spec', 'resources', 'requests', 'storage')) ?? 0n;
  const usage: Amounts = new Map([['requests.storage', storage]]);
  const of = stringAt(claim, 'spec', 'storageClassName') ?? '';
  if (of !== '') {
    usage.set(`${of}.storageclass.storage.k8s.io/persistentvolumeclaims`, ONE);
    usage.set(`${of}.storageclass.storage.k8s.io/requests.storage`, storage);
  }
  return usage;
}

/** `spec.hard` of a quota in billionths. */
export function hardOf(quota: unknown): Amounts {
  const hard = objectAt(quota, 'spec', 'hard') ?? {};
  return new Map(Object.entries(hard).map(([name, value]) => [name, quantityNanos(value) ?? 0n]));
}

/** Whether the scopes of a quota select an object. Only pods have scopes; a quota with scopes sees nothing else. */
export function isInScope(quota: unknown, of: ResourceId, object: unknown): boolean {
  const scopes = [
    ...listAt(quota, 'spec', 'scopes').map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...listAt(quota, 'spec', 'scopeSelector', 'matchExpressions'),
  ];
  if (scopes.length === 0) return true;
  if (of.group !== '' || of.plural !== 'pods') return false;
  return scopes.every((scope) => matchesScope(scope, object));
}

function matchesScope(scope: unknown, pod: unknown): boolean {
  const deadline = numberAt(pod, 'spec', 'activeDeadlineSeconds');
  const isBestEffort = () => {
    const { requests, limits } = podResources(pod);
    return ![...requests, ...limits].some(
      ([name, nanos]) => (name === 'cpu' || name === 'memory') && nanos > 0n,
    );
  };
  switch (stringAt(scope, 'scopeName')) {
    case 'Terminating':
      return deadline !== undefined;
    case 'NotTerminating':
      return deadline === undefined;
    case 'BestEffort':
      return isBestEffort();
    case 'NotBestEffort':
      return !isBestEffort();
    case 'PriorityClass':
      return matchesPriority(scope, stringAt(pod, 'spec', 'priorityClassName') ?? '');
    default:
      return false;
  }
}

function matchesPriority(scope: unknown, name: string): boolean {
  const values = listAt(scope, 'values');
  switch (stringAt(scope, 'operator')) {
    case 'In':
      return values.includes(name);
    case 'NotIn':
      return !values.includes(name);
    case 'DoesNotExist':
      return name === '';
    default:
      return name !== '';
  }
}

/** What all objects of one resource use together under a quota. */
export function sumOf(quota: unknown, of: ResourceId, objects: Iterable<unknown>): Amounts {
  const sum: Amounts = new Map();
  for (const object of objects) {
    if (isInScope(quota, of, object)) add(sum, usageOf(of, object));
  }
  return sum;
}
