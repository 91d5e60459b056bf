/** Mistakes in containers: names, ports, environment, mounts, resources, probes. */
import { duplicate, forbidden, invalid, required } from '../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { quantityNanos } from '../quantity.ts';
import {
  duplicates,
  isPort,
  isUnset,
  items,
  labelProblems,
  nonNegativeFields,
  NOT_NEGATIVE,
  number,
  part,
  PORT_RANGE,
  portNameProblems,
  portOrNameErrors,
  requiredFields,
  text,
} from './rules.ts';

export interface ContainerContext {
  /** Names of the volumes of the pod. */
  volumes: ReadonlySet<string>;
  /** Container names seen so far. */
  names: Set<string>;
}

/** Errors of one container. Remembers its name in `context`. */
export function containerErrors(
  container: JsonObject,
  path: string,
  context: ContainerContext,
): FieldError[] {
  return [
    ...identityErrors(container, path, context),
    ...portErrors(container, path),
    ...environmentErrors(container, path),
    ...mountErrors(container, path, context),
    ...resourceErrors(part(container, 'resources'), `${path}.resources`),
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((key) => {
      const probe = container[key];
      return isObject(probe) ? probeErrors(probe, `${path}.${key}`, key !== 'readinessProbe') : [];
    }),
  ];
}

function identityErrors(
  container: JsonObject,
  path: string,
  { names }: ContainerContext,
): FieldError[] {
  const errors: FieldError[] = [];
  const name = text(container, 'name');
  if (name === '') errors.push(required(`${path}.name`));
  for (const problem of name === '' ? [] : labelProblems(name)) {
    errors.push(invalid(`${path}.name`, name, problem));
  }
  if (name !== '' && names.has(name)) errors.push(duplicate(`${path}.name`, name));
  names.add(name);
  const image = text(container, 'image');
  if (image === '') errors.push(required(`${path}.image`));
  else if (image.trim() !== image) {
    errors.push(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  }
  return errors;
}

function portErrors(container: JsonObject, path: string): FieldError[] {
  const ports = items(container, 'ports', `${path}.`);
  const errors = duplicates(ports, 'name');
  for (const [port, place] of ports) {
    const name = text(port, 'name');
    for (const problem of name === '' ? [] : portNameProblems(name)) {
      errors.push(invalid(`${place}.name`, name, problem));
    }
    if (isUnset(port.containerPort) || port.containerPort === 0) {
      errors.push(required(`${place}.containerPort`));
    } else if (!isPort(port.containerPort)) {
      errors.push(invalid(`${place}.containerPort`, port.containerPort, PORT_RANGE));
    }
    if (!isUnset(port.hostPort) && port.hostPort !== 0 && !isPort(port.hostPort)) {
      errors.push(invalid(`${place}.hostPort`, port.hostPort, PORT_RANGE));
    }
  }
  return errors;
}

const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];
const VARIABLE_NAME =
  "a valid environment variable name must consist only of printable ASCII characters other than '='";

function environmentErrors(container: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [variable, place] of items(container, 'env', `${path}.`)) {
    const name = text(variable, 'name');
    if (name === '') errors.push(required(`${place}.name`));
    else if (!/^[\x20-\x3c\x3e-\x7e]+$/.test(name)) {
      errors.push(invalid(`${place}.name`, name, VARIABLE_NAME));
    }
    if (isObject(variable.valueFrom)) {
      errors.push(...sourceErrors(variable, variable.valueFrom, `${place}.valueFrom`));
    }
  }
  for (const [source, place] of items(container, 'envFrom', `${path}.`)) {
    const kinds = ['configMapRef', 'secretRef'].filter((key) => isObject(source[key]));
    if (kinds.length === 0) {
      errors.push(invalid(place, '', 'must specify one of: `configMapRef` or `secretRef`'));
    }
    for (const kind of kinds) {
      errors.push(...requiredFields(part(source, kind), `${place}.${kind}`, ['name']));
    }
  }
  return errors;
}

function sourceErrors(variable: JsonObject, source: JsonObject, path: string): FieldError[] {
  const given = SOURCES.filter((key) => isObject(source[key]));
  const errors: FieldError[] = [];
  if (given.length === 0) {
    const names = SOURCES.map((key) => `\`${key}\``);
    const choice = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
    errors.push(invalid(path, '', `must specify one of: ${choice}`));
  } else if (text(variable, 'value') !== '') {
    errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  } else if (given.length > 1) {
    errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  }
  for (const key of ['configMapKeyRef', 'secretKeyRef']) {
    const reference = source[key];
    if (isObject(reference)) {
      errors.push(...requiredFields(reference, `${path}.${key}`, ['name', 'key']));
    }
  }
  if (isObject(source.fieldRef)) {
    errors.push(...requiredFields(source.fieldRef, `${path}.fieldRef`, ['fieldPath']));
  }
  return errors;
}

function mountErrors(
  container: JsonObject,
  path: string,
  { volumes }: ContainerContext,
): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  for (const [mount, place] of items(container, 'volumeMounts', `${path}.`)) {
    const name = text(mount, 'name');
    const mountPath = text(mount, 'mountPath');
    if (name === '') errors.push(required(`${place}.name`));
    else if (!volumes.has(name)) {
      const detail = `Not found: ${JSON.stringify(name)}`;
      errors.push({ type: 'NotFound', field: `${place}.name`, detail });
    }
    if (mountPath === '') errors.push(required(`${place}.mountPath`));
    else if (paths.has(mountPath)) {
      errors.push(invalid(`${place}.mountPath`, mountPath, 'must be unique'));
    }
    paths.add(mountPath);
  }
  return errors;
}

/** Amounts may not be negative, and a request may not exceed its limit. */
export function resourceErrors(resources: JsonObject, path: string): FieldError[] {
  const limits = part(resources, 'limits');
  const errors: FieldError[] = [];
  for (const list of ['limits', 'requests']) {
    const amounts = part(resources, list);
    for (const key of Object.keys(amounts)) {
      const amount = quantityNanos(amounts[key]);
      if (amount !== undefined && amount < 0n) {
        errors.push(invalid(`${path}.${list}[${key}]`, amounts[key], NOT_NEGATIVE));
      }
    }
  }
  const requests = part(resources, 'requests');
  for (const key of Object.keys(requests)) {
    const [request, limit] = [quantityNanos(requests[key]), quantityNanos(limits[key])];
    if (request === undefined || limit === undefined || request <= limit) continue;
    const why = `must be less than or equal to ${key} limit of ${String(limits[key])}`;
    errors.push(invalid(`${path}.requests`, requests[key], why));
  }
  return errors;
}

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'];
const TIMINGS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
  'terminationGracePeriodSeconds',
];

function probeErrors(probe: JsonObject, path: string, needsOneSuccess: boolean): FieldError[] {
  const given = HANDLERS.filter((key) => isObject(probe[key]));
  const errors: FieldError[] = [];
  if (given.length === 0) errors.push(required(path, 'must specify a handler type'));
  for (const extra of given.slice(1)) {
    errors.push(forbidden(`${path}.${extra}`, 'may not specify more than 1 handler type'));
  }
  for (const key of ['httpGet', 'tcpSocket', 'grpc']) {
    const handler = probe[key];
    if (isObject(handler)) {
      errors.push(...portOrNameErrors(handler.port ?? 0, `${path}.${key}.port`));
    }
  }
  if (isObject(probe.exec)) {
    const { command } = probe.exec;
    if (!Array.isArray(command) || command.length === 0)
      errors.push(required(`${path}.exec.command`));
  }
  errors.push(...nonNegativeFields(probe, path, TIMINGS));
  const successes = number(probe, 'successThreshold');
  if (needsOneSuccess && successes !== undefined && successes > 1) {
    errors.push(invalid(`${path}.successThreshold`, successes, 'must be 1'));
  }
  return errors;
}
