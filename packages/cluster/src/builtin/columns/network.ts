/** Columns of services, ingresses, endpoints and network policies. */
import type { PrinterColumn } from '../../api/kinds.ts';
import type { JsonObject } from '../../schema/json.ts';
import { isUnset, items, number, part, strings, text } from '../strategies/rules.ts';
import {
  AGE,
  column,
  field,
  formatLabels,
  formatSelector,
  NONE,
  shorten,
  UNSET,
  wide,
} from './cells.ts';

export const serviceColumns: PrinterColumn[] = [
  field('Type', 'spec', 'type'),
  column('Cluster-IP', (object) => text(part(object, 'spec'), 'clusterIP') || NONE),
  column('External-IP', externalIP),
  column('Port(s)', (object) => {
    const ports = items(part(object, 'spec'), 'ports').map(([port]) => servicePort(port));
    return ports.length === 0 ? NONE : ports.join(',');
  }),
  AGE,
  wide('Selector', (object) => formatLabels(part(part(object, 'spec'), 'selector'))),
];

function servicePort(port: JsonObject): string {
  const nodePort = number(port, 'nodePort') ?? 0;
  const numbers = nodePort > 0 ? `${String(port.port)}:${nodePort}` : String(port.port);
  return `${numbers}/${text(port, 'protocol')}`;
}

function externalIP(service: JsonObject): string {
  const spec = part(service, 'spec');
  const external = strings(spec, 'externalIPs');
  switch (text(spec, 'type')) {
    case 'ClusterIP':
    case 'NodePort':
      return external.length > 0 ? external.join(',') : NONE;
    case 'LoadBalancer': {
      const given = loadBalancerAddresses(service);
      const all = [...(given === '' ? [] : [given]), ...external];
      return all.length > 0 ? all.join(',') : '<pending>';
    }
    case 'ExternalName':
      return text(spec, 'externalName');
    default:
      return '<unknown>';
  }
}

function loadBalancerAddresses(object: JsonObject): string {
  const addresses = items(part(part(object, 'status'), 'loadBalancer'), 'ingress')
    .map(([entry]) => text(entry, 'ip') || text(entry, 'hostname'))
    .filter((address) => address !== '');
  return [...new Set(addresses)].sort().join(',');
}

export const ingressColumns: PrinterColumn[] = [
  column('Class', (object) => text(part(object, 'spec'), 'ingressClassName') || NONE),
  column('Hosts', (object) => {
    const hosts = items(part(object, 'spec'), 'rules').map(([rule]) => text(rule, 'host'));
    const named = hosts.filter((host) => host !== '').slice(0, 3);
    if (named.length === 0) return '*';
    // Rules without a host are not shown, but counted behind the third.
    const isShort = named.length < 3 || hosts.at(-1) === named[2];
    return isShort ? named.join(',') : `${named.join(',')} + ${hosts.length - 3} more...`;
  }),
  column('Address', loadBalancerAddresses),
  column('Ports', (object) => (items(part(object, 'spec'), 'tls').length > 0 ? '80, 443' : '80')),
  AGE,
];

export const ingressClassColumns: PrinterColumn[] = [
  field('Controller', 'spec', 'controller'),
  column('Parameters', (object) => {
    const parameters = part(part(object, 'spec'), 'parameters');
    if (isUnset(parameters.kind)) return NONE;
    const group = text(parameters, 'apiGroup');
    return `${text(parameters, 'kind')}${group === '' ? '' : `.${group}`}/${text(parameters, 'name')}`;
  }),
  AGE,
];

export const networkPolicyColumns: PrinterColumn[] = [
  column('Pod-Selector', (object) => formatSelector(part(part(object, 'spec'), 'podSelector'))),
  AGE,
];

export const endpointsColumns: PrinterColumn[] = [
  column('Endpoints', (object) => {
    const all = items(object, 'subsets').flatMap(([subset]) => subsetEndpoints(subset));
    return all.length === 0 ? NONE : shorten(all, 3);
  }),
  AGE,
];

function subsetEndpoints(subset: JsonObject): string[] {
  const ports = items(subset, 'ports').map(([port]) => number(port, 'port') ?? 0);
  const addresses = items(subset, 'addresses').map(([address]) => text(address, 'ip'));
  if (ports.length === 0) return addresses;
  return ports.flatMap((port) => addresses.map((address) => `${address}:${port}`));
}

export const endpointSliceColumns: PrinterColumn[] = [
  field('AddressType', '', 'addressType'),
  column('Ports', (object) => {
    const ports = items(object, 'ports').map(([port]) =>
      String(number(port, 'port') ?? (text(port, 'name') || '*')),
    );
    return ports.length === 0 ? UNSET : shorten(ports, 3);
  }),
  column('Endpoints', (object) => {
    const all = items(object, 'endpoints').flatMap(([endpoint]) => strings(endpoint, 'addresses'));
    return all.length === 0 ? UNSET : shorten(all, 3);
  }),
  AGE,
];
