/**
 * ResourceQuota: what a namespace may hold (kube-apiserver's plugin of the name). Decides on the objects that are there,
 * right before the write, so that parallel writes cannot go over together; `status.used` is only for people.
 */
import { listAt, objectAt, stringAt } from '../../json.ts';
import type { ApiObject } from '../../object.ts';
import { forbidden } from '../../status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { formatNanos } from '../pod-resources.ts';
import type { Amounts } from '../pod-resources.ts';
import { hardOf, isInScope, sumOf, usageOf } from '../quota-usage.ts';
import { isCore, RESOURCE_QUOTAS } from '../stored-objects.ts';
import type { StoredObjects } from '../stored-objects.ts';

/** Of pods under a quota for these, every container must name them. */
const COMPUTE = [
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
] as const;

export function resourceQuotaPlugin(stored: StoredObjects): AdmissionPlugin {
  return {
    name: 'ResourceQuota',
    commit(request) {
      const { operation, namespace, object, subresource } = request;
      if (namespace === undefined || !object || subresource !== undefined) return;
      if (operation !== 'CREATE' && operation !== 'UPDATE') return;
      for (const quota of stored.list(RESOURCE_QUOTAS, namespace)) {
        check(stored, quota, { ...request, namespace, object });
      }
    },
  };
}

function check(
  stored: StoredObjects,
  quota: ApiObject,
  request: AdmissionRequest & { namespace: string; object: ApiObject },
): void {
  const { resource, object, oldObject, namespace, name } = request;
  if (!isInScope(quota, resource, object)) return;
  const hard = hardOf(quota);
  if (request.operation === 'CREATE' && isCore(request, 'pods')) {
    const missing = missingAmounts(object, hard);
    if (missing !== '') {
      const why = `failed quota: ${quota.metadata.name}: must specify ${missing}`;
      throw forbidden(resource, name, why);
    }
  }
  const requested = difference(
    usageOf(resource, object),
    oldObject && usageOf(resource, oldObject),
  );
  const limited = [...requested].filter(([key, nanos]) => nanos > 0n && hard.has(key));
  if (limited.length === 0) return;
  const used = sumOf(quota, resource, stored.list(resource, namespace));
  const exceeded = limited
    .map(([key]) => key)
    .filter((key) => (used.get(key) ?? 0n) + (requested.get(key) ?? 0n) > (hard.get(key) ?? 0n))
    .toSorted();
  if (exceeded.length === 0) return;
  const shown = (amounts: Amounts) =>
    exceeded.map((key) => `${key}=${formatNanos(key, amounts.get(key) ?? 0n)}`).join(',');
  const why = `exceeded quota: ${quota.metadata.name}, requested: ${shown(requested)}, used: ${shown(used)}, limited: ${shown(hard)}`;
  throw forbidden(resource, name, why);
}

function difference(usage: Amounts, before: Amounts | undefined): Amounts {
  return new Map([...usage].map(([key, nanos]) => [key, nanos - (before?.get(key) ?? 0n)]));
}

/** `limits.cpu for: a,b; memory for: a`; empty when nothing is missing. */
function missingAmounts(pod: ApiObject, hard: Amounts): string {
  const containers = [
    ...listAt(pod, 'spec', 'containers'),
    ...listAt(pod, 'spec', 'initContainers'),
  ];
  const parts = COMPUTE.filter((key) => hard.has(key))
    .toSorted()
    .map((key) => {
      const dot = key.indexOf('.');
      const field = dot === -1 ? 'requests' : key.slice(0, dot);
      const names = containers
        .filter(
          (container) =>
            !Object.hasOwn(objectAt(container, 'resources', field) ?? {}, key.slice(dot + 1)),
        )
        .map((container) => stringAt(container, 'name') ?? '');
      return names.length === 0 ? '' : `${key} for: ${names.toSorted().join(',')}`;
    });
  return parts.filter((text) => text !== '').join('; ');
}
