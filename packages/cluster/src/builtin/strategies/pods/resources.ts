/** Requests and limits of containers and pods. */
import { qualifiedNameProblems } from '../../../api/names.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import { canonicalQuantity, quantityNanos } from '../../quantity.ts';
import { items, NOT_NEGATIVE, part, text } from '../rules.ts';
import { labelErrors } from './checks.ts';

const COMPUTE = ['cpu', 'memory'];
const OF_CONTAINERS = new Set([...COMPUTE, 'ephemeral-storage']);
const COUNTED = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
];
const STANDARD = new Set([
  ...OF_CONTAINERS,
  ...[...OF_CONTAINERS].flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  ...COUNTED,
  'storage',
  'requests.storage',
  'services.nodeports',
  'services.loadbalancers',
]);
const INTEGERS = new Set([...COUNTED, 'services.nodeports', 'services.loadbalancers']);
const NANO = 1_000_000_000n;
const HUGE_PAGES = /^hugepages-/;

/** Part of Kubernetes itself, and not of a plugin of the node. */
function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

function isExtended(name: string): boolean {
  if (isNative(name) || name.startsWith('requests.')) return false;
  return qualifiedNameProblems(`requests.${name}`).length === 0;
}

/** What every name of a resource has to be. */
export function resourceNameErrors(name: string, path: string): FieldError[] {
  const problems = qualifiedNameProblems(name);
  if (problems.length > 0) return problems.map((why) => invalid(path, name, why));
  const isKnown = STANDARD.has(name) || /^(?:requests\.)?hugepages-/.test(name);
  if (name.includes('/') || isKnown) return [];
  return [invalid(path, name, 'must be a standard resource type or fully qualified')];
}

/** Whether the name is one that quotas know. */
export function isQuotaResource(name: string): boolean {
  return (name !== 'storage' && STANDARD.has(name)) || /^(?:requests\.)?hugepages-/.test(name);
}

/** What a resource of a container has to be, besides. */
export function containerResourceErrors(name: string, path: string): FieldError[] {
  const errors = resourceNameErrors(name, path);
  if (!name.includes('/')) {
    if (!OF_CONTAINERS.has(name) && !HUGE_PAGES.test(name)) {
      errors.push(invalid(path, name, 'must be a standard resource for containers'));
    }
  } else if (!isNative(name) && !isExtended(name)) {
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
  }
  return errors;
}

function podResourceErrors(name: string, path: string): FieldError[] {
  const errors = resourceNameErrors(name, path);
  if (errors.length > 0 || COMPUTE.includes(name) || HUGE_PAGES.test(name)) return errors;
  return [notSupported(path, name, ['cpu', 'hugepages-', 'memory'])];
}

/** An amount that may not be negative, and has to be whole where things are counted. */
export function amountErrors(name: string, value: unknown, path: string): FieldError[] {
  const amount = quantityNanos(value) ?? 0n;
  const errors: FieldError[] = [];
  if (amount < 0n) errors.push(invalid(path, value, NOT_NEGATIVE));
  const isWhole = INTEGERS.has(name) || isExtended(name);
  if (isWhole && amount % NANO !== 0n) errors.push(invalid(path, value, 'must be an integer'));
  return errors;
}

function hugePageErrors(name: string, value: unknown, path: string): FieldError[] {
  if (!HUGE_PAGES.test(name)) return [];
  const size = quantityNanos(name.replace(HUGE_PAGES, '')) ?? 0n;
  const amount = quantityNanos(value) ?? 0n;
  if (size > 0n && size % NANO === 0n && amount % size === 0n) return [];
  return [invalid(path, value, `${String(value)} is not positive integer multiple of ${name}`)];
}

/** Whether more of it may be promised than there is. */
export function isOvercommitted(name: string): boolean {
  return isNative(name) && !HUGE_PAGES.test(name);
}

/** Errors of a container's resources; of a pod's own when `isPod`. `claims` are the names the pod gave its claims. */
export function resourceErrors(
  resources: JsonObject,
  path: string,
  { claims, isPod = false }: { claims: ReadonlySet<string>; isPod?: boolean },
): FieldError[] {
  const [limits, requests] = [part(resources, 'limits'), part(resources, 'requests')];
  const nameErrors = isPod ? podResourceErrors : containerResourceErrors;
  const errors: FieldError[] = [];
  for (const [name, limit] of Object.entries(limits)) {
    const place = `${path}.limits[${name}]`;
    errors.push(...nameErrors(name, place), ...amountErrors(name, limit, place));
    errors.push(...hugePageErrors(name, limit, place));
  }
  for (const [name, request] of Object.entries(requests)) {
    const place = `${path}.requests[${name}]`;
    errors.push(...nameErrors(name, place), ...amountErrors(name, request, place));
    errors.push(...pairErrors(name, { request, limit: limits[name] }, path));
    errors.push(...hugePageErrors(name, request, place));
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (
    names.some((name) => HUGE_PAGES.test(name)) &&
    !names.some((name) => COMPUTE.includes(name))
  ) {
    errors.push(forbidden(path, 'HugePages require cpu or memory'));
  }
  return [...errors, ...claimErrors(resources, path, claims)];
}

function pairErrors(
  name: string,
  { request, limit }: { request: unknown; limit: unknown },
  path: string,
): FieldError[] {
  const [wanted, most] = [quantityNanos(request), quantityNanos(limit)];
  if (limit === undefined) {
    const why = 'Limit must be set for non overcommitable resources';
    return isOvercommitted(name) ? [] : [required(`${path}.limits`, why)];
  }
  if (wanted === undefined || most === undefined || wanted === most) return [];
  const place = `${path}.requests`;
  if (!isOvercommitted(name))
    return [invalid(place, request, `must be equal to ${name} limit of ${String(limit)}`)];
  if (wanted < most) return [];
  return [
    invalid(place, request, `must be less than or equal to ${name} limit of ${String(limit)}`),
  ];
}

/** Which of the pod's claims a container uses. */
function claimErrors(
  resources: JsonObject,
  path: string,
  known: ReadonlySet<string>,
): FieldError[] {
  const seen = new Set<string>();
  return items(resources, 'claims', `${path}.`).flatMap(([claim, place]) => {
    const [name, request] = [text(claim, 'name'), text(claim, 'request')];
    if (name === '') return [required(place)];
    const errors: FieldError[] = [];
    const key = request === '' ? name : `${name}/${request}`;
    if (seen.has(name)) errors.push(duplicate(place, name));
    else {
      if (request !== '') errors.push(...labelErrors(request, `${place}.request`));
      const isSplit = request === '' && [...seen].some((item) => item.startsWith(`${name}/`));
      if (seen.has(key) || isSplit) errors.push(duplicate(place, key));
      seen.add(key);
    }
    if (!known.has(name)) {
      const list = known.size === 0 ? ' which is empty' : `: ${[...known].toSorted().join(', ')}`;
      const why = `must be one of the names in pod.spec.resourceClaims${list}`;
      const detail = `Not found: ${JSON.stringify(name)}: ${why}`;
      errors.push({ type: 'NotFound', field: place, detail });
    }
    return errors;
  });
}

/** Errors of what a pod as a whole asks for, beside its containers. */
export function podLevelErrors(
  spec: JsonObject,
  path: string,
  claims: ReadonlySet<string>,
): FieldError[] {
  const { resources } = spec;
  if (!isObject(resources)) return [];
  const place = `${path}.resources`;
  if (part(spec, 'os').name === 'windows') {
    return [forbidden(place, 'may not be set for a windows pod')];
  }
  const errors: FieldError[] = [];
  if (resources.claims !== undefined) {
    const why = 'claims may not be set for Resources at pod-level';
    errors.push(forbidden(`${place}.claims`, why));
  }
  errors.push(...resourceErrors(resources, place, { claims, isPod: true }));
  return [...errors, ...consistencyErrors(spec, resources, place)];
}

/** What the containers ask for may not be more than what the pod asks for. */
function consistencyErrors(spec: JsonObject, resources: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const containers = items(spec, 'containers');
  for (const [name, own] of Object.entries(part(resources, 'requests'))) {
    const sum = containers.reduce(
      (total, [container]) =>
        total + (quantityNanos(part(part(container, 'resources'), 'requests')[name]) ?? 0n),
      0n,
    );
    if (sum <= (quantityNanos(own) ?? 0n)) continue;
    const total = canonicalQuantity(`${sum}n`) ?? '';
    const why = `must be greater than or equal to aggregate container requests of ${total}`;
    errors.push(invalid(`${path}.requests[${name}]`, own, why));
  }
  const limits = part(resources, 'limits');
  for (const [index, [container]] of containers.entries()) {
    for (const [name, limit] of Object.entries(part(part(container, 'resources'), 'limits'))) {
      const most = quantityNanos(limits[name]);
      if (most === undefined || (quantityNanos(limit) ?? 0n) <= most) continue;
      const why = `must be less than or equal to pod limits of ${String(limits[name])}`;
      errors.push(invalid(`${path}.containers[${index}][${name}].limits`, limit, why));
    }
  }
  return errors;
}
