/** The `scale` subresource: autoscaling/v1 Scale as a view on any kind that declares where its replicas are. */
import { goText, goTypeName } from '../patch/go-text.ts';
import { invalid as invalidField } from '../schema/field-error.ts';
import { cloneJson, isObject } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
import { objectAt, setAt, stringAt, valueAt } from './json.ts';
import { fieldPath } from './json-path.ts';
import type { ApiObject } from './object.ts';
import type { ServedResource } from './resource-registry.ts';
import { badRequest, internalError, invalid, unknownPath } from './status-error.ts';

type ScalePaths = NonNullable<ServedResource['version']['scale']>;

function pathsOf(resource: ServedResource): ScalePaths {
  const { scale } = resource.version;
  if (!scale) throw unknownPath();
  return scale;
}

/** The Scale of an object. Throws 404 for kinds without one. */
export function toScale(resource: ServedResource, object: ApiObject): JsonObject {
  const paths = pathsOf(resource);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const specReplicas = valueAt(object, ...fieldPath(paths.specReplicasPath));
  const statusReplicas = valueAt(object, ...fieldPath(paths.statusReplicasPath));
  const own = paths.labelSelectorPath && valueAt(object, ...fieldPath(paths.labelSelectorPath));
  const selector = own ?? (resource.isCustom ? undefined : valueAt(object, 'spec', 'selector'));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
    },
    spec: typeof specReplicas === 'number' && specReplicas !== 0 ? { replicas: specReplicas } : {},
    status: {
      replicas: typeof statusReplicas === 'number' ? statusReplicas : 0,
      ...(selector !== undefined && selector !== '' && { selector: selectorText(selector) }),
    },
  };
}

/** What a Scale says whose object has no replicas: below every number of them. */
const NO_REPLICAS = -2_147_483_648;

/** The Scale as it is before a write, which shows when the object of a custom kind has no replicas. */
export function scaleToWrite(resource: ServedResource, object: ApiObject): JsonObject {
  const scale = toScale(resource, object);
  return hasReplicas(resource, object) ? scale : { ...scale, spec: { replicas: NO_REPLICAS } };
}

/** Throws 500 for an object of a custom kind that has no replicas, as a real server does. */
export function requireReplicas(resource: ServedResource, object: ApiObject): void {
  if (hasReplicas(resource, object)) return;
  const path = JSON.stringify(pathsOf(resource).specReplicasPath);
  throw internalError(`the spec replicas field ${path} does not exist`);
}

function hasReplicas(resource: ServedResource, object: ApiObject): boolean {
  if (!resource.isCustom) return true;
  return valueAt(object, ...fieldPath(pathsOf(resource).specReplicasPath)) !== undefined;
}

/** The object with the replicas of a Scale. Checks name and resourceVersion of the Scale's metadata as of the object's. */
export function fromScale(resource: ServedResource, current: ApiObject, scale: unknown): ApiObject {
  if (!isObject(scale) || scale['kind'] !== 'Scale')
    throw badRequest('the body is not an object of kind Scale');
  const replicas = valueAt(scale, 'spec', 'replicas') ?? 0;
  const { specReplicasPath } = pathsOf(resource);
  if (replicas === NO_REPLICAS)
    throw badRequest(`the spec replicas field ${JSON.stringify(specReplicasPath)} cannot be empty`);
  if (!resource.isCustom) checkReplicas(replicas, current.metadata.name);
  const next = cloneJson(current);
  setAt(next, fieldPath(specReplicasPath), replicas);
  const { metadata } = next;
  metadata.resourceVersion = stringAt(scale, 'metadata', 'resourceVersion');
  metadata.uid = stringAt(scale, 'metadata', 'uid');
  return next;
}

function checkReplicas(replicas: unknown, name: string): void {
  if (typeof replicas === 'number' && Number.isInteger(replicas) && replicas >= 0) return;
  const detail = `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`;
  throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
    { type: 'Invalid', field: 'spec.replicas', detail },
  ]);
}

/** What is wrong with the fields that an object of a custom kind shows in its Scale. */
export function scaleFieldErrors(
  { version: { scale } }: ServedResource,
  object: ApiObject,
): FieldError[] {
  if (scale === undefined) return [];
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  const errors = [specReplicasPath, statusReplicasPath].flatMap((path) =>
    replicasErrors(object, path),
  );
  if (labelSelectorPath !== undefined)
    errors.push(...typeErrors(object, labelSelectorPath, { type: 'string', zero: '' }));
  return errors;
}

function replicasErrors(object: ApiObject, path: string): FieldError[] {
  const replicas = valueAt(object, ...fieldPath(path));
  if (typeof replicas !== 'number') return typeErrors(object, path, { type: 'int64', zero: 0 });
  if (replicas < 0) return [invalidField(path, replicas, 'should be a non-negative integer')];
  if (replicas <= MAX_REPLICAS) return [];
  return [invalidField(path, replicas, `should be less than or equal to ${MAX_REPLICAS}`)];
}

const MAX_REPLICAS = 2_147_483_647;

function typeErrors(
  object: ApiObject,
  path: string,
  { type, zero }: { type: string; zero: unknown },
): FieldError[] {
  const value = valueAt(object, ...fieldPath(path));
  if (value === undefined || typeof value === typeof zero) return [];
  const found = `${path} accessor error: ${goText(value)} is of the type ${goTypeName(value)}, expected ${type}`;
  return [invalidField(path, zero, found)];
}

/** A LabelSelector object as the text that list requests take. */
function selectorText(selector: unknown): string {
  if (typeof selector === 'string') return selector;
  const expressions = valueAt(selector, 'matchExpressions');
  // ReplicationController has a plain map of labels.
  const isPlain = isObject(selector) && expressions === undefined && !('matchLabels' in selector);
  const labels = (isPlain ? selector : objectAt(selector, 'matchLabels')) ?? {};
  const terms = Object.entries(labels)
    .filter(([, value]) => typeof value === 'string')
    .map(([key, value]) => `${key}=${String(value)}`);
  for (const expression of Array.isArray(expressions) ? expressions : [])
    terms.push(expressionText(expression));
  return terms.toSorted().join(',');
}

function expressionText(expression: unknown): string {
  const key = stringAt(expression, 'key') ?? '';
  const values = valueAt(expression, 'values');
  const list = Array.isArray(values) ? values.map(String).toSorted().join(',') : '';
  switch (stringAt(expression, 'operator')) {
    case 'In':
      return `${key} in (${list})`;
    case 'NotIn':
      return `${key} notin (${list})`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return key;
  }
}
