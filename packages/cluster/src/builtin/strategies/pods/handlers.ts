/** Probes and lifecycle hooks: what is done, and when. */
import { forbidden, invalid, required } from '../../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import {
  items,
  nonNegativeFields,
  number,
  part,
  portOrNameErrors,
  strings,
  text,
} from '../rules.ts';
import { choiceErrors, given } from './checks.ts';

const PROBE_HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'];
const HOOK_HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'sleep'];
const TIMINGS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
];
const HEADER_PROBLEM =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

/** Errors of the three probes of a container. */
export function probesErrors(container: JsonObject, path: string): FieldError[] {
  return ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((key) => {
    const probe = container[key];
    return isObject(probe) ? probeErrors(probe, `${path}.${key}`, key === 'readinessProbe') : [];
  });
}

function probeErrors(probe: JsonObject, path: string, isReadiness: boolean): FieldError[] {
  const errors = handlerErrors(probe, path, { handlers: PROBE_HANDLERS });
  errors.push(...nonNegativeFields(probe, path, TIMINGS));
  const grace = number(probe, 'terminationGracePeriodSeconds');
  const field = `${path}.terminationGracePeriodSeconds`;
  if (grace !== undefined && grace <= 0) {
    errors.push(invalid(field, grace, 'must be greater than 0'));
  }
  if (isReadiness) {
    if (grace !== undefined) {
      errors.push(invalid(field, grace, 'must not be set for readinessProbes'));
    }
  } else if (probe.successThreshold !== 1) {
    errors.push(invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'));
  }
  return errors;
}

/** `grace` is the pod's termination grace period in seconds. */
export function lifecycleErrors(
  lifecycle: JsonObject,
  path: string,
  grace: number | undefined,
): FieldError[] {
  return given(lifecycle, ['postStart', 'preStop']).flatMap((key) =>
    handlerErrors(part(lifecycle, key), `${path}.${key}`, { handlers: HOOK_HANDLERS, grace }),
  );
}

function handlerErrors(
  object: JsonObject,
  path: string,
  { handlers, grace }: { handlers: string[]; grace?: number },
): FieldError[] {
  const [first, ...others] = given(object, handlers);
  if (first === undefined) return [required(path, 'must specify a handler type')];
  return [
    ...actionErrors(first, part(object, first), { path: `${path}.${first}`, grace }),
    ...others.map((key) => forbidden(`${path}.${key}`, 'may not specify more than 1 handler type')),
  ];
}

function actionErrors(
  kind: string,
  action: JsonObject,
  { path, grace }: { path: string; grace?: number },
): FieldError[] {
  switch (kind) {
    case 'exec':
      return strings(action, 'command').length === 0 ? [required(`${path}.command`)] : [];
    case 'httpGet':
      return httpErrors(action, path);
    case 'sleep': {
      const seconds = number(action, 'seconds') ?? 0;
      if (grace === undefined || (seconds >= 0 && seconds <= grace)) return [];
      const why = `must be non-negative and less than terminationGracePeriodSeconds (${grace})`;
      return [invalid(path, seconds, why)];
    }
    default:
      return portOrNameErrors(action.port ?? 0, `${path}.port`);
  }
}

function httpErrors(action: JsonObject, path: string): FieldError[] {
  return [
    ...(text(action, 'path') === '' ? [required(`${path}.path`)] : []),
    ...portOrNameErrors(action.port ?? 0, `${path}.port`),
    ...choiceErrors(action.scheme, `${path}.scheme`, ['HTTP', 'HTTPS']),
    ...items(action, 'httpHeaders').flatMap(([header]) => {
      const name = text(header, 'name');
      if (/^[-A-Za-z0-9]+$/.test(name)) return [];
      return [invalid(`${path}.httpHeaders`, name, HEADER_PROBLEM)];
    }),
  ];
}
