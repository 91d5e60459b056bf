/** Ingresses and IngressClasses. */
import { isIP } from 'node:net';

import {
  dns1035Problems,
  dnsLabelProblems,
  pathSegmentProblems,
  subdomainProblems,
} from '../../api/names.ts';
import { forbidden, invalid, notSupported, required, tooLong } from '../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { addressProblem } from './addresses.ts';
import {
  domainPathErrors,
  isPort,
  isUnset,
  items,
  part,
  portNameProblems,
  PORT_RANGE,
  strings,
  text,
  type Rules,
} from './rules.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

export const ingress: Rules = {
  validate(object, old) {
    const spec = part(object, 'spec');
    const rules = items(spec, 'rules', 'spec.');
    const errors: FieldError[] = [];
    if (rules.length === 0 && !isObject(spec.defaultBackend)) {
      const why = 'either `defaultBackend` or `rules` must be specified';
      errors.push(invalid('spec', null, why));
    }
    if (isObject(spec.defaultBackend)) {
      errors.push(...backendErrors(spec.defaultBackend, 'spec.defaultBackend'));
    }
    for (const [rule, path] of rules) errors.push(...ruleErrors(rule, path));
    for (const [tls, path] of items(spec, 'tls', 'spec.')) errors.push(...tlsErrors(tls, path));
    return [...errors, ...classErrors(object, old)];
  },
  status(object) {
    const balancer = part(part(object, 'status'), 'loadBalancer');
    return items(balancer, 'ingress', 'status.loadBalancer.').flatMap(([entry, path]) =>
      entryErrors(entry, path),
    );
  },
  warnings(object, old) {
    const annotations = part(part(object, 'metadata'), 'annotations');
    if (old !== undefined || !Object.hasOwn(annotations, CLASS_ANNOTATION)) return [];
    return [
      `annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`,
    ];
  },
};

function classErrors(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const { ingressClassName: name } = part(object, 'spec');
  if (typeof name !== 'string') return [];
  const errors = subdomainProblems(name).map((problem) =>
    invalid('spec.ingressClassName', name, problem),
  );
  const annotated = part(part(object, 'metadata'), 'annotations')[CLASS_ANNOTATION];
  if (old !== undefined || annotated === undefined || annotated === name) return errors;
  const why = 'must match `ingressClassName` when both are specified';
  return [...errors, invalid(`annotations.${CLASS_ANNOTATION}`, annotated, why)];
}

const WILDCARD = /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NO_WILDCARD =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case " +
  "alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for " +
  `validation is '${WILDCARD.source.slice(1, -1)}')`;
const NO_ADDRESS = 'must be a DNS name, not an IP address';

function hostErrors(host: string, path: string): FieldError[] {
  if (!host.includes('*')) {
    return subdomainProblems(host).map((problem) => invalid(path, host, problem));
  }
  return WILDCARD.test(host) ? [] : [invalid(path, host, NO_WILDCARD)];
}

function ruleErrors(rule: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const host = text(rule, 'host');
  if (isIP(host) !== 0) errors.push(invalid(`${path}.host`, host, NO_ADDRESS));
  if (host !== '') errors.push(...hostErrors(host, `${path}.host`));
  if (!isObject(rule.http)) return errors;
  const paths = items(rule.http, 'paths', `${path}.http.`);
  if (paths.length === 0) errors.push(required(`${path}.http.paths`));
  return [...errors, ...paths.flatMap(([entry, place]) => pathErrors(entry, place))];
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_SUFFIXES = ['/..', '/.'];

function pathErrors(entry: JsonObject, place: string): FieldError[] {
  const { pathType } = entry;
  if (isUnset(pathType) && pathType !== '') {
    return [required(`${place}.pathType`, 'pathType must be specified')];
  }
  const path = text(entry, 'path');
  const wrong = (why: string) => invalid(`${place}.path`, path, why);
  const errors: FieldError[] = [];
  const isChecked = pathType === 'Exact' || pathType === 'Prefix';
  if (!PATH_TYPES.includes(text(entry, 'pathType'))) {
    errors.push(notSupported(`${place}.pathType`, pathType, PATH_TYPES));
  } else if (!path.startsWith('/') && (isChecked || path !== '')) {
    errors.push(wrong('must be an absolute path'));
  }
  if (isChecked) {
    for (const part of BAD_SEQUENCES)
      if (path.includes(part)) errors.push(wrong(`must not contain '${part}'`));
    for (const end of BAD_SUFFIXES)
      if (path.endsWith(end)) errors.push(wrong(`cannot end with '${end}'`));
  }
  return [...errors, ...backendErrors(part(entry, 'backend'), `${place}.backend`)];
}

function backendErrors(backend: JsonObject, path: string): FieldError[] {
  const { service, resource } = backend;
  if (isObject(service) && isObject(resource)) {
    return [invalid(path, '', 'cannot set both resource and service backends')];
  }
  if (isObject(resource)) return referenceErrors(resource, `${path}.resource`);
  if (!isObject(service)) return [invalid(path, '', 'resource or service backend is required')];
  const name = text(service, 'name');
  const errors =
    name === ''
      ? [required(`${path}.service.name`)]
      : dns1035Problems(name).map((problem) => invalid(`${path}.service.name`, name, problem));
  return [...errors, ...portErrors(part(service, 'port'), path)];
}

function portErrors(port: JsonObject, path: string): FieldError[] {
  const name = text(port, 'name');
  const hasNumber = !isUnset(port.number) && port.number !== 0;
  if (name !== '' && hasNumber) {
    return [invalid(path, '', 'cannot set both port name & port number')];
  }
  if (name !== '') {
    return portNameProblems(name).map((problem) =>
      invalid(`${path}.service.port.name`, name, problem),
    );
  }
  if (!hasNumber) return [required(path, 'port name or number is required')];
  if (isPort(port.number)) return [];
  return [invalid(`${path}.service.port.number`, port.number, PORT_RANGE)];
}

/** Errors of a reference to an object of any kind. */
function referenceErrors(reference: JsonObject, path: string): FieldError[] {
  const { apiGroup } = reference;
  const errors =
    typeof apiGroup === 'string'
      ? subdomainProblems(apiGroup).map((problem) => invalid(`${path}.apiGroup`, apiGroup, problem))
      : [];
  for (const key of ['kind', 'name']) {
    const value = text(reference, key);
    if (value === '') errors.push(required(`${path}.${key}`));
    else {
      const problems = pathSegmentProblems(value);
      errors.push(...problems.map((problem) => invalid(`${path}.${key}`, value, problem)));
    }
  }
  return errors;
}

function tlsErrors(tls: JsonObject, path: string): FieldError[] {
  const secret = text(tls, 'secretName');
  const errors = strings(tls, 'hosts').flatMap((host, index) =>
    hostErrors(host, `${path}.hosts[${index}]`),
  );
  if (secret === '') return errors;
  const problems = subdomainProblems(secret);
  return [...errors, ...problems.map((why) => invalid(`${path}.secretName`, secret, why))];
}

function entryErrors(entry: JsonObject, path: string): FieldError[] {
  const [ip, hostname] = [text(entry, 'ip'), text(entry, 'hostname')];
  const errors = ip === '' ? [] : addressProblem(ip, `${path}.ip`);
  if (hostname === '') return errors;
  const place = `${path}.hostname`;
  errors.push(...subdomainProblems(hostname).map((why) => invalid(place, hostname, why)));
  return isIP(hostname) === 0 ? errors : [...errors, invalid(place, hostname, NO_ADDRESS)];
}

const MAX_CONTROLLER = 250;

export const ingressClass: Rules = {
  validate(object, old) {
    const spec = part(object, 'spec');
    const controller = text(spec, 'controller');
    if (old !== undefined) {
      if (controller === text(part(old, 'spec'), 'controller')) return parameterErrors(spec);
      const changed = invalid('spec.controller', controller, 'field is immutable');
      return [changed, ...parameterErrors(spec)];
    }
    const path = 'spec.controller';
    return [
      ...(controller.length > MAX_CONTROLLER ? [tooLong(path, MAX_CONTROLLER)] : []),
      ...domainPathErrors(controller, path),
      ...parameterErrors(spec),
    ];
  },
};

function parameterErrors(spec: JsonObject): FieldError[] {
  const { parameters } = spec;
  if (!isObject(parameters)) return [];
  const path = 'spec.parameters';
  const { scope, namespace } = parameters;
  const errors = referenceErrors(parameters, path);
  if (scope !== 'Cluster' && scope !== 'Namespace') {
    return [...errors, notSupported(`${path}.scope`, scope, ['Cluster', 'Namespace'])];
  }
  const place = `${path}.namespace`;
  if (scope === 'Cluster') {
    const why = "`parameters.scope` is set to 'Cluster'";
    return typeof namespace === 'string' ? [...errors, forbidden(place, why)] : errors;
  }
  if (typeof namespace !== 'string') {
    return [...errors, required(place, "`parameters.scope` is set to 'Namespace'")];
  }
  const problems = dnsLabelProblems(namespace);
  return [...errors, ...problems.map((problem) => invalid(place, namespace, problem))];
}
