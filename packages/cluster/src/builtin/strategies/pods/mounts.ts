/** Where containers put the volumes of their pod: as directories, and as block devices. */
import { forbidden, invalid, required } from '../../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import { items, part, text } from '../rules.ts';
import { hasBacksteps, optionalChoiceErrors, relativePathErrors } from './checks.ts';

type Volumes = ReadonlyMap<string, JsonObject>;

/** Errors of `volumeMounts` and `volumeDevices`; `volumes` are the good ones of the pod. */
export function mountErrors(container: JsonObject, path: string, volumes: Volumes): FieldError[] {
  const mounts = items(container, 'volumeMounts', `${path}.`);
  const devices = items(container, 'volumeDevices', `${path}.`);
  if (mounts.length === 0 && devices.length === 0) return [];
  const names = (list: [JsonObject, string][]) => new Set(list.map(([item]) => text(item, 'name')));
  const paths = (list: [JsonObject, string][], key: string) =>
    new Set(list.map(([item]) => text(item, key)));
  const [deviceNames, devicePaths] = [names(devices), paths(devices, 'devicePath')];
  const [mountNames, mountPaths] = [names(mounts), paths(mounts, 'mountPath')];
  const seen = { mounts: new Set<string>(), names: new Set<string>(), devices: new Set<string>() };
  const errors: FieldError[] = [];
  for (const [mount, place] of mounts) {
    const [name, mountPath] = [text(mount, 'name'), text(mount, 'mountPath')];
    errors.push(...nameErrors(name, place, volumes));
    if (mountPath === '') errors.push(required(`${place}.mountPath`));
    if (seen.mounts.has(mountPath))
      errors.push(invalid(`${place}.mountPath`, mountPath, 'must be unique'));
    seen.mounts.add(mountPath);
    if (deviceNames.has(name))
      errors.push(invalid(`${place}.name`, name, 'must not already exist in volumeDevices'));
    if (devicePaths.has(mountPath)) {
      const why = 'must not already exist as a path in volumeDevices';
      errors.push(invalid(`${place}.mountPath`, mountPath, why));
    }
    errors.push(...optionErrors(mount, { place, field: `${path}.volumeMounts` }, container));
  }
  for (const [device, place] of devices) {
    const [name, devicePath] = [text(device, 'name'), text(device, 'devicePath')];
    errors.push(...deviceErrors(device, { place, volumes }, seen));
    if (mountNames.has(name))
      errors.push(invalid(`${place}.name`, name, 'must not already exist in volumeMounts'));
    if (mountPaths.has(devicePath)) {
      const why = 'must not already exist as a path in volumeMounts';
      errors.push(invalid(`${place}.devicePath`, devicePath, why));
    }
    if (name !== '') seen.names.add(name);
  }
  return errors;
}

function nameErrors(name: string, path: string, volumes: Volumes): FieldError[] {
  const errors = name === '' ? [required(`${path}.name`)] : [];
  if (volumes.has(name)) return errors;
  const detail = `Not found: ${JSON.stringify(name)}`;
  return [...errors, { type: 'NotFound', field: `${path}.name`, detail }];
}

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE = ['Disabled', 'Enabled', 'IfPossible'];

/** Most errors of these name the list and not the mount. */
function optionErrors(
  mount: JsonObject,
  { place, field }: { place: string; field: string },
  container: JsonObject,
): FieldError[] {
  const errors: FieldError[] = [];
  const [subPath, expression] = [text(mount, 'subPath'), text(mount, 'subPathExpr')];
  if (subPath !== '') errors.push(...relativePathErrors(subPath, `${field}.subPath`));
  if (expression !== '') {
    if (subPath !== '') {
      const why = 'subPathExpr and subPath are mutually exclusive';
      errors.push(invalid(`${place}.subPathExpr`, expression, why));
    }
    errors.push(...relativePathErrors(expression, `${field}.subPathExpr`));
  }
  const { mountPropagation: propagation, recursiveReadOnly: recursive } = mount;
  errors.push(...optionalChoiceErrors(propagation, `${field}.mountPropagation`, PROPAGATIONS));
  const isPrivileged = part(container, 'securityContext').privileged === true;
  if (propagation === 'Bidirectional' && !isPrivileged) {
    const why = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(forbidden(`${field}.mountPropagation`, why));
  }
  const recursivePlace = `${field}.recursiveReadOnly`;
  if (recursive === 'Enabled' || recursive === 'IfPossible') {
    if (mount.readOnly !== true)
      errors.push(forbidden(recursivePlace, 'may only be specified when readOnly is true'));
    if (propagation !== undefined && propagation !== 'None') {
      const why = 'may only be specified when mountPropagation is None or not specified';
      errors.push(forbidden(recursivePlace, why));
    }
  } else errors.push(...optionalChoiceErrors(recursive, recursivePlace, RECURSIVE));
  return errors;
}

function deviceErrors(
  device: JsonObject,
  { place, volumes }: { place: string; volumes: Volumes },
  seen: { names: Set<string>; devices: Set<string> },
): FieldError[] {
  const [name, path] = [text(device, 'name'), text(device, 'devicePath')];
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${place}.name`));
  if (seen.names.has(name)) errors.push(invalid(`${place}.name`, name, 'must be unique'));
  const volume = volumes.get(name);
  if (volume === undefined) errors.push(...nameErrors(name, place, volumes).slice(-1));
  else if (!isObject(volume.persistentVolumeClaim) && !isObject(volume.ephemeral)) {
    const why =
      'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
    errors.push(invalid(`${place}.name`, name, why));
  }
  if (path === '') errors.push(required(`${place}.devicePath`));
  if (seen.devices.has(path)) errors.push(invalid(`${place}.devicePath`, path, 'must be unique'));
  if (hasBacksteps(path)) {
    errors.push(invalid(`${place}.devicePath`, path, "can not contain backsteps ('..')"));
  } else seen.devices.add(path);
  return errors;
}
