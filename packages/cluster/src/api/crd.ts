/** CustomResourceDefinitions: their conditions, and the kind each one serves. */
import { compileSchema } from '../schema/compile.ts';
import { isObject } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import { approvalCondition, hasUsableCaBundle } from './crd-conditions.ts';
import type { CrdCondition } from './crd-conditions.ts';
import { embeddedDecoding, embeddedRules } from './embedded-resources.ts';
import { listAt, objectAt, stringAt, valueAt } from './json.ts';
import type { KindDefinition, KindVersion, PrinterColumn } from './kinds.ts';
import { groupVersion, timestamp } from './object.ts';
import type { ApiObject } from './object.ts';
import { compareVersions } from './resource-registry.ts';
import type { CustomDefinition, ResourceRegistry } from './resource-registry.ts';
import { storedDefaults } from './stored-defaults.ts';
import type { StoredDefaults } from './stored-defaults.ts';

export const CRD_GROUP = 'apiextensions.k8s.io';
export const CRD_PLURAL = 'customresourcedefinitions';
/** Holds a CRD until its objects are gone. */
export const CRD_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** Fills the names and the conversion that may be left out. Changes `crd`. */
export function defaultCrd(crd: JsonObject): void {
  const spec = objectAt(crd, 'spec');
  const names = objectAt(spec, 'names');
  if (!spec || !names) return;
  const kind = stringAt(names, 'kind') ?? '';
  if (!stringAt(names, 'singular')) names['singular'] = kind.toLowerCase();
  if (!stringAt(names, 'listKind') && kind !== '') names['listKind'] = `${kind}List`;
  if (!objectAt(spec, 'conversion')) spec['conversion'] = { strategy: 'None' };
  if (spec['preserveUnknownFields'] === false) delete spec['preserveUnknownFields'];
}

/**
 * The status before anything was decided: the version objects are stored in is remembered from the start. `old` is `crd`
 * itself where the status alone is written, which may forget versions but not all. Changes `crd`.
 */
export function beginCrdStatus(crd: ApiObject, old: ApiObject | undefined): void {
  const isStatusWrite = old === crd;
  const before = objectAt(old, 'status') ?? {
    conditions: null,
    acceptedNames: { plural: '', kind: '' },
  };
  const storage = storageVersion(crd);
  const stored = listAt(before, 'storedVersions');
  const isKept = isStatusWrite && stored.length > 0;
  if (storage === undefined || isKept || stored.includes(storage)) crd['status'] = before;
  else crd['status'] = { ...before, storedVersions: [...stored, storage] };
}

/** Sets names, stored versions and conditions of the status. `takenBy` tells why a name cannot be had. */
export function establishCrd(crd: ApiObject, context: { now: number; conflict?: string }): void {
  const before = objectAt(crd, 'status');
  const storage = storageVersion(crd);
  const stored = listAt(before, 'storedVersions').filter((item) => typeof item === 'string');
  const isAccepted = context.conflict === undefined;
  const isUsable = hasUsableCaBundle(
    objectAt(crd, 'spec', 'conversion', 'webhook', 'clientConfig'),
  );
  const established = isUsable && (isEstablished(crd) || isAccepted);
  const conditions = [
    condition(
      'NamesAccepted',
      isAccepted,
      isAccepted
        ? ['NoConflicts', 'no conflicts found']
        : ['NamesConflict', context.conflict ?? ''],
    ),
    condition(
      'Established',
      established,
      established
        ? ['InitialNamesAccepted', 'the initial names have been accepted']
        : isUsable
          ? ['NotAccepted', 'not all names are accepted']
          : ['InvalidCABundle', 'The conversion webhook CABundle is invalid'],
    ),
  ];
  const approval = approvalCondition(crd);
  if (approval) conditions.push(approval);
  if (crd.metadata.deletionTimestamp !== undefined) {
    const why: [string, string] = [
      'InstanceDeletionInProgress',
      'CustomResource deletion is in progress',
    ];
    conditions.push(condition('Terminating', true, why));
  }
  crd['status'] = {
    acceptedNames: isAccepted
      ? objectAt(crd, 'spec', 'names')
      : (objectAt(before, 'acceptedNames') ?? { plural: '', kind: '' }),
    conditions: conditions.map((next) =>
      keepTransition(next, listAt(before, 'conditions'), context.now),
    ),
    storedVersions:
      storage === undefined || stored.includes(storage) ? stored : [...stored, storage],
  };
}

function condition(
  type: string,
  isTrue: boolean,
  [reason, message]: [string, string],
): CrdCondition {
  return { type, status: isTrue ? 'True' : 'False', reason, message };
}

function keepTransition(next: CrdCondition, before: unknown[], now: number): JsonObject {
  const same = before.find(
    (old) => stringAt(old, 'type') === next.type && stringAt(old, 'status') === next.status,
  );
  const lastTransitionTime = stringAt(same, 'lastTransitionTime') ?? timestamp(now);
  return { lastTransitionTime, ...next };
}

export function isEstablished(crd: JsonObject): boolean {
  return listAt(crd, 'status', 'conditions').some(
    (item) => stringAt(item, 'type') === 'Established' && stringAt(item, 'status') === 'True',
  );
}

function storageVersion(crd: JsonObject): string | undefined {
  const version = listAt(crd, 'spec', 'versions').find((item) => valueAt(item, 'storage') === true);
  return version === undefined ? undefined : (stringAt(version, 'name') ?? '');
}

/** The kind a CRD serves. The CRD must have passed `validateCrd`. */
export function customDefinition(crd: ApiObject): CustomDefinition {
  const names = objectAt(crd, 'spec', 'names');
  const kind = stringAt(names, 'kind') ?? '';
  const versions = listAt(crd, 'spec', 'versions')
    .filter(isObject)
    .map((version) => ({ ...kindVersion(version), ...deprecationOf(crd, version) }));
  const defaults = defaultsOf(crd, versions);
  const definition: KindDefinition = {
    group: stringAt(crd, 'spec', 'group') ?? '',
    kind,
    listKind: stringAt(names, 'listKind') ?? `${kind}List`,
    plural: stringAt(names, 'plural') ?? '',
    singular: stringAt(names, 'singular') ?? kind.toLowerCase(),
    shortNames: strings(names, 'shortNames'),
    categories: strings(names, 'categories'),
    namespaced: stringAt(crd, 'spec', 'scope') === 'Namespaced',
    ...conversionOf(crd),
    versions,
    ...(defaults && { storedDefaults: defaults }),
  };
  return {
    definition,
    fingerprint: `${crd.metadata.uid}:${crd.metadata.generation}`,
    isTerminating: crd.metadata.deletionTimestamp !== undefined,
  };
}

function defaultsOf(crd: ApiObject, versions: KindVersion[]): StoredDefaults | undefined {
  const index = versions.findIndex((version) => version.storage);
  const version = versions[index];
  const schema = objectAt(listAt(crd, 'spec', 'versions')[index], 'schema', 'openAPIV3Schema');
  if (!version || !schema) return undefined;
  const apiVersion = groupVersion(stringAt(crd, 'spec', 'group') ?? '', version.version);
  const since = Number(crd.metadata.resourceVersion);
  return storedDefaults(version, { schema, since, apiVersion });
}

function conversionOf(crd: JsonObject): Pick<KindDefinition, 'conversion'> {
  const conversion = objectAt(crd, 'spec', 'conversion');
  const clientConfig = objectAt(conversion, 'webhook', 'clientConfig');
  if (stringAt(conversion, 'strategy') !== 'Webhook' || !clientConfig) return {};
  const reviewVersions = strings(objectAt(conversion, 'webhook'), 'conversionReviewVersions');
  return { conversion: { clientConfig, reviewVersions } };
}

/** The warning of a deprecated version: its own text, or where to go. */
function deprecationOf(crd: JsonObject, version: JsonObject): Pick<KindVersion, 'deprecation'> {
  if (version['deprecated'] !== true) return {};
  const own = stringAt(version, 'deprecationWarning');
  if (own !== undefined) return { deprecation: own };
  const name = stringAt(version, 'name') ?? '';
  const nameOf = (other: string): string =>
    `${stringAt(crd, 'spec', 'group')}/${other} ${stringAt(crd, 'spec', 'names', 'kind')}`;
  const [better] = listAt(crd, 'spec', 'versions')
    .filter((other) => valueAt(other, 'served') === true && valueAt(other, 'deprecated') !== true)
    .map((other) => stringAt(other, 'name') ?? '')
    .filter((other) => compareVersions(other, name) < 0)
    .toSorted(compareVersions);
  const use = better === undefined ? '' : `; use ${nameOf(better)}`;
  return { deprecation: `${nameOf(name)} is deprecated${use}` };
}

function kindVersion(version: JsonObject): KindVersion {
  const schema: Schema = objectAt(version, 'schema', 'openAPIV3Schema') ?? {};
  const columns = listAt(version, 'additionalPrinterColumns').filter(isObject).map(printerColumn);
  const scale = objectAt(version, 'subresources', 'scale');
  return {
    version: stringAt(version, 'name') ?? '',
    served: version['served'] === true,
    storage: version['storage'] === true,
    schema: compileSchema(schema, { more: embeddedRules(schema) }),
    decodingProblem: embeddedDecoding(schema),
    columns: columns.length > 0 ? columns : [AGE_COLUMN],
    status: objectAt(version, 'subresources', 'status') !== undefined,
    ...(scale && {
      scale: {
        specReplicasPath: stringAt(scale, 'specReplicasPath') ?? '',
        statusReplicasPath: stringAt(scale, 'statusReplicasPath') ?? '',
        labelSelectorPath: stringAt(scale, 'labelSelectorPath'),
      },
    }),
    selectableFields: listAt(version, 'selectableFields').map((field) =>
      (stringAt(field, 'jsonPath') ?? '').replace(/^\./, ''),
    ),
  };
}

const AGE_COLUMN: PrinterColumn = {
  name: 'Age',
  type: 'date',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be ' +
    'set in happens-before order across separate operations. Clients may not set this value.',
  jsonPath: '.metadata.creationTimestamp',
};

function printerColumn(column: JsonObject): PrinterColumn {
  const priority = column['priority'];
  return {
    name: stringAt(column, 'name') ?? '',
    type: stringAt(column, 'type') ?? 'string',
    format: stringAt(column, 'format'),
    description:
      stringAt(column, 'description') ??
      `Custom resource definition column (in JSONPath format): ${stringAt(column, 'jsonPath') ?? ''}`,
    priority: typeof priority === 'number' ? priority : 0,
    jsonPath: stringAt(column, 'jsonPath'),
  };
}

function strings(object: unknown, field: string): string[] {
  return listAt(object, field).filter((item) => typeof item === 'string');
}

/** The first of a CRD's names that another kind of its group has. */
export function nameConflict(crd: ApiObject, registry: ResourceRegistry): string | undefined {
  const group = stringAt(crd, 'spec', 'group');
  const own = customDefinition(crd).definition;
  const others = registry
    .all()
    .filter((resource) => resource.group === group && resource.plural !== own.plural)
    .map((resource) => resource.definition);
  for (const other of others) {
    const taken = new Set([other.plural, other.singular, ...other.shortNames]);
    const name = [own.plural, own.singular, ...own.shortNames].find((item) => taken.has(item));
    if (name !== undefined) return `"${name}" is already in use`;
    const kind = [own.kind, own.listKind].find(
      (item) => item === other.kind || item === other.listKind,
    );
    if (kind !== undefined) return `"${kind}" is already in use`;
  }
  return undefined;
}
