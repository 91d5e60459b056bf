/** Environment variables of containers, and the references to fields and resources that volumes share with them. */
import { invalid, notSupported, required } from '../../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import { canonicalQuantity, quantityNanos } from '../../quantity.ts';
import { items, part, text } from '../rules.ts';
import {
  configKeyProblems,
  given,
  labelErrors,
  noBackstepErrors,
  qualifiedNameErrors,
  subdomainErrors,
  told,
} from './checks.ts';

const VARIABLE_NAME =
  "a valid environment variable name must consist only of printable ASCII characters other than '='";

function variableNameErrors(name: string, path: string): FieldError[] {
  return /^[\x20-\x3c\x3e-\x7e]+$/.test(name) ? [] : [invalid(path, name, VARIABLE_NAME)];
}

export function environmentErrors(container: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [variable, place] of items(container, 'env', `${path}.`)) {
    const name = text(variable, 'name');
    if (name === '') errors.push(required(`${place}.name`));
    else errors.push(...variableNameErrors(name, `${place}.name`));
    if (isObject(variable.valueFrom)) {
      errors.push(...sourceErrors(variable, variable.valueFrom, `${place}.valueFrom`));
    }
  }
  return [...errors, ...wholeSourceErrors(container, path)];
}

/** `envFrom`: its errors about which sources there are name no item. */
function wholeSourceErrors(container: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [source, place] of items(container, 'envFrom', `${path}.`)) {
    const prefix = text(source, 'prefix');
    if (prefix !== '') errors.push(...variableNameErrors(prefix, `${place}.prefix`));
    const kinds = given(source, ['configMapRef', 'secretRef']);
    for (const kind of kinds) {
      const name = text(part(source, kind), 'name');
      const field = `${place}.${kind}.name`;
      errors.push(...(name === '' ? [required(field)] : subdomainErrors(name, field)));
    }
    if (kinds.length === 0) {
      const why = 'must specify one of: `configMapRef` or `secretRef`';
      errors.push(invalid(`${path}.envFrom`, '', why));
    } else if (kinds.length > 1) {
      const why = 'may not have more than one field specified at a time';
      errors.push(invalid(`${path}.envFrom`, '', why));
    }
  }
  return errors;
}

const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];
const VARIABLE_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

function sourceErrors(variable: JsonObject, source: JsonObject, path: string): FieldError[] {
  const sources = given(source, SOURCES);
  const errors: FieldError[] = [];
  for (const key of sources) {
    const place = `${path}.${key}`;
    const reference = part(source, key);
    if (key === 'fieldRef') errors.push(...fieldErrors(reference, place, VARIABLE_FIELDS));
    else if (key === 'resourceFieldRef') errors.push(...resourceFieldErrors(reference, place));
    else if (key === 'fileKeyRef') errors.push(...fileKeyErrors(reference, place));
    else errors.push(...keyErrors(reference, place));
  }
  if (sources.length === 0) {
    const names = SOURCES.map((key) => `\`${key}\``);
    const choice = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
    errors.push(invalid(path, '', `must specify one of: ${choice}`));
  } else if (text(variable, 'value') !== '') {
    errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  } else if (sources.length > 1) {
    errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

function keyErrors(reference: JsonObject, path: string): FieldError[] {
  const key = text(reference, 'key');
  return [
    ...subdomainErrors(text(reference, 'name'), `${path}.name`),
    ...(key === '' ? [required(`${path}.key`)] : told(configKeyProblems(key), `${path}.key`, key)),
  ];
}

function fileKeyErrors(reference: JsonObject, path: string): FieldError[] {
  const [key, volume, file] = [
    text(reference, 'key'),
    text(reference, 'volumeName'),
    text(reference, 'path'),
  ];
  return [
    ...(key === '' ? [required(`${path}.key`)] : variableNameErrors(key, `${path}.key`)),
    ...(volume === ''
      ? [required(`${path}.volumeName`)]
      : labelErrors(volume, `${path}.volumeName`)),
    ...(file === '' ? [required(`${path}.path`)] : noBackstepErrors(file, `${path}.path`)),
  ];
}

/** Fields of pods that can be named, though not everywhere. */
const POD_FIELDS = new Set([
  ...VARIABLE_FIELDS,
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
  'spec.host',
]);
const SUBSCRIPT = /^(.*)\['(.*)'\]$/s;

/** A `fieldRef`; `fields` are those that may stand here, by name. */
export function fieldErrors(reference: JsonObject, path: string, fields: string[]): FieldError[] {
  const [version, field] = [text(reference, 'apiVersion'), text(reference, 'fieldPath')];
  if (version === '') return [required(`${path}.apiVersion`)];
  if (field === '') return [required(`${path}.fieldPath`)];
  const unknown = (why: string) => [
    invalid(`${path}.fieldPath`, field, `error converting fieldPath: ${why}`),
  ];
  if (version !== 'v1') return unknown(`unsupported pod version: ${version}`);
  const [, map, key = ''] = SUBSCRIPT.exec(field) ?? [];
  if (map === 'metadata.labels') return qualifiedNameErrors(key, path);
  if (map === 'metadata.annotations') return qualifiedNameErrors(key.toLowerCase(), path);
  if (map !== undefined) return unknown(`field label does not support subscript: ${field}`);
  if (!POD_FIELDS.has(field)) return unknown(`field label not supported: ${field}`);
  const name = field === 'spec.host' ? 'spec.nodeName' : field;
  return fields.includes(name) ? [] : [notSupported(`${path}.fieldPath`, name, fields)];
}

const AMOUNTS = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const CPU_DIVISORS = ['1m', '1'];
const BYTE_DIVISORS = '1 1k 1M 1G 1T 1P 1E 1Ki 1Mi 1Gi 1Ti 1Pi 1Ei'.split(' ');

/** A `resourceFieldRef`; in volumes it names a container. */
export function resourceFieldErrors(
  reference: JsonObject,
  path: string,
  isInVolume = false,
): FieldError[] {
  const resource = text(reference, 'resource');
  const isHugePages = /^(?:requests|limits)\.hugepages-/.test(resource);
  const errors: FieldError[] = [];
  if (isInVolume && text(reference, 'containerName') === '') {
    errors.push(required(`${path}.containerName`));
  } else if (resource === '') errors.push(required(`${path}.resource`));
  else if (!AMOUNTS.includes(resource) && !isHugePages) {
    errors.push(notSupported(`${path}.resource`, resource, AMOUNTS));
  }
  const { divisor } = reference;
  const amount = quantityNanos(divisor) ?? 0n;
  const kind = isHugePages ? 'hugepages' : resource.replace(/^\w+\./, '');
  if (amount === 0n || (!isHugePages && !AMOUNTS.includes(resource))) return errors;
  const allowed = kind === 'cpu' ? CPU_DIVISORS : BYTE_DIVISORS;
  if (allowed.includes(canonicalQuantity(String(divisor)) ?? '')) return errors;
  const list = kind === 'cpu' ? CPU_DIVISORS.join(' and ') : BYTE_DIVISORS.join(', ');
  const what = kind === 'ephemeral-storage' ? 'local ephemeral storage' : kind;
  const why = `only divisor's values ${list} are supported with the ${what} resource`;
  return [...errors, invalid(`${path}.divisor`, resource, why)];
}
