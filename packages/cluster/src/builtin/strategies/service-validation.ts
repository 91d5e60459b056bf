/** What is wrong with a Service, told as a real API server with one family of addresses tells it. */
import { isIPv6 } from 'node:net';
import { duplicate, forbidden, invalid, required } from '../../schema/field-error.ts';
import type { JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { addressProblem, endpointAddressErrors, rangeProblem } from './addresses.ts';
import {
  choiceErrors,
  labelErrors,
  labelMapErrors,
  optionalChoiceErrors,
  qualifiedNameErrors,
  subdomainErrors,
} from './pods/checks.ts';
import { printedStruct } from './pods/go-struct.ts';
import {
  isPort,
  isUnset,
  items,
  number,
  part,
  PORT_RANGE,
  portOrNameErrors,
  strings,
  text,
} from './rules.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const FOR_LOAD_BALANCERS = "may only be used when `type` is 'LoadBalancer'";

export function serviceErrors(service: JsonObject, old?: JsonObject): FieldError[] {
  const spec = part(service, 'spec');
  const before = old === undefined ? undefined : part(old, 'spec');
  const errors = [
    ...(before === undefined ? [] : changeErrors(spec, before)),
    ...typeErrors(spec),
    ...portErrors(spec),
    ...labelMapErrors(part(spec, 'selector'), 'spec.selector'),
    ...affinityErrors(spec),
    ...(spec.type === 'ExternalName' ? [] : addressErrors(spec)),
    ...strings(spec, 'externalIPs').flatMap((address, index) => {
      const place = `spec.externalIPs[${index}]`;
      const wrong = addressProblem(address, place);
      return wrong.length > 0 ? wrong : endpointAddressErrors(address, place);
    }),
    ...choiceErrors(spec.type, 'spec.type', TYPES),
    ...portClashErrors(spec),
    ...balancerErrors(spec),
    ...policyErrors(spec),
  ];
  return errors.length > 0 ? errors : familyErrors(spec, before);
}

function isHeadless(spec: JsonObject): boolean {
  return strings(spec, 'clusterIPs')[0] === 'None' || spec.clusterIP === 'None';
}

function typeErrors(spec: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const type = text(spec, 'type');
  if (items(spec, 'ports').length === 0 && !isHeadless(spec) && type !== 'ExternalName') {
    errors.push(required('spec.ports'));
  }
  if (isHeadless(spec) && (type === 'NodePort' || type === 'LoadBalancer')) {
    const why = `may not be set to 'None' for ${type} services`;
    errors.push(invalid('spec.clusterIPs[0]', 'None', why));
  }
  if (type !== 'ExternalName') return errors;
  const addresses = strings(spec, 'clusterIPs').length > 0 || !isUnset(spec.clusterIP);
  const why = 'may not be set for ExternalName services';
  if (addresses) errors.push(forbidden('spec.clusterIPs', why));
  if (strings(spec, 'ipFamilies').length > 0) errors.push(forbidden('spec.ipFamilies', why));
  if (!isUnset(spec.ipFamilyPolicy)) errors.push(forbidden('spec.ipFamilyPolicy', why));
  const name = text(spec, 'externalName').replace(/\.$/, '');
  const field = 'spec.externalName';
  return [...errors, ...(name === '' ? [required(field)] : subdomainErrors(name, field))];
}

function portErrors(spec: JsonObject): FieldError[] {
  const ports = items(spec, 'ports', 'spec.');
  const names = new Set<string>();
  return ports.flatMap(([port, path]) => {
    const errors: FieldError[] = [];
    const name = text(port, 'name');
    if (name !== '') errors.push(...labelErrors(name, `${path}.name`));
    else if (ports.length > 1) errors.push(required(`${path}.name`));
    if (name !== '' && names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    if (!isPort(port.port)) errors.push(invalid(`${path}.port`, port.port ?? 0, PORT_RANGE));
    errors.push(...choiceErrors(port.protocol, `${path}.protocol`, ['SCTP', 'TCP', 'UDP']));
    errors.push(...portOrNameErrors(port.targetPort, `${path}.targetPort`));
    if (typeof port.appProtocol !== 'string') return errors;
    return [...errors, ...qualifiedNameErrors(port.appProtocol, `${path}.appProtocol`)];
  });
}

const AFFINITIES = ['ClientIP', 'None'];
const LONGEST_AFFINITY = 86400;

function affinityErrors(spec: JsonObject): FieldError[] {
  const errors = choiceErrors(spec.sessionAffinity, 'spec.sessionAffinity', AFFINITIES);
  if (spec.sessionAffinity !== 'ClientIP') return errors;
  const seconds = number(part(part(spec, 'sessionAffinityConfig'), 'clientIP'), 'timeoutSeconds');
  if (seconds === undefined || (seconds > 0 && seconds <= LONGEST_AFFINITY)) return errors;
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  const why = `must be greater than 0 and less than ${LONGEST_AFFINITY}`;
  return [...errors, invalid(field, seconds, why)];
}

const FAMILIES = ['IPv4', 'IPv6'];
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

function addressErrors(spec: JsonObject): FieldError[] {
  const addresses = strings(spec, 'clusterIPs');
  const families = strings(spec, 'ipFamilies');
  const field = 'spec.clusterIPs';
  const errors: FieldError[] = [];
  const clusterIP = text(spec, 'clusterIP');
  if (clusterIP !== '' && addresses[0] !== clusterIP) {
    errors.push(invalid(field, addresses, 'first value must match `clusterIP`'));
  } else if (clusterIP === '' && addresses.length > 0) {
    errors.push(invalid(field, addresses, 'must be empty when `clusterIP` is not specified'));
  }
  for (const [index, family] of families.entries()) {
    const place = `spec.ipFamilies[${index}]`;
    errors.push(...optionalChoiceErrors(family, place, FAMILIES));
    if (families.indexOf(family) < index) errors.push(duplicate(place, family));
  }
  errors.push(...optionalChoiceErrors(spec.ipFamilyPolicy, 'spec.ipFamilyPolicy', POLICIES));
  const wrong = addresses.flatMap((address, index) =>
    index === 0 && address === 'None' ? [] : addressProblem(address, `${field}[${index}]`),
  );
  if (addresses[0] === 'None' && addresses.length > 1) {
    wrong.unshift(invalid(field, addresses, "'None' must be the first and only value"));
  }
  errors.push(...wrong);
  if (addresses.length > 2) errors.push(invalid(field, addresses, 'may only hold up to 2 values'));
  if (wrong.length > 0) return errors;
  const six = addresses.filter((address) => isIPv6(address)).length;
  if (addresses.length > 1 && (six === 0 || six === addresses.length)) {
    errors.push(invalid(field, addresses, 'may specify no more than one IP for each IP family'));
  }
  for (const [index, address] of isHeadless(spec) ? [] : addresses.entries()) {
    const family = families[index];
    if (family === undefined || (family === 'IPv6') === isIPv6(address)) continue;
    const why = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    errors.push(invalid(`${field}[${index}]`, address, why));
  }
  return errors;
}

/** What only a cluster with two families can do. */
function familyErrors(spec: JsonObject, before: JsonObject | undefined): FieldError[] {
  const isPlaceless = isHeadless(spec) && Object.keys(part(spec, 'selector')).length === 0;
  if (spec.type === 'ExternalName' || isPlaceless || before !== undefined) return [];
  const families = strings(spec, 'ipFamilies');
  const field = 'spec.ipFamilyPolicy';
  if (spec.ipFamilyPolicy === 'SingleStack' && families.length > 1) {
    const why =
      "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified";
    return [invalid(field, 'SingleStack', why)];
  }
  const errors: FieldError[] = [];
  if (spec.ipFamilyPolicy === 'RequireDualStack') {
    const why = 'this cluster is not configured for dual-stack services';
    errors.push(invalid(field, 'RequireDualStack', why));
  }
  for (const [index, family] of families.entries())
    if (family === 'IPv6')
      errors.push(invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
  return errors;
}

function portClashErrors(spec: JsonObject): FieldError[] {
  const ports = items(spec, 'ports', 'spec.');
  const errors: FieldError[] = [];
  for (const [port, path] of ports) {
    if (spec.type !== 'ClusterIP' || (number(port, 'nodePort') ?? 0) === 0) continue;
    const why = "may not be used when `type` is 'ClusterIP'";
    errors.push(forbidden(`${path}.nodePort`, why));
  }
  const taken = new Set<string>();
  const once = (key: string, error: () => FieldError) => {
    if (taken.has(key)) errors.push(error());
    taken.add(key);
  };
  for (const [port, path] of ports) {
    const nodePort = number(port, 'nodePort') ?? 0;
    if (nodePort === 0) continue;
    once(`node ${text(port, 'protocol')}/${nodePort}`, () =>
      invalid(`${path}.nodePort`, nodePort, 'provided port is already allocated'),
    );
  }
  for (const [port, path] of ports) {
    const key = { protocol: text(port, 'protocol'), port: number(port, 'port') ?? 0 };
    once(`${key.protocol}/${key.port}`, () => duplicate(path, printedStruct(key, 'ServicePort')));
  }
  return errors;
}

function balancerErrors(spec: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const isBalancer = spec.type === 'LoadBalancer';
  const ranges = strings(spec, 'loadBalancerSourceRanges');
  const field = 'spec.LoadBalancerSourceRanges';
  if (ranges.length > 0 && !isBalancer) errors.push(forbidden(field, FOR_LOAD_BALANCERS));
  for (const [index, range] of ranges.entries())
    errors.push(...rangeProblem(range.trim(), `${field}[${index}]`));
  if (spec.allocateLoadBalancerNodePorts !== undefined && !isBalancer) {
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', FOR_LOAD_BALANCERS));
  }
  return [...errors, ...classErrors(spec)];
}

function classErrors(spec: JsonObject): FieldError[] {
  const { loadBalancerClass } = spec;
  if (typeof loadBalancerClass !== 'string') return [];
  const field = 'spec.loadBalancerClass';
  if (spec.type !== 'LoadBalancer') return [forbidden(field, FOR_LOAD_BALANCERS)];
  return qualifiedNameErrors(loadBalancerClass, field);
}

/** Reached from outside: by ports of the nodes, or by addresses given to it. */
export function isReachable(spec: JsonObject): boolean {
  const { type } = spec;
  if (type === 'LoadBalancer' || type === 'NodePort') return true;
  return type === 'ClusterIP' && strings(spec, 'externalIPs').length > 0;
}

const TRAFFIC = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

function policyErrors(spec: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const { externalTrafficPolicy: policy } = spec;
  const field = 'spec.externalTrafficPolicy';
  if (isReachable(spec)) errors.push(...choiceErrors(policy, field, TRAFFIC));
  else if (!isUnset(policy)) {
    errors.push(invalid(field, policy, 'may only be set for externally-accessible services'));
  }
  const isChecked = spec.type === 'LoadBalancer' && policy === 'Local';
  const checkPort = number(spec, 'healthCheckNodePort') ?? 0;
  if (checkPort !== 0 && !isChecked) {
    const why =
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalid('spec.healthCheckNodePort', checkPort, why));
  }
  const place = 'spec.internalTrafficPolicy';
  return [
    ...errors,
    ...optionalChoiceErrors(spec.internalTrafficPolicy, place, TRAFFIC),
    ...optionalChoiceErrors(spec.trafficDistribution, 'spec.trafficDistribution', DISTRIBUTIONS),
  ];
}

/** What an update may not change. */
function changeErrors(spec: JsonObject, before: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const isNamed = spec.type === 'ExternalName' || before.type === 'ExternalName';
  const [now, known] = [strings(spec, 'clusterIPs'), strings(before, 'clusterIPs')];
  if (!isNamed && known.length > 0 && !(isHeadless(spec) && isHeadless(before))) {
    if (now.length === 0) {
      errors.push(invalid('spec.clusterIPs[0]', now, 'primary clusterIP can not be unset'));
    } else if (now[0] !== known[0]) {
      errors.push(invalid('spec.clusterIPs[0]', now, 'may not change once set'));
    }
  }
  if (spec.type === 'LoadBalancer' && before.type === 'LoadBalancer') {
    if ((spec.loadBalancerClass ?? null) !== (before.loadBalancerClass ?? null)) {
      const value = spec.loadBalancerClass ?? null;
      errors.push(invalid('spec.loadBalancerClass', value, 'may not change once set'));
    }
  }
  errors.push(...classErrors(spec));
  const isChecked = (of: JsonObject) =>
    of.type === 'LoadBalancer' && of.externalTrafficPolicy === 'Local';
  const isSame = (spec.healthCheckNodePort ?? 0) === (before.healthCheckNodePort ?? 0);
  if (isChecked(spec) && isChecked(before) && !isSame) {
    errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'));
  }
  return errors;
}

const NODE_PORTS = [30000, 32767] as const;

/** Ports of nodes that are asked for and not to be had. */
export function nodePortErrors(spec: JsonObject): FieldError[] {
  const [least, most] = NODE_PORTS;
  return items(spec, 'ports', 'spec.').flatMap(([port, path]) => {
    const nodePort = number(port, 'nodePort') ?? 0;
    if (nodePort === 0 || (nodePort >= least && nodePort <= most)) return [];
    const why = `provided port is not in the valid range. The range of valid ports is ${least}-${most}`;
    return [invalid(`${path}.nodePort`, nodePort, why)];
  });
}
