/** Services, Ingresses and endpoint slices. */
import { isIP } from 'node:net';

import { duplicate, forbidden, invalid, notSupported, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import {
  duplicates,
  ensureObject,
  isPort,
  isUnset,
  items,
  labelProblems,
  number,
  part,
  PORT_RANGE,
  portOrNameErrors,
  requiredFields,
  setDefault,
  strings,
  text,
  type Rules,
} from './rules.ts';

/** Rules of Services but for the addresses and ports that the API server gives out (`api/services/`). */
export const service: Rules = {
  update(object, old) {
    const [spec, before] = [ensureObject(object, 'spec'), part(old, 'spec')];
    dropFieldsOfOldType(spec, before);
    if (text(spec, 'type') === 'ExternalName') return;
    if (isUnset(spec.clusterIP) && !isUnset(before.clusterIP)) {
      spec.clusterIP = before.clusterIP;
      setDefault(spec, 'clusterIPs', before.clusterIPs ?? [before.clusterIP]);
    }
    keepNodePorts(spec, before);
    if (text(spec, 'type') === 'LoadBalancer' && !isUnset(before.healthCheckNodePort)) {
      setDefault(spec, 'healthCheckNodePort', before.healthCheckNodePort);
    }
  },
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    for (const [port] of items(spec, 'ports')) {
      if (isUnset(port.targetPort) || port.targetPort === 0) port.targetPort = port.port;
    }
    const type = text(spec, 'type') || 'ClusterIP';
    if (spec.sessionAffinity === 'ClientIP') {
      const clientIP = ensureObject(ensureObject(spec, 'sessionAffinityConfig'), 'clientIP');
      setDefault(clientIP, 'timeoutSeconds', 10800);
    }
    if (type === 'ExternalName') {
      if (spec.clusterIP === '') delete spec.clusterIP;
      return;
    }
    setDefault(spec, 'internalTrafficPolicy', 'Cluster');
    if (type !== 'ClusterIP' || strings(spec, 'externalIPs').length > 0) {
      setDefault(spec, 'externalTrafficPolicy', 'Cluster');
    }
    if (type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
    setDefault(spec, 'ipFamilies', ['IPv4']);
    setDefault(spec, 'ipFamilyPolicy', 'SingleStack');
    if (!isUnset(spec.clusterIP)) setDefault(spec, 'clusterIPs', [spec.clusterIP]);
  },
  validate(object, old) {
    const spec = part(object, 'spec');
    return [
      ...servicePortErrors(spec),
      ...serviceTypeErrors(spec),
      ...externalNameErrors(spec),
      ...clusterIPErrors(spec, old === undefined ? undefined : part(old, 'spec')),
    ];
  },
};

const ADDRESS_FIELDS = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'];

/**
 * What only the old type has goes with it, unless this update changed it: then it was asked for, and is refused
 * (`dropTypeDependentFields` of the Service strategy).
 */
function dropFieldsOfOldType(spec: JsonObject, before: JsonObject): void {
  const [type, oldType] = [text(spec, 'type') || 'ClusterIP', text(before, 'type') || 'ClusterIP'];
  if (type === oldType) return;
  const drop = (keys: readonly string[]) => {
    for (const key of keys) if (jsonEqual(spec[key] ?? null, before[key] ?? null)) delete spec[key];
  };
  if (type === 'ExternalName' && jsonEqual(spec.clusterIP ?? null, before.clusterIP ?? null))
    drop([...ADDRESS_FIELDS, 'internalTrafficPolicy']);
  const hasNodePorts = type === 'NodePort' || type === 'LoadBalancer';
  const nodePorts = (of: JsonObject) => items(of, 'ports').map(([port]) => port.nodePort ?? 0);
  if (!hasNodePorts && jsonEqual(nodePorts(spec), nodePorts(before))) {
    spec.ports = items(spec, 'ports').map(([{ nodePort: _nodePort, ...port }]) => port);
  }
  if (type !== 'LoadBalancer')
    drop(['healthCheckNodePort', 'allocateLoadBalancerNodePorts', 'loadBalancerClass']);
  if (!hasNodePorts && strings(spec, 'externalIPs').length === 0) drop(['externalTrafficPolicy']);
}

/** A port keeps its node port when an update leaves it out. */
function keepNodePorts(spec: JsonObject, before: JsonObject): void {
  const type = text(spec, 'type');
  if (type !== 'NodePort' && type !== 'LoadBalancer') return;
  const known = new Map(items(before, 'ports').map(([port]) => [portKey(port), port.nodePort]));
  for (const [port] of items(spec, 'ports')) {
    const nodePort = known.get(portKey(port));
    if (isUnset(port.nodePort) && nodePort !== undefined) port.nodePort = nodePort;
  }
}

function portKey(port: JsonObject): string {
  return `${text(port, 'protocol') || 'TCP'}/${number(port, 'port') ?? 0}`;
}

function servicePortErrors(spec: JsonObject): FieldError[] {
  const ports = items(spec, 'ports', 'spec.');
  const type = text(spec, 'type') || 'ClusterIP';
  const errors = duplicates(ports, 'name');
  const isHeadless = spec.clusterIP === 'None';
  if (ports.length === 0 && !isHeadless && type !== 'ExternalName') {
    errors.push(required('spec.ports'));
  }
  const seen = new Set<string>();
  for (const [port, path] of ports) {
    const name = text(port, 'name');
    if (name === '' && ports.length > 1) errors.push(required(`${path}.name`));
    for (const problem of name === '' ? [] : labelProblems(name)) {
      errors.push(invalid(`${path}.name`, name, problem));
    }
    if (!isPort(port.port)) errors.push(invalid(`${path}.port`, port.port ?? 0, PORT_RANGE));
    errors.push(...portOrNameErrors(port.targetPort, `${path}.targetPort`));
    if (!isUnset(port.nodePort) && port.nodePort !== 0 && type === 'ClusterIP') {
      const why = "may not be used when `type` is 'ClusterIP'";
      errors.push(forbidden(`${path}.nodePort`, why));
    }
    const nodePort = number(port, 'nodePort') ?? 0;
    if (nodePort !== 0 && (nodePort < NODE_PORTS.min || nodePort > NODE_PORTS.max)) {
      errors.push(invalid(`${path}.nodePort`, nodePort, NODE_PORT_PROBLEM));
    }
    const key = portKey(port);
    if (seen.has(key)) {
      errors.push(duplicate(path, internalPort(port)));
    }
    seen.add(key);
  }
  return errors;
}

/** How a port is printed in messages: the server's internal type, which has no JSON names. */
function internalPort(port: JsonObject): JsonObject {
  const Protocol = text(port, 'protocol') || 'TCP';
  const Port = number(port, 'port') ?? 0;
  return { Name: '', Protocol, AppProtocol: null, Port, TargetPort: 0, NodePort: 0 };
}

const NODE_PORTS = { min: 30000, max: 32767 };
const NODE_PORT_PROBLEM = `provided port is not in the valid range. The range of valid ports is ${NODE_PORTS.min}-${NODE_PORTS.max}`;

const HOST_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const HOST_NAME_PROBLEM =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an " +
  "alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** Rules between the type of a service and its other fields. */
function serviceTypeErrors(spec: JsonObject): FieldError[] {
  const type = text(spec, 'type') || 'ClusterIP';
  const errors: FieldError[] = [];
  const isHeadless = spec.clusterIP === 'None';
  if (isHeadless && (type === 'NodePort' || type === 'LoadBalancer')) {
    const why = `may not be set to 'None' for ${type} services`;
    errors.push(invalid('spec.clusterIPs[0]', 'None', why));
  }
  if (type === 'ExternalName' && !isUnset(spec.clusterIP) && spec.clusterIP !== '') {
    errors.push(forbidden('spec.clusterIPs', 'may not be set for ExternalName services'));
  }
  if (type !== 'LoadBalancer' && !isUnset(spec.loadBalancerClass)) {
    const why = "may only be used when `type` is 'LoadBalancer'";
    errors.push(forbidden('spec.loadBalancerClass', why));
  }
  for (const [index, address] of strings(spec, 'externalIPs').entries()) {
    if (isIP(address) !== 0) continue;
    errors.push(invalid(`spec.externalIPs[${index}]`, address, NO_ADDRESS));
  }
  const timeout = number(part(part(spec, 'sessionAffinityConfig'), 'clientIP'), 'timeoutSeconds');
  if (spec.sessionAffinity === 'None' && isObject(spec.sessionAffinityConfig)) {
    const why = 'must not be set when session affinity is None';
    errors.push(forbidden('spec.sessionAffinityConfig', why));
  } else if (timeout !== undefined && (timeout <= 0 || timeout > 86400)) {
    const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
    errors.push(invalid(field, timeout, 'must be greater than 0 and less than 86400'));
  }
  return errors;
}

const NO_ADDRESS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

function externalNameErrors(spec: JsonObject): FieldError[] {
  if (text(spec, 'type') !== 'ExternalName') return [];
  const name = text(spec, 'externalName').replace(/\.$/, '');
  if (name === '') return [required('spec.externalName')];
  return HOST_NAME.test(name) ? [] : [invalid('spec.externalName', name, HOST_NAME_PROBLEM)];
}

function clusterIPErrors(spec: JsonObject, before: JsonObject | undefined): FieldError[] {
  const value = text(spec, 'clusterIP');
  const errors: FieldError[] = [];
  if (value !== '' && value !== 'None' && isIP(value) === 0) {
    errors.push(invalid('spec.clusterIPs[0]', value, NO_ADDRESS));
  }
  const known = before === undefined ? '' : text(before, 'clusterIP');
  if (known !== '' && value !== known && text(spec, 'type') !== 'ExternalName') {
    const why = 'may not change once set';
    errors.push(invalid('spec.clusterIPs[0]', spec.clusterIPs ?? value, why));
  }
  return errors;
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

export const ingress: Rules = {
  validate(object, old) {
    const spec = part(object, 'spec');
    const rules = items(spec, 'rules', 'spec.');
    const errors: FieldError[] = [];
    const annotations = part(part(object, 'metadata'), 'annotations');
    if (old === undefined && !isUnset(spec.ingressClassName) && CLASS_ANNOTATION in annotations) {
      const field = `annotations.${CLASS_ANNOTATION}`;
      const why = 'can not be set when the class field is also set';
      errors.push(invalid(field, annotations[CLASS_ANNOTATION], why));
    }
    if (isObject(spec.defaultBackend)) {
      errors.push(...backendErrors(spec.defaultBackend, 'spec.defaultBackend'));
    } else if (rules.length === 0) {
      const why = 'either `defaultBackend` or `rules` must be specified';
      errors.push(invalid('spec', [], why));
    }
    for (const [rule, path] of rules) errors.push(...ingressRuleErrors(rule, path));
    return errors;
  },
};

function ingressRuleErrors(rule: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const host = text(rule, 'host');
  if (host !== '' && !HOST_NAME.test(host.replace(/^\*\./, ''))) {
    errors.push(invalid(`${path}.host`, host, HOST_NAME_PROBLEM));
  }
  const { http } = rule;
  if (!isObject(http)) return errors;
  const paths = items(http, 'paths', `${path}.http.`);
  if (paths.length === 0) errors.push(required(`${path}.http.paths`));
  for (const [entry, place] of paths) {
    const pathType = text(entry, 'pathType');
    if (pathType === '') errors.push(required(`${place}.pathType`, 'pathType must be specified'));
    else if (!PATH_TYPES.includes(pathType)) {
      errors.push(notSupported(`${place}.pathType`, pathType, PATH_TYPES));
    } else if (pathType !== 'ImplementationSpecific' && !text(entry, 'path').startsWith('/')) {
      errors.push(invalid(`${place}.path`, text(entry, 'path'), 'must be an absolute path'));
    }
    errors.push(...backendErrors(part(entry, 'backend'), `${place}.backend`));
  }
  return errors;
}

function backendErrors(backend: JsonObject, path: string): FieldError[] {
  const { service: target, resource } = backend;
  if (isObject(target) && isObject(resource)) {
    return [invalid(path, '', 'cannot set both resource and service backends')];
  }
  if (!isObject(target) && !isObject(resource)) {
    return [required(path, 'service or resource backend is required')];
  }
  if (!isObject(target)) return [];
  const errors = requiredFields(target, `${path}.service`, ['name']);
  const port = part(target, 'port');
  if (isUnset(port.name) && isUnset(port.number)) {
    errors.push(required(path, 'port name or number is required'));
  } else if (!isUnset(port.number) && !isPort(port.number)) {
    errors.push(invalid(`${path}.service.port.number`, port.number, PORT_RANGE));
  }
  return errors;
}

export const endpointSlice: Rules = {
  validate(object, old) {
    const errors: FieldError[] = [];
    if (isUnset(object.addressType)) errors.push(required('addressType'));
    if (old !== undefined && object.addressType !== old.addressType) {
      errors.push(invalid('addressType', object.addressType, 'field is immutable'));
    }
    return errors;
  },
};
