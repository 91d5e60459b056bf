/** Which requests a webhook or a policy is about: rules, scopes, selectors, equivalent versions. */
import { listAt, objectAt, stringAt } from '../json.ts';
import type { ApiObject } from '../object.ts';
import type { ResourceRegistry, ServedResource } from '../resource-registry.ts';
import type { AdmissionRequest } from './admission.ts';
import { selectsLabels } from './label-selector.ts';
import { NAMESPACES } from './stored-objects.ts';
import type { StoredObjects } from './stored-objects.ts';

/** The part that webhooks and `matchConstraints` share. */
export interface MatchCriteria {
  rules: unknown[];
  excludeRules?: unknown[];
  matchPolicy?: string;
  namespaceSelector?: unknown;
  objectSelector?: unknown;
}

export interface Matcher {
  /** The resource in the version to speak, or undefined when the criteria do not select the request. */
  match(criteria: MatchCriteria, request: AdmissionRequest): ServedResource | undefined;
  /** The rules alone: cheap, and needs no object. */
  matchRules(criteria: MatchCriteria, request: AdmissionRequest): ServedResource | undefined;
}

const GROUP = 'admissionregistration.k8s.io';

/** Configurations of admission pass no webhook or policy, so that a broken one can be mended. */
export function isExempt({ resource }: AdmissionRequest): boolean {
  return resource.group === GROUP;
}

export function createMatcher(registry: ResourceRegistry, stored: StoredObjects): Matcher {
  const matchRules = (criteria: MatchCriteria, request: AdmissionRequest) => {
    if (matchesSome(criteria.excludeRules ?? [], request, request.resource)) return undefined;
    if (matchesSome(criteria.rules, request, request.resource)) return request.resource;
    if (criteria.matchPolicy === 'Exact') return undefined;
    return registry
      .all()
      .find(
        (other) =>
          other.prefix === request.resource.prefix &&
          other !== request.resource &&
          matchesSome(criteria.rules, request, other) &&
          !matchesSome(criteria.excludeRules ?? [], request, other),
      );
  };
  return {
    matchRules,
    match(criteria, request) {
      const resource = matchRules(criteria, request);
      if (!resource) return undefined;
      if (!inNamespaces(criteria.namespaceSelector, request, stored)) return undefined;
      const { object, oldObject } = request;
      const isSelected = [object, oldObject].some(
        (item) => item && selectsLabels(criteria.objectSelector, item.metadata.labels),
      );
      // A connection has options, no object with labels.
      return isSelected || isEmpty(criteria.objectSelector) ? resource : undefined;
    },
  };
}

function isEmpty(selector: unknown): boolean {
  return (
    Object.keys(objectAt(selector, 'matchLabels') ?? {}).length === 0 &&
    listAt(selector, 'matchExpressions').length === 0
  );
}

function matchesSome(
  rules: unknown[],
  { operation, subresource = '', namespace, name }: AdmissionRequest,
  resource: ServedResource,
): boolean {
  return rules.some((rule) => {
    if (!includes(rule, 'operations', operation)) return false;
    if (!includes(rule, 'apiGroups', resource.group)) return false;
    if (!includes(rule, 'apiVersions', resource.version.version)) return false;
    const scope = stringAt(rule, 'scope') ?? '*';
    if (scope === 'Namespaced' && namespace === undefined) return false;
    if (scope === 'Cluster' && namespace !== undefined) return false;
    const names = listAt(rule, 'resourceNames');
    if (names.length > 0 && !names.includes(name)) return false;
    return listAt(rule, 'resources').some((text) => {
      const [plural, below = ''] = String(text).split('/');
      const isResource = plural === '*' || plural === resource.plural;
      return isResource && (below === '*' || below === subresource);
    });
  });
}

function includes(rule: unknown, field: string, value: string): boolean {
  const values = listAt(rule, field);
  return values.includes('*') || values.includes(value);
}

function inNamespaces(
  selector: unknown,
  request: AdmissionRequest,
  stored: StoredObjects,
): boolean {
  if (isEmpty(selector)) return true;
  const namespace = namespaceOf(request, stored);
  if (namespace) return selectsLabels(selector, namespace.metadata.labels);
  return request.namespace === undefined;
}

/** The namespace a request is in; for requests about a namespace that one. Undefined for cluster-scoped objects. */
export function namespaceOf(
  { resource, namespace, object, oldObject }: AdmissionRequest,
  stored: StoredObjects,
): ApiObject | undefined {
  if (namespace !== undefined) return stored.get(NAMESPACES, namespace);
  const isNamespace = resource.group === '' && resource.plural === 'namespaces';
  return isNamespace ? (object ?? oldObject) : undefined;
}
