/** StorageClasses, and what storage drivers say about themselves: CSIDrivers, CSINodes, VolumeAttachments. */
import { qualifiedNameProblems, subdomainProblems } from '../../api/names.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import {
  ensureObject,
  immutable,
  isUnset,
  items,
  nonNegativeFields,
  number,
  part,
  strings,
  text,
  type Rules,
  struct,
} from './rules.ts';

const RECLAIM_POLICIES = ['Delete', 'Retain'];
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];

export const storageClass: Rules = {
  validate(object, old) {
    if (old !== undefined) return classUpdateErrors(object, old);
    const provisioner = text(object, 'provisioner');
    const errors =
      provisioner === ''
        ? [required('provisioner')]
        : qualifiedNameProblems(provisioner.toLowerCase()).map((problem) =>
            invalid('provisioner', provisioner.toLowerCase(), problem),
          );
    if (Object.hasOwn(part(object, 'parameters'), '')) {
      errors.push(invalid('parameters', '', 'field can not be empty.'));
    }
    return [
      ...errors,
      ...(object.reclaimPolicy === '' ? [] : choice(object, 'reclaimPolicy', RECLAIM_POLICIES)),
      ...choice(object, 'volumeBindingMode', BINDING_MODES),
      ...topologyErrors(items(object, 'allowedTopologies')),
    ];
  },
};

function choice(object: JsonObject, key: string, values: string[]): FieldError[] {
  const value = object[key];
  if (typeof value !== 'string' || values.includes(value)) return [];
  return [notSupported(key, value, values)];
}

function classUpdateErrors(object: JsonObject, old: JsonObject): FieldError[] {
  const errors = ['parameters', 'provisioner', 'reclaimPolicy']
    .filter((key) => !jsonEqual(object[key] ?? null, old[key] ?? null))
    .map((key) => forbidden(key, `updates to ${key} are forbidden.`));
  return [...errors, ...immutable({ object, old }, '', 'volumeBindingMode')];
}

function topologyErrors(terms: [JsonObject, string][]): FieldError[] {
  // A real server begins with one empty term for each, so that an empty one is always a repeated one.
  const seen: JsonObject[] = terms.map(() => ({}));
  return terms.flatMap(([term, path]) => {
    const values: JsonObject = {};
    const place = `${path}.matchLabelExpressions`;
    const errors = items(term, 'matchLabelExpressions', `${path}.`).flatMap(
      ([expression, where]) => {
        const key = text(expression, 'key');
        const found = expressionErrors(expression, key, where);
        if (Object.hasOwn(values, key)) found.push(duplicate(`${where}.key`, key));
        values[key] = strings(expression, 'values').toSorted();
        return found;
      },
    );
    const repeated = seen.filter((other) => jsonEqual(other, values));
    seen.push(values);
    return [...errors, ...repeated.map(() => duplicate(place, ''))];
  });
}

function expressionErrors(expression: JsonObject, key: string, path: string): FieldError[] {
  const values = strings(expression, 'values');
  return [
    ...(values.length === 0 ? [required(`${path}.values`)] : []),
    ...values.flatMap((value, index) =>
      values.indexOf(value) < index ? [duplicate(`${path}.values[${index}]`, value)] : [],
    ),
    ...qualifiedNameProblems(key).map((problem) => invalid(`${path}.key`, key, problem)),
  ];
}

const MODES = ['Persistent', 'Ephemeral'];
const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const SHORTEST_TOKEN = 600;

export const csiDriver: Rules = {
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    if (strings(spec, 'volumeLifecycleModes').length === 0) {
      spec.volumeLifecycleModes = ['Persistent'];
    }
  },
  validate(object, old) {
    const spec = part(object, 'spec');
    const errors = strings(spec, 'volumeLifecycleModes')
      .filter((mode) => !MODES.includes(mode))
      .map((mode) => notSupported('spec.volumeLifecycleModes', mode, MODES));
    const { fsGroupPolicy } = spec;
    if (typeof fsGroupPolicy === 'string' && !GROUP_POLICIES.includes(fsGroupPolicy)) {
      errors.push(notSupported('spec.fsGroupPolicy', fsGroupPolicy, GROUP_POLICIES));
    }
    errors.push(...tokenErrors(items(spec, 'tokenRequests', 'spec.')));
    if (old === undefined) return errors;
    const place = { object: spec, old: part(old, 'spec') };
    return [
      ...errors,
      ...immutable(place, 'spec', 'attachRequired').map((error) => ({
        ...error,
        field: 'spec.attachedRequired',
      })),
      ...immutable(place, 'spec', 'volumeLifecycleModes'),
    ];
  },
};

function tokenErrors(requests: [JsonObject, string][]): FieldError[] {
  const audiences = new Set<string>();
  return requests.flatMap(([request, path]) => {
    const audience = text(request, 'audience');
    if (audiences.has(audience)) return [duplicate(`${path}.audience`, audience)];
    audiences.add(audience);
    const seconds = number(request, 'expirationSeconds');
    const wrong = (why: string) => invalid(`${path}.expirationSeconds`, seconds, why);
    if (seconds === undefined) return [];
    if (seconds < SHORTEST_TOKEN) return [wrong('may not specify a duration less than 10 minutes')];
    return seconds > 2 ** 32 ? [wrong('may not specify a duration larger than 2^32 seconds')] : [];
  });
}

/** Errors of the name of a driver. */
function driverNameErrors(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)];
  return [
    ...(name.length > 63 ? [tooLong(path, 63)] : []),
    ...subdomainProblems(name.toLowerCase()).map((problem) => invalid(path, name, problem)),
  ];
}

const MAX_NODE_ID = 256;

export const csiNode: Rules = {
  validate(object, old) {
    const seen = new Set<string>();
    const errors = items(part(object, 'spec'), 'drivers', 'spec.').flatMap(([driver, path]) => {
      const name = text(driver, 'name');
      const found = [
        ...driverNameErrors(name, `${path}.name`),
        ...nodeIdErrors(text(driver, 'nodeID'), `${path}.nodeID`),
        ...nonNegativeFields(part(driver, 'allocatable'), `${path}.allocatable`, ['count']),
      ];
      if (seen.has(name)) found.push(duplicate(`${path}.name`, name));
      seen.add(name);
      return [...found, ...topologyKeyErrors(strings(driver, 'topologyKeys'), path)];
    });
    return old === undefined ? errors : [...errors, ...driverUpdateErrors(object, old)];
  },
};

function nodeIdErrors(id: string, path: string): FieldError[] {
  if (id === '') return [required(path)];
  if (id.length <= MAX_NODE_ID) return [];
  return [invalid(path, id, `must be ${MAX_NODE_ID} characters or less`)];
}

function topologyKeyErrors(keys: string[], path: string): FieldError[] {
  return keys.flatMap((key, index) => [
    ...(key === '' ? [required(path)] : []),
    ...(keys.indexOf(key) < index ? [duplicate(path, key)] : []),
    ...qualifiedNameProblems(key).map((problem) => invalid(path, key, problem)),
  ]);
}

/** A driver may come and go; while it is there it stays as it is, but for what it can take. */
function driverUpdateErrors(object: JsonObject, old: JsonObject): FieldError[] {
  const before = items(part(old, 'spec'), 'drivers').map(([driver]) => driver);
  return items(part(object, 'spec'), 'drivers', 'spec.').flatMap(([driver, path]) => {
    const known = before.find(({ name }) => name === driver.name);
    if (known === undefined || jsonEqual(fixedDriver(driver), fixedDriver(known))) return [];
    const printed = {
      Name: driver.name,
      NodeID: driver.nodeID,
      TopologyKeys: driver.topologyKeys ?? null,
      Allocatable: driver.allocatable ?? null,
    };
    return [invalid(path, struct(printed), 'field is immutable')];
  });
}

function fixedDriver({ allocatable: _allocatable, ...rest }: JsonObject): JsonObject {
  return rest;
}

export const volumeAttachment: Rules = {
  validate(object, old) {
    const spec = part(object, 'spec');
    const attacher = text(spec, 'attacher');
    const nodeName = text(spec, 'nodeName');
    const { persistentVolumeName: volume } = part(spec, 'source');
    const errors = [
      ...(attacher === '' ? [required('spec.attacher')] : []),
      ...sourceErrors(part(spec, 'source')),
      ...subdomainProblems(nodeName).map((why) => invalid('spec.nodeName', nodeName, why)),
    ];
    if (old !== undefined) {
      if (jsonEqual(spec, part(old, 'spec'))) return errors;
      return [...errors, invalid('spec', spec, 'field is immutable')];
    }
    errors.push(...driverNameErrors(attacher, 'spec.attacher'));
    if (typeof volume !== 'string') return errors;
    const problems = subdomainProblems(volume);
    const path = 'spec.source.persistentVolumeName';
    return [...errors, ...problems.map((problem) => invalid(path, volume, problem))];
  },
};

function sourceErrors(source: JsonObject): FieldError[] {
  const { persistentVolumeName: volume } = source;
  const hasInline = isObject(source.inlineVolumeSpec);
  const why = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (typeof volume !== 'string') return hasInline ? [] : [required('spec.source', why)];
  if (hasInline) return [forbidden('spec.source', why)];
  if (!isUnset(volume)) return [];
  const path = 'spec.source.persistentVolumeName';
  return [required(path, 'must specify non empty persistentVolumeName')];
}
