/** Volumes of pods, each type with what it cannot do without. Order and texts are those of a real API server. */
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import { quantityNanos } from '../../quantity.ts';
import { claimSpecErrors, templateMetadataErrors } from '../claims.ts';
import { isUnset, items, part, requiredFields, strings, text } from '../rules.ts';
import {
  choiceErrors,
  labelErrors,
  modeErrors,
  noBackstepErrors,
  optionalChoiceErrors,
  relativePathErrors,
  subdomainErrors,
} from './checks.ts';
import { downwardErrors, keyToPathErrors, projectedErrors } from './projected-volumes.ts';

interface VolumePlace {
  path: string;
  /** Of a pod itself, and not of a template. */
  isPod: boolean;
}

type SourceRule = (source: JsonObject, place: VolumePlace) => FieldError[];

const needs =
  (...keys: string[]): SourceRule =>
  (source, { path }) =>
    requiredFields(source, path, keys);

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** By the name of the field, in the order in which a second one is refused. */
const SOURCES: Readonly<Record<string, SourceRule>> = {
  emptyDir: (source, { path }) =>
    (quantityNanos(source.sizeLimit) ?? 0n) < 0n
      ? [forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [],
  hostPath: (source, { path }) =>
    text(source, 'path') === ''
      ? [required(`${path}.path`)]
      : [
          ...noBackstepErrors(text(source, 'path'), `${path}.path`),
          ...optionalChoiceErrors(source.type, `${path}.type`, HOST_PATH_TYPES),
        ],
  gitRepo: (source, { path }) => [
    ...requiredFields(source, path, ['repository']),
    ...relativePathErrors(text(source, 'directory'), `${path}.directory`),
  ],
  gcePersistentDisk: (source, { path }) => {
    const place = path.replace(/gcePersistentDisk$/, 'persistentDisk');
    return [...requiredFields(source, place, ['pdName']), ...partitionErrors(source, place)];
  },
  awsElasticBlockStore: (source, { path }) => [
    ...requiredFields(source, path, ['volumeID']),
    ...partitionErrors(source, path),
  ],
  secret: (source, { path }) => fileErrors(source, path, 'secretName'),
  nfs: (source, { path }) => [
    ...requiredFields(source, path, ['server', 'path']),
    ...(text(source, 'path').startsWith('/')
      ? []
      : [invalid(`${path}.path`, text(source, 'path'), 'must be an absolute path')]),
  ],
  iscsi: (source, { path }) => iscsiErrors(source, path),
  glusterfs: needs('endpoints', 'path'),
  flocker: (source, { path }) => flockerErrors(source, path),
  persistentVolumeClaim: needs('claimName'),
  rbd: (source, { path }) => [
    ...monitorErrors(source, path),
    ...requiredFields(source, path, ['image']),
  ],
  cinder: (source, { path }) => [
    ...requiredFields(source, path, ['volumeID']),
    ...secretErrors(source, path),
  ],
  cephfs: (source, { path }) => monitorErrors(source, path),
  quobyte: (source, { path }) => quobyteErrors(source, path),
  downwardAPI: (source, { path }) => [
    ...modeErrors(source, 'defaultMode', path),
    ...items(source, 'items').flatMap(([file]) => downwardErrors(file, path)),
  ],
  fc: (source, { path }) => fibreErrors(source, path),
  flexVolume: (source, { path }) => flexErrors(source, path),
  configMap: (source, { path }) => fileErrors(source, path, 'name'),
  azureFile: needs('secretName', 'shareName'),
  vsphereVolume: needs('volumePath'),
  photonPersistentDisk: needs('pdID'),
  portworxVolume: needs('volumeID'),
  azureDisk: (source, { path }) => azureDiskErrors(source, path),
  storageos: (source, { path }) => [
    ...requiredFields(source, path, ['volumeName']),
    ...['volumeName', 'volumeNamespace'].flatMap((key) =>
      text(source, key) === '' ? [] : labelErrors(text(source, key), `${path}.${key}`),
    ),
    ...secretErrors(source, path),
  ],
  projected: (source, { path }) => projectedErrors(source, path),
  scaleIO: needs('gateway', 'system', 'volumeName'),
  csi: (source, { path }) => inlineCsiErrors(source, path),
  ephemeral: (source, { path }) => {
    const place = `${path}.volumeClaimTemplate`;
    const template = source.volumeClaimTemplate;
    if (!isObject(template)) return [required(place)];
    return [
      ...templateMetadataErrors(part(template, 'metadata'), `${place}.metadata`),
      ...claimSpecErrors(part(template, 'spec'), `${place}.spec`),
    ];
  },
  image: (source, { path, isPod }) => [
    ...(isPod && text(source, 'reference') === '' ? [required(`${path}.reference`)] : []),
    ...choiceErrors(source.pullPolicy, `${path}.pullPolicy`, ['Always', 'IfNotPresent', 'Never']),
  ],
};

/** Names in messages that are not those of the fields. */
const TOLD_AS: Readonly<Record<string, string>> = { downwardAPI: 'downwarAPI', cephfs: 'cephFS' };

/** Errors of one source of a volume, by the name of its field; none for a source that pods do not have. */
export function volumeSourceErrors(key: string, source: JsonObject, path: string): FieldError[] {
  return SOURCES[key]?.(source, { path, isPod: false }) ?? [];
}

/** Volumes of a pod spec: the good ones by name, and what is wrong with the others. */
export function volumesErrors(
  spec: JsonObject,
  path: string,
  { isPod, podName }: { isPod: boolean; podName: string },
): { volumes: Map<string, JsonObject>; errors: FieldError[] } {
  const volumes = new Map<string, JsonObject>();
  const errors: FieldError[] = [];
  const list = items(spec, 'volumes', `${path}.`);
  const made = new Set(
    list
      .filter(([volume]) => podName !== '' && isObject(volume.ephemeral))
      .map(([volume]) => `${podName}-${text(volume, 'name')}`),
  );
  for (const [volume, place] of list) {
    const name = text(volume, 'name');
    const found = sourceErrors(volume, { path: place, isPod });
    if (name === '') found.push(required(`${place}.name`));
    else found.push(...labelErrors(name, `${place}.name`));
    if (volumes.has(name)) found.push(duplicate(`${place}.name`, name));
    if (found.length === 0) volumes.set(name, volume);
    errors.push(...found);
    const claim = text(part(volume, 'persistentVolumeClaim'), 'claimName');
    if (claim !== '' && made.has(claim)) {
      const why = 'must not reference a PVC that gets created for an ephemeral volume';
      errors.push(invalid(`${place}.persistentVolumeClaim.claimName`, claim, why));
    }
  }
  return { volumes, errors };
}

function sourceErrors(volume: JsonObject, { path, isPod }: VolumePlace): FieldError[] {
  const errors: FieldError[] = [];
  let hasSource = false;
  for (const key of Object.keys(volume)) if (key !== 'name') hasSource ||= isObject(volume[key]);
  if (!hasSource) return [required(path, 'must specify a volume type')];
  hasSource = false;
  for (const key in SOURCES) {
    const source = volume[key];
    if (!isObject(source)) continue;
    const place = `${path}.${key}`;
    if (hasSource) {
      const why = 'may not specify more than 1 volume type';
      errors.push(forbidden(`${path}.${TOLD_AS[key] ?? key}`, why));
    } else errors.push(...(SOURCES[key]?.(source, { path: place, isPod }) ?? []));
    hasSource = true;
  }
  return errors;
}

function fileErrors(source: JsonObject, path: string, name: string): FieldError[] {
  return [
    ...requiredFields(source, path, [name]),
    ...modeErrors(source, 'defaultMode', path),
    ...items(source, 'items', `${path}.`).flatMap(([item, place]) => keyToPathErrors(item, place)),
  ];
}

function partitionErrors(source: JsonObject, path: string): FieldError[] {
  const { partition } = source;
  if (typeof partition !== 'number' || (partition >= 0 && partition <= 255)) return [];
  return [invalid(`${path}.partition`, partition, 'must be between 1 and 255, inclusive')];
}

function monitorErrors(source: JsonObject, path: string): FieldError[] {
  return strings(source, 'monitors').length === 0 ? [required(`${path}.monitors`)] : [];
}

function secretErrors(source: JsonObject, path: string): FieldError[] {
  const { secretRef } = source;
  if (!isObject(secretRef) || !isUnset(secretRef.name)) return [];
  return [required(`${path}.secretRef.name`)];
}

const INITIATOR =
  /^(?:iqn\.\d{4}-\d{2}\.[a-z][^\s:]*(?::\S*)?|eui\.[\dA-Fa-f]{16}|naa\.[\dA-Fa-f]{16,32})$/;

function initiatorErrors(name: string, path: string): FieldError[] {
  if (!/^(?:iqn|eui|naa)/.test(name)) {
    return [invalid(path, name, 'must be valid format starting with iqn, eui, or naa')];
  }
  return INITIATOR.test(name) ? [] : [invalid(path, name, 'must be valid format')];
}

function iscsiErrors(source: JsonObject, path: string): FieldError[] {
  const errors = requiredFields(source, path, ['targetPortal', 'iqn']);
  const iqn = text(source, 'iqn');
  if (iqn !== '') errors.push(...initiatorErrors(iqn, `${path}.iqn`));
  const { lun } = source;
  if (typeof lun === 'number' && (lun < 0 || lun > 255)) {
    errors.push(invalid(`${path}.lun`, lun, 'must be between 0 and 255, inclusive'));
  }
  const isChecked = source.chapAuthDiscovery === true || source.chapAuthSession === true;
  if (isChecked && !isObject(source.secretRef)) errors.push(required(`${path}.secretRef`));
  if (typeof source.initiatorName === 'string') {
    errors.push(...initiatorErrors(source.initiatorName, `${path}.initiatorname`));
  }
  return errors;
}

function flockerErrors(source: JsonObject, path: string): FieldError[] {
  const [name, uuid] = [text(source, 'datasetName'), text(source, 'datasetUUID')];
  const errors: FieldError[] = [];
  if (name === '' && uuid === '') {
    errors.push(required(path, 'one of datasetName and datasetUUID is required'));
  } else if (name !== '' && uuid !== '') {
    const why = 'datasetName and datasetUUID can not be specified simultaneously';
    errors.push(invalid(path, 'resource', why));
  }
  if (name.includes('/')) {
    errors.push(invalid(`${path}.datasetName`, name, "must not contain '/'"));
  }
  return errors;
}

function quobyteErrors(source: JsonObject, path: string): FieldError[] {
  const registry = text(source, 'registry');
  const why = 'must be a host:port pair or multiple pairs separated by commas';
  const errors: FieldError[] = [];
  if (registry === '') errors.push(required(`${path}.registry`, why));
  else if (text(source, 'tenant').length >= 65) {
    const tooLong = 'must be a UUID and may not exceed a length of 64 characters';
    errors.push(required(`${path}.tenant`, tooLong));
  } else {
    const wrong = registry.split(',').filter((pair) => !/^(?:[^:]*|\[.*\]):[^:]*$/.test(pair));
    errors.push(...wrong.map(() => invalid(`${path}.registry`, registry, why)));
  }
  return [...errors, ...requiredFields(source, path, ['volume'])];
}

function fibreErrors(source: JsonObject, path: string): FieldError[] {
  const [names, ids] = [strings(source, 'targetWWNs'), strings(source, 'wwids')];
  const field = `${path}.targetWWNs`;
  if (names.length === 0) {
    if (ids.length > 0) return [];
    return [required(field, 'must specify either targetWWNs or wwids, but not both')];
  }
  const errors: FieldError[] = [];
  if (ids.length > 0) {
    const why = 'targetWWNs and wwids can not be specified simultaneously';
    errors.push(invalid(field, names, why));
  }
  const { lun } = source;
  if (typeof lun !== 'number') {
    errors.push(required(`${path}.lun`, 'lun is required if targetWWNs is specified'));
  } else if (lun < 0 || lun > 255) {
    errors.push(invalid(`${path}.lun`, lun, 'must be between 0 and 255, inclusive'));
  }
  return errors;
}

function flexErrors(source: JsonObject, path: string): FieldError[] {
  const reserved = Object.keys(part(source, 'options')).filter((key) =>
    /\.(?:kubernetes|k8s)\.io$/.test(`.${key.split('/')[0]?.toLowerCase()}`),
  );
  return [
    ...requiredFields(source, path, ['driver']),
    ...reserved.map((key) =>
      invalid(`${path}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'),
    ),
  ];
}

function azureDiskErrors(source: JsonObject, path: string): FieldError[] {
  const errors = requiredFields(source, path, ['diskName', 'diskURI']);
  errors.push(
    ...optionalChoiceErrors(source.cachingMode, `${path}.cachingMode`, [
      'None',
      'ReadOnly',
      'ReadWrite',
    ]),
    ...optionalChoiceErrors(source.kind, `${path}.kind`, ['Dedicated', 'Managed', 'Shared']),
  );
  const uri = text(source, 'diskURI');
  const isManaged = source.kind === 'Managed';
  if (!uri.startsWith(isManaged ? '/subscriptions/' : 'https://')) {
    const form = isManaged
      ? '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
      : 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';
    errors.push(notSupported(`${path}.diskURI`, uri, [form]));
  }
  return errors;
}

/** The name of a CSI driver. */
export function driverErrors(driver: string, path: string): FieldError[] {
  if (driver === '') return [required(path)];
  const detail = 'Too long: may not be more than 63 bytes';
  const long: FieldError[] = driver.length > 63 ? [{ type: 'TooLong', field: path, detail }] : [];
  return [
    ...long,
    ...subdomainErrors(driver.toLowerCase(), path).map((error) => ({
      ...error,
      detail: error.detail.replace(JSON.stringify(driver.toLowerCase()), JSON.stringify(driver)),
    })),
  ];
}

function inlineCsiErrors(source: JsonObject, path: string): FieldError[] {
  const errors = driverErrors(text(source, 'driver'), `${path}.driver`);
  const { nodePublishSecretRef: secret } = source;
  if (!isObject(secret)) return errors;
  const name = text(secret, 'name');
  if (name === '') return [...errors, required(`${path}.nodePublishSecretRef.name`)];
  return [...errors, ...subdomainErrors(name, `${path}.name`)];
}
