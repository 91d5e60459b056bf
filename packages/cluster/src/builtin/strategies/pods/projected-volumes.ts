/** What puts files into a volume: keys of ConfigMaps and Secrets, fields of the pod, tokens. */
import { forbidden, invalid, required } from '../../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import { items, number, part, requiredFields, text } from '../rules.ts';
import { given, modeErrors, writtenPathErrors } from './checks.ts';
import { fieldErrors, resourceFieldErrors } from './environment.ts';

/** One key of a ConfigMap or Secret and the file it becomes. */
export function keyToPathErrors(item: JsonObject, path: string): FieldError[] {
  return [
    ...requiredFields(item, path, ['key', 'path']),
    ...writtenPathErrors(text(item, 'path'), `${path}.path`),
    ...modeErrors(item, 'mode', path),
  ];
}

const FILE_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** A file with a field of the pod; errors name the volume, not the file. */
export function downwardErrors(file: JsonObject, path: string): FieldError[] {
  const errors = requiredFields(file, path, ['path']);
  errors.push(...writtenPathErrors(text(file, 'path'), `${path}.path`));
  const { fieldRef, resourceFieldRef } = file;
  if (isObject(fieldRef)) {
    errors.push(...fieldErrors(fieldRef, `${path}.fieldRef`, FILE_FIELDS));
    if (isObject(resourceFieldRef)) {
      const why = 'fieldRef and resourceFieldRef can not be specified simultaneously';
      errors.push(invalid(path, 'resource', why));
    }
  } else if (isObject(resourceFieldRef)) {
    errors.push(...resourceFieldErrors(resourceFieldRef, `${path}.resourceFieldRef`, true));
  } else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  return [...errors, ...modeErrors(file, 'mode', path)];
}

/** Errors of a `projected` volume; no two of its files may have one path. */
export function projectedErrors(volume: JsonObject, path: string): FieldError[] {
  const errors = modeErrors(volume, 'defaultMode', path);
  const files = new Set<string>();
  const claim = (file: string, owner: string) => {
    if (file === '') return;
    if (files.has(file)) errors.push(invalid(path, owner, 'conflicting duplicate paths'));
    files.add(file);
  };
  for (const [source, place] of items(volume, 'sources', `${path}.`)) {
    for (const kind of given(source, ['secret', 'configMap'])) {
      const keys = part(source, kind);
      errors.push(...requiredFields(keys, `${place}.${kind}`, ['name']));
      for (const [item, itemPath] of items(keys, 'items', `${place}.${kind}.`)) {
        errors.push(...keyToPathErrors(item, itemPath));
        claim(text(item, 'path'), text(keys, 'name'));
      }
    }
    for (const [file] of items(part(source, 'downwardAPI'), 'items')) {
      errors.push(...downwardErrors(file, `${place}.downwardAPI`));
      claim(text(file, 'path'), text(file, 'path'));
    }
    const { serviceAccountToken: token } = source;
    if (isObject(token)) errors.push(...tokenErrors(token, path, place));
    if (given(source, KINDS).length > 1) {
      errors.push(forbidden(place, 'may not specify more than 1 volume type per source'));
    }
  }
  return errors;
}

const KINDS = [
  'secret',
  'configMap',
  'downwardAPI',
  'serviceAccountToken',
  'clusterTrustBundle',
  'podCertificate',
];
const LEAST_SECONDS = 600;

/** Errors about the path of the token name the volume, those about its life the source. */
function tokenErrors(token: JsonObject, volume: string, path: string): FieldError[] {
  const seconds = number(token, 'expirationSeconds') ?? 0;
  const place = `${path}.serviceAccountToken.expirationSeconds`;
  const errors: FieldError[] = [];
  if (seconds < LEAST_SECONDS) {
    errors.push(invalid(place, seconds, 'may not specify a duration less than 10 minutes'));
  }
  if (seconds > 2 ** 32) {
    errors.push(invalid(place, seconds, 'may not specify a duration larger than 2^32 seconds'));
  }
  const file = text(token, 'path');
  if (file === '') errors.push(required(`${volume}.path`));
  else errors.push(...writtenPathErrors(file, `${volume}.path`));
  return errors;
}
