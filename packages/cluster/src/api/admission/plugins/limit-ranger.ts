/** LimitRanger: defaults and bounds for the resources of containers, pods and claims (kube-apiserver's plugin of the name). */
import { canonicalQuantity, quantityNanos } from '../../../builtin/quantity.ts';
import { isObject } from '../../../schema/json.ts';
import type { JsonObject } from '../../../schema/json.ts';
import { listAt, objectAt, stringAt } from '../../json.ts';
import type { ApiObject } from '../../object.ts';
import { forbidden } from '../../status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { formatNanos, podResources } from '../pod-resources.ts';
import { isCore, LIMIT_RANGES } from '../stored-objects.ts';
import type { StoredObjects } from '../stored-objects.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

export function limitRangerPlugin(stored: StoredObjects): AdmissionPlugin {
  return {
    name: 'LimitRanger',
    mutates: (request) =>
      request.operation === 'CREATE' && (isCore(request, 'pods') || isClaim(request)),
    mutate(request) {
      const { object, namespace } = request;
      if (!object || !isCore(request, 'pods')) return;
      for (const item of limitsIn(stored, namespace)) setDefaults(object, item);
    },
    validate(request) {
      const { object, operation, resource, name, namespace } = request;
      if (!object || operation === 'DELETE') return;
      const isPod = isCore(request, 'pods') && operation === 'CREATE';
      if (!isPod && !isClaim(request)) return;
      const problems = limitsIn(stored, namespace).flatMap((item) =>
        isPod ? podProblems(object, item) : claimProblems(object, item),
      );
      const text = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`;
      if (text !== undefined && problems.length > 0) throw forbidden(resource, name, text);
    },
  };
}

function isClaim(request: AdmissionRequest): boolean {
  return isCore(request, 'persistentvolumeclaims');
}

function limitsIn(stored: StoredObjects, namespace: string | undefined): JsonObject[] {
  return stored
    .list(LIMIT_RANGES, namespace ?? '')
    .flatMap((range) => listAt(range, 'spec', 'limits').filter(isObject));
}

function setDefaults(pod: ApiObject, item: JsonObject): void {
  if (stringAt(item, 'type') !== 'Container') return;
  const notes: string[] = [];
  for (const list of ['containers', 'initContainers']) {
    for (const container of listAt(pod, 'spec', list).filter(isObject)) {
      const what = list === 'containers' ? 'container' : 'init container';
      const of = `${what} ${stringAt(container, 'name') ?? ''}`;
      for (const [field, from] of [
        ['requests', 'defaultRequest'],
        ['limits', 'default'],
      ] as const) {
        const set = fill(container, field, objectAt(item, from) ?? {});
        if (set.length > 0) notes.push(`${set.join(', ')} ${field.slice(0, -1)} for ${of}`);
      }
    }
  }
  if (notes.length === 0) return;
  const text = `LimitRanger plugin set: ${notes.join('; ')}`;
  pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: text };
}

/** Sets what is missing; returns the names of what was set, in order. */
function fill(container: JsonObject, field: string, defaults: JsonObject): string[] {
  const resources = objectAt(container, 'resources') ?? {};
  const amounts = objectAt(resources, field) ?? {};
  const missing = Object.keys(defaults)
    .filter((name) => !Object.hasOwn(amounts, name))
    .toSorted();
  if (missing.length === 0) return [];
  const added = Object.fromEntries(missing.map((name) => [name, defaults[name]]));
  container['resources'] = { ...resources, [field]: { ...amounts, ...added } };
  return missing;
}

interface Amounts {
  requests: JsonObject;
  limits: JsonObject;
}

function podProblems(pod: ApiObject, item: JsonObject): string[] {
  const type = stringAt(item, 'type') ?? '';
  if (type === 'Pod') return bounds(type, item, totals(pod));
  if (type !== 'Container') return [];
  return ['containers', 'initContainers'].flatMap((list) =>
    listAt(pod, 'spec', list).flatMap((container) =>
      bounds(type, item, {
        requests: objectAt(container, 'resources', 'requests') ?? {},
        limits: objectAt(container, 'resources', 'limits') ?? {},
      }),
    ),
  );
}

function totals(pod: ApiObject): Amounts {
  const { requests, limits } = podResources(pod);
  const text = (amounts: Map<string, bigint>) =>
    Object.fromEntries([...amounts].map(([name, nanos]) => [name, formatNanos(name, nanos)]));
  return { requests: text(requests), limits: text(limits) };
}

function claimProblems(claim: ApiObject, item: JsonObject): string[] {
  if (stringAt(item, 'type') !== 'PersistentVolumeClaim') return [];
  const requests = objectAt(claim, 'spec', 'resources', 'requests') ?? {};
  const problems: string[] = [];
  for (const [bound, limit] of [
    ['minimum', objectAt(item, 'min')],
    ['maximum', objectAt(item, 'max')],
  ] as const) {
    for (const [name, enforced] of sorted(limit)) {
      const usage = `${bound} ${name} usage per PersistentVolumeClaim is ${shown(enforced)}`;
      const given = quantityNanos(requests[name]);
      const edge = quantityNanos(enforced) ?? 0n;
      if (given === undefined) problems.push(`${usage}.  No request is specified`);
      else if (bound === 'minimum' ? given < edge : given > edge)
        problems.push(`${usage}, but request is ${shown(requests[name])}`);
    }
  }
  return problems;
}

function bounds(type: string, item: JsonObject, amounts: Amounts): string[] {
  return [
    ...sorted(objectAt(item, 'min')).map(([name, enforced]) => {
      const edge = quantityNanos(enforced) ?? 0n;
      return bound(`minimum ${name} usage per ${type} is ${shown(enforced)}`, {
        first: ['request', amounts.requests[name]],
        second: ['limit', amounts.limits[name]],
        breaks: (nanos) => nanos < edge,
      });
    }),
    ...sorted(objectAt(item, 'max')).map(([name, enforced]) => {
      const edge = quantityNanos(enforced) ?? 0n;
      return bound(`maximum ${name} usage per ${type} is ${shown(enforced)}`, {
        first: ['limit', amounts.limits[name]],
        second: ['request', amounts.requests[name]],
        breaks: (nanos) => nanos > edge,
      });
    }),
    ...sorted(objectAt(item, 'maxLimitRequestRatio')).map(([name, enforced]) =>
      ratio(`${name} max limit to request ratio per ${type} is ${shown(enforced)}`, {
        enforced: quantityNanos(enforced) ?? 0n,
        request: quantityNanos(amounts.requests[name]) ?? 0n,
        limit: quantityNanos(amounts.limits[name]) ?? 0n,
      }),
    ),
  ].filter((problem) => problem !== undefined);
}

/** The first amount must be there and in bounds, the second only in bounds. */
function bound(
  usage: string,
  check: {
    first: [string, unknown];
    second: [string, unknown];
    breaks(nanos: bigint): boolean;
  },
): string | undefined {
  const [kind, value] = check.first;
  const nanos = quantityNanos(value);
  if (nanos === undefined) return `${usage}.  No ${kind} is specified`;
  if (check.breaks(nanos)) return `${usage}, but ${kind} is ${shown(value)}`;
  const [otherKind, otherValue] = check.second;
  const other = quantityNanos(otherValue);
  if (other === undefined || !check.breaks(other)) return undefined;
  return `${usage}, but ${otherKind} is ${shown(otherValue)}`;
}

function ratio(
  usage: string,
  amounts: { enforced: bigint; request: bigint; limit: bigint },
): string | undefined {
  if (amounts.request === 0n) return `${usage}, but no request is specified or request is 0`;
  if (amounts.limit === 0n) return `${usage}, but no limit is specified or limit is 0`;
  const provided = Number(amounts.limit) / Number(amounts.request);
  if (provided <= Number(amounts.enforced) / 1e9) return undefined;
  return `${usage}, but provided ratio is ${provided.toFixed(6)}`;
}

function sorted(amounts: JsonObject | undefined): [string, unknown][] {
  return Object.entries(amounts ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
  return canonicalQuantity(text) ?? text;
}
