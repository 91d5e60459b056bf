/** Puts the default roles and bindings into the storage, and adds what is missing to those that are there. */
import type { Clock } from '@kagent/kube';

import { isObject, jsonEqual } from '../../schema/json.ts';
import type { Storage, StoredValue } from '../../storage/storage.ts';
import { listAt, stringAt, valueAt } from '../json.ts';
import { fromStorage, objectKey, resourcePrefix, timestamp } from '../object.ts';
import { aggregatedRules } from './aggregation.ts';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from './bootstrap-roles.ts';
import type { BootstrapBinding, BootstrapRole } from './bootstrap-roles.ts';
import { compactRules, missingRules, rulesOf } from './policy-rule.ts';
import type { PolicyRule } from './policy-rule.ts';
import { RBAC_GROUP } from './rbac-index.ts';

const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';
const API_VERSION = `${RBAC_GROUP}/v1`;

interface PolicyObject {
  [field: string]: unknown;
  metadata: {
    [field: string]: unknown;
    name: string;
    namespace?: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
}

export interface PolicyDependencies {
  storage: Storage;
  clock: Clock;
  randomId(): string;
}

/**
 * Creates the default policy. Of objects that exist already, only rules, subjects and labels that are missing are added,
 * unless their annotation `rbac.authorization.kubernetes.io/autoupdate` is `false`. Idempotent: a second run writes
 * nothing. Goes to the storage directly, because a cluster must start in milliseconds and this is half of its objects; a
 * test holds what is written against what the API would have made of it.
 */
export function ensureBootstrapPolicy(deps: PolicyDependencies): void {
  const made: PolicyObject[] = [];
  for (const role of CLUSTER_ROLES) {
    const object = clusterRole(role, made);
    made.push(object);
    ensure(deps, 'clusterroles', object);
  }
  for (const role of ROLES) ensure(deps, 'roles', namespacedRole(role));
  for (const binding of CLUSTER_ROLE_BINDINGS)
    ensure(deps, 'clusterrolebindings', bindingObject(binding));
  for (const binding of ROLE_BINDINGS) ensure(deps, 'rolebindings', bindingObject(binding));
}

type Plural = 'clusterroles' | 'roles' | 'clusterrolebindings' | 'rolebindings';

function ensure(deps: PolicyDependencies, plural: Plural, wanted: PolicyObject): void {
  const { name, namespace } = wanted.metadata;
  const key = objectKey(resourcePrefix({ group: RBAC_GROUP, plural }), namespace, name);
  const entry = deps.storage.get(key);
  if (!entry) {
    deps.storage.create(key, withServerFields(wanted, deps));
    return;
  }
  const value = completed(fromStorage(entry), wanted);
  if (value) deps.storage.update(key, value, entry.revision);
}

function withServerFields(
  object: PolicyObject,
  { clock, randomId }: PolicyDependencies,
): PolicyObject {
  const now = timestamp(clock.now());
  const entry = {
    manager: 'kube-apiserver',
    operation: 'Update',
    apiVersion: API_VERSION,
    time: now,
    fieldsType: 'FieldsV1',
    fieldsV1: ownedFields(object),
  };
  return {
    ...object,
    metadata: {
      ...object.metadata,
      uid: randomId(),
      creationTimestamp: now,
      managedFields: [entry],
    },
  };
}

/** The fields of these objects are lists and references that are owned as a whole, and two maps. */
function ownedFields({ metadata, aggregationRule, ...object }: PolicyObject): object {
  const keys = (map: object) => Object.keys(map).map((key) => [`f:${key}`, {}]);
  const owned = Object.keys(object).filter((field) => field !== 'apiVersion' && field !== 'kind');
  return {
    ...(aggregationRule !== undefined && {
      'f:aggregationRule': { '.': {}, 'f:clusterRoleSelectors': {} },
    }),
    'f:metadata': {
      'f:annotations': { '.': {}, ...Object.fromEntries(keys(metadata.annotations)) },
      'f:labels': { '.': {}, ...Object.fromEntries(keys(metadata.labels)) },
    },
    ...Object.fromEntries(owned.map((field) => [`f:${field}`, {}])),
  };
}

/** The existing object with what it lacks; undefined when it lacks nothing or is not to be touched. */
function completed(
  existing: ReturnType<typeof fromStorage>,
  wanted: PolicyObject,
): StoredValue | undefined {
  const { annotations = {}, labels = {} } = existing.metadata;
  if (annotations[AUTO_UPDATE] === 'false') return undefined;
  const isLabelled = Object.entries(wanted.metadata.labels).every(
    ([key, value]) => labels[key] === value,
  );
  const rules = missingRulesOf(existing, wanted);
  const subjects = missingSubjects(existing, wanted);
  if (isLabelled && annotations[AUTO_UPDATE] === 'true' && rules.length + subjects.length === 0)
    return undefined;
  return {
    ...existing,
    metadata: {
      ...existing.metadata,
      labels: { ...labels, ...wanted.metadata.labels },
      annotations: { ...annotations, ...wanted.metadata.annotations },
    },
    ...(rules.length > 0 && { rules: [...listAt(existing, 'rules'), ...compactRules(rules)] }),
    ...(subjects.length > 0 && { subjects: [...listAt(existing, 'subjects'), ...subjects] }),
  };
}

/** The rules of an aggregated role are the controller's business. */
function missingRulesOf(existing: object, wanted: PolicyObject): PolicyRule[] {
  if (
    wanted['aggregationRule'] !== undefined ||
    jsonEqual(valueAt(existing, 'rules'), wanted['rules'])
  )
    return [];
  return missingRules(rulesOf(existing), rulesOf(wanted));
}

function missingSubjects(existing: object, wanted: object): unknown[] {
  const known = new Set(listAt(existing, 'subjects').map(subjectKey));
  return listAt(wanted, 'subjects').filter((subject) => !known.has(subjectKey(subject)));
}

function subjectKey(subject: unknown): string {
  return ['kind', 'namespace', 'name'].map((field) => stringAt(subject, field) ?? '').join('/');
}

const BOOTSTRAPPING = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };

function metadataOf(role: BootstrapRole): PolicyObject['metadata'] {
  const { name, namespace, labels, isAddition = false } = role;
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    labels: { ...(!isAddition && BOOTSTRAPPING), ...labels },
    annotations: { [AUTO_UPDATE]: 'true' },
  };
}

/** Aggregated roles begin with the sum of the roles before them, so that they mean something before any controller runs. */
function clusterRole(role: BootstrapRole, made: PolicyObject[]): PolicyObject {
  const { name, aggregates, rules } = role;
  const head = { apiVersion: API_VERSION, kind: 'ClusterRole', metadata: metadataOf(role) };
  if (aggregates === undefined) return { ...head, rules };
  const selector = { matchLabels: { [aggregates]: 'true' } };
  const parts = made.map((object) => ({ metadata: object.metadata, rules: rulesIn(object) }));
  return {
    ...head,
    aggregationRule: { clusterRoleSelectors: [selector] },
    rules: aggregatedRules(name, parts, (labels) => labels[aggregates] === 'true'),
  };
}

function rulesIn(role: PolicyObject): PolicyRule[] {
  return listAt(role, 'rules').filter(isObject) as unknown as PolicyRule[];
}

function namespacedRole(role: BootstrapRole): PolicyObject {
  const { rules } = role;
  return { apiVersion: API_VERSION, kind: 'Role', metadata: metadataOf(role), rules };
}

function bindingObject(binding: BootstrapBinding): PolicyObject {
  const { name, namespace, role = name, users = [], groups = [], accounts = [] } = binding;
  const subject = (kind: string) => (of: string) => ({ kind, apiGroup: RBAC_GROUP, name: of });
  const subjects = [
    ...users.map(subject('User')),
    ...groups.map(subject('Group')),
    ...accounts.map((of) => ({ kind: 'ServiceAccount', name: of, namespace: 'kube-system' })),
  ];
  const prefix = namespace === undefined ? 'Cluster' : '';
  return {
    apiVersion: API_VERSION,
    kind: `${prefix}RoleBinding`,
    metadata: metadataOf({ name, ...(namespace !== undefined && { namespace }) }),
    ...(subjects.length > 0 && { subjects }),
    roleRef: { apiGroup: RBAC_GROUP, kind: `${prefix}Role`, name: role },
  };
}
