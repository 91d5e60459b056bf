/** The `scale` subresource: autoscaling/v1 Scale as a view on any kind that declares where its replicas are. */
import { cloneJson, isObject } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import { objectAt, setAt, stringAt, valueAt } from './json.ts';
import { fieldPath } from './json-path.ts';
import type { ApiObject } from './object.ts';
import type { ServedResource } from './resource-registry.ts';
import { badRequest, invalid, unknownPath } from './status-error.ts';

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
    spec: { replicas: typeof specReplicas === 'number' ? specReplicas : 0 },
    status: {
      replicas: typeof statusReplicas === 'number' ? statusReplicas : 0,
      ...(selector !== undefined && selector !== '' && { selector: selectorText(selector) }),
    },
  };
}

/** The object with the replicas of a Scale. Checks name and resourceVersion of the Scale's metadata as of the object's. */
export function fromScale(resource: ServedResource, current: ApiObject, scale: unknown): ApiObject {
  if (!isObject(scale) || scale['kind'] !== 'Scale')
    throw badRequest('the body is not an object of kind Scale');
  const replicas = valueAt(scale, 'spec', 'replicas') ?? 0;
  checkReplicas(replicas, current.metadata.name);
  const next = cloneJson(current);
  setAt(next, fieldPath(pathsOf(resource).specReplicasPath), replicas);
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

/**
 * What applying a Scale means for the object itself: the configuration that states its replicas, or nothing when the Scale
 * does not state them. Throws 400 for what is no Scale, 422 for replicas that cannot be.
 */
export function applicableScale(
  resource: ServedResource,
  place: { namespace?: string; name: string },
  scale: unknown,
): ApiObject {
  if (!isObject(scale) || scale['kind'] !== 'Scale' || scale['apiVersion'] !== 'autoscaling/v1')
    throw badRequest('the body is not an object of kind Scale');
  const { name, namespace } = place;
  const applied: ApiObject = {
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
  };
  for (const field of ['resourceVersion', 'uid'] as const) {
    const value = stringAt(scale, 'metadata', field);
    if (value !== undefined) applied.metadata[field] = value;
  }
  const replicas = valueAt(scale, 'spec', 'replicas');
  if (replicas === undefined || replicas === null) return applied;
  checkReplicas(replicas, name);
  setAt(applied, fieldPath(pathsOf(resource).specReplicasPath), replicas);
  return applied;
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
