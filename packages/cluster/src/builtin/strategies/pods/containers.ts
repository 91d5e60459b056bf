/** Containers, init containers and ephemeral containers: what all of them have in common, and what only some may have. */
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import { isPort, isUnset, items, number, PORT_RANGE, portNameProblems, text } from '../rules.ts';
import { choiceErrors, labelErrors, optionalChoiceErrors, told } from './checks.ts';
import { environmentErrors } from './environment.ts';
import { lifecycleErrors, probesErrors } from './handlers.ts';
import { mountErrors } from './mounts.ts';
import { resourceErrors } from './resources.ts';
import { securityContextErrors } from './security.ts';

/** What containers are judged by besides themselves. */
export interface PodContext {
  /** Good volumes of the pod by name. */
  volumes: ReadonlyMap<string, JsonObject>;
  /** Names the pod gave its resource claims. */
  claims: ReadonlySet<string>;
  /** Termination grace period in seconds. */
  grace: number | undefined;
  restartPolicy: unknown;
  /** The pod has the users of the node. */
  hostUsers: boolean;
}

/** Errors of the containers, init containers and ephemeral containers of a pod spec. */
export function containersErrors(
  spec: JsonObject,
  path: string,
  context: PodContext,
): FieldError[] {
  return [
    ...mainErrors(spec, path, context),
    ...initErrors(spec, path, context),
    ...ephemeralErrors(spec, path, context),
  ];
}

function mainErrors(spec: JsonObject, path: string, context: PodContext): FieldError[] {
  const containers = items(spec, 'containers', `${path}.`);
  if (containers.length === 0) return [required(`${path}.containers`)];
  const names = new Set<string>();
  const errors: FieldError[] = [];
  for (const [container, place] of containers) {
    errors.push(...commonErrors(container, place, context));
    const name = text(container, 'name');
    if (names.has(name)) errors.push(duplicate(`${place}.name`, name));
    names.add(name);
    errors.push(...livingErrors(container, place, context));
    errors.push(...restartErrors(container, place));
  }
  return [...errors, ...hostPortErrors(containers)];
}

const ONLY_SIDECARS = 'may not be set for init containers without restartPolicy=Always';

function initErrors(spec: JsonObject, path: string, context: PodContext): FieldError[] {
  const names = new Set(items(spec, 'containers').map(([container]) => text(container, 'name')));
  const errors: FieldError[] = [];
  for (const [container, place] of items(spec, 'initContainers', `${path}.`)) {
    errors.push(...commonErrors(container, place, context));
    const isSidecar = container.restartPolicy === 'Always';
    if (isSidecar && items(container, 'restartPolicyRules').length > 0) {
      const why =
        'restartPolicyRules are not allowed for init containers with restart policy Always';
      errors.push(forbidden(`${place}.restartPolicyRules`, why));
    } else errors.push(...restartErrors(container, place));
    const name = text(container, 'name');
    if (names.has(name)) errors.push(duplicate(`${place}.name`, name));
    else if (name !== '') names.add(name);
    errors.push(...hostPortErrors([[container, `${path}.initContainers[0]`]]));
    if (isSidecar) errors.push(...livingErrors(container, place, context));
    else {
      for (const key of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'])
        if (isObject(container[key])) errors.push(forbidden(`${place}.${key}`, ONLY_SIDECARS));
    }
  }
  return errors;
}

const NOT_EPHEMERAL = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
];
const EPHEMERAL = 'cannot be set for an Ephemeral Container';

function ephemeralErrors(spec: JsonObject, path: string, context: PodContext): FieldError[] {
  const list = items(spec, 'ephemeralContainers', `${path}.`);
  if (list.length === 0) return [];
  const others = new Set(
    ['containers', 'initContainers'].flatMap((key) =>
      items(spec, key).map(([container]) => text(container, 'name')),
    ),
  );
  const names = new Set(others);
  const errors: FieldError[] = [];
  for (const [container, place] of list) {
    errors.push(...commonErrors(container, place, context), ...imageErrors(container, place));
    const name = text(container, 'name');
    if (names.has(name)) errors.push(duplicate(`${place}.name`, name));
    names.add(name);
    const target = text(container, 'targetContainerName');
    if (target !== '' && !others.has(target)) {
      const detail = `Not found: ${JSON.stringify(target)}`;
      errors.push({ type: 'NotFound', field: `${place}.targetContainerName`, detail });
    }
    for (const key of NOT_EPHEMERAL)
      if (isGiven(container[key])) errors.push(forbidden(`${place}.${key}`, EPHEMERAL));
    for (const [mount, mountPath] of items(container, 'volumeMounts', `${place}.`))
      for (const key of ['subPath', 'subPathExpr'])
        if (text(mount, key) !== '') errors.push(forbidden(`${mountPath}.${key}`, EPHEMERAL));
  }
  return errors;
}

function isGiven(value: unknown): boolean {
  if (isUnset(value)) return false;
  return typeof value !== 'object' || Object.keys(value as object).length > 0;
}

/** Errors about images that only pods are told, and templates are not. */
export function imageErrors(container: JsonObject, path: string): FieldError[] {
  const image = text(container, 'image');
  if (image.trim() === image) return [];
  return [invalid(`${path}.image`, image, 'must not have leading or trailing whitespace')];
}

function commonErrors(container: JsonObject, path: string, context: PodContext): FieldError[] {
  const name = text(container, 'name');
  const { claims, hostUsers } = context;
  return [
    ...(name === '' ? [required(`${path}.name`)] : labelErrors(name, `${path}.name`)),
    ...(text(container, 'image') === '' ? [required(`${path}.image`)] : []),
    ...choiceErrors(container.terminationMessagePolicy, `${path}.terminationMessagePolicy`, [
      'File',
      'FallbackToLogsOnError',
    ]),
    ...portErrors(container, path),
    ...environmentErrors(container, path),
    ...mountErrors(container, path, context.volumes),
    ...choiceErrors(container.imagePullPolicy, `${path}.imagePullPolicy`, [
      'Always',
      'IfNotPresent',
      'Never',
    ]),
    ...(isObject(container.resources)
      ? resourceErrors(container.resources, `${path}.resources`, { claims })
      : []),
    ...resizeErrors(container, path, context.restartPolicy),
    ...(isObject(container.securityContext)
      ? securityContextErrors(container.securityContext, `${path}.securityContext`, hostUsers)
      : []),
  ];
}

/** What only containers have that go on running. */
function livingErrors(container: JsonObject, path: string, { grace }: PodContext): FieldError[] {
  const { lifecycle } = container;
  return [
    ...(isObject(lifecycle) ? lifecycleErrors(lifecycle, `${path}.lifecycle`, grace) : []),
    ...probesErrors(container, path),
  ];
}

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

function portErrors(container: JsonObject, path: string): FieldError[] {
  const names = new Set<string>();
  return items(container, 'ports', `${path}.`).flatMap(([port, place]) => {
    const errors: FieldError[] = [];
    const name = text(port, 'name');
    const problems = name === '' ? [] : portNameProblems(name);
    errors.push(...told(problems, `${place}.name`, name));
    if (problems.length === 0 && names.has(name)) errors.push(duplicate(`${place}.name`, name));
    if (name !== '' && problems.length === 0) names.add(name);
    const { containerPort, hostPort } = port;
    if (isUnset(containerPort) || containerPort === 0) {
      errors.push(required(`${place}.containerPort`));
    } else if (!isPort(containerPort)) {
      errors.push(invalid(`${place}.containerPort`, containerPort, PORT_RANGE));
    }
    if (!isUnset(hostPort) && hostPort !== 0 && !isPort(hostPort)) {
      errors.push(invalid(`${place}.hostPort`, hostPort, PORT_RANGE));
    }
    return [...errors, ...choiceErrors(port.protocol, `${place}.protocol`, PROTOCOLS)];
  });
}

/** No two containers may have one port of the node. */
function hostPortErrors(containers: [JsonObject, string][]): FieldError[] {
  const taken = new Set<string>();
  const errors: FieldError[] = [];
  for (const [container, path] of containers) {
    for (const [port, place] of items(container, 'ports', `${path}.`)) {
      const hostPort = number(port, 'hostPort') ?? 0;
      if (hostPort === 0) continue;
      const key = `${text(port, 'protocol')}/${text(port, 'hostIP')}/${hostPort}`;
      if (taken.has(key)) errors.push(duplicate(`${place}.hostPort`, key));
      taken.add(key);
    }
  }
  return errors;
}

const RESIZED = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];

function resizeErrors(container: JsonObject, path: string, restartPolicy: unknown): FieldError[] {
  const field = `${path}.resizePolicy`;
  const seen = new Set<string>();
  return items(container, 'resizePolicy', `${path}.`).flatMap(([policy, place]) => {
    const resource = text(policy, 'resourceName');
    const errors = seen.has(resource) ? [duplicate(place, resource)] : [];
    seen.add(resource);
    errors.push(...choiceErrors(resource, field, RESIZED));
    errors.push(...choiceErrors(policy.restartPolicy, field, RESIZE_POLICIES));
    if (restartPolicy === 'Never' && policy.restartPolicy !== 'NotRequired') {
      const why = "must be 'NotRequired' when `restartPolicy` is 'Never'";
      errors.push(invalid(field, policy.restartPolicy ?? '', why));
    }
    return errors;
  });
}

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];

function restartErrors(container: JsonObject, path: string): FieldError[] {
  const { restartPolicy } = container;
  const rules = items(container, 'restartPolicyRules', `${path}.`);
  const field = `${path}.restartPolicy`;
  const errors = optionalChoiceErrors(restartPolicy, field, RESTART_POLICIES);
  if (restartPolicy === undefined && rules.length > 0) {
    errors.push(required(field, 'must specify restartPolicy when restart rules are used'));
  }
  for (const [rule, place] of rules) {
    if (rule.action !== 'Restart')
      errors.push(notSupported(`${place}.action`, text(rule, 'action'), ['Restart']));
    const { exitCodes } = rule;
    if (!isObject(exitCodes)) errors.push(required(`${place}.exitCodes`, 'must be specified'));
    else if (exitCodes.operator !== 'In' && exitCodes.operator !== 'NotIn') {
      const value = text(exitCodes, 'operator');
      errors.push(notSupported(`${place}.exitCodes.operator`, value, ['In', 'NotIn']));
    }
  }
  return errors;
}
