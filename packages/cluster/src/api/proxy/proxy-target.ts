/** Where `pods/proxy` and `services/proxy` lead: the pod and the port behind a name like `https:web:443`. */
import { isObject } from '../../schema/json.ts';
import { listAt, numberAt, stringAt } from '../json.ts';
import type { ApiObject } from '../object.ts';
import { badRequest, notFound, serviceUnavailable } from '../status-error.ts';

export interface ProxyTarget {
  scheme: 'http' | 'https';
  namespace: string;
  pod: string;
  ip: string;
  port: number;
}

export interface ProxyLookup {
  plural: 'pods' | 'services';
  namespace: string;
  /** `name`, `name:port` or `scheme:name:port`; the port of a Service is a number or a name. */
  id: string;
  /** Undefined when there is no such object. */
  find(plural: 'pods' | 'services' | 'endpoints', name: string): ApiObject | undefined;
}

/**
 * The pod itself, or one that is behind the Service and ready. Throws BadRequest for a malformed name, NotFound, and
 * ServiceUnavailable when no pod takes requests. Endpoints without a pod are never used: anybody who may write Endpoints
 * could send the server anywhere.
 */
export function proxyTarget(lookup: ProxyLookup): ProxyTarget {
  const { plural, id } = lookup;
  const parts = splitId(id);
  if (!parts) throw badRequest(`invalid ${plural === 'pods' ? 'pod' : 'service'} request "${id}"`);
  return plural === 'pods' ? podTarget(lookup, parts) : serviceTarget(lookup, parts);
}

interface IdParts {
  scheme: 'http' | 'https';
  name: string;
  /** Empty when none was given. */
  port: string;
}

/** As `SplitSchemeNamePort` of apimachinery. */
function splitId(id: string): IdParts | undefined {
  const parts = id.split(':');
  if (parts.length > 3) return undefined;
  const [scheme, name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length === 3 && scheme !== 'http' && scheme !== 'https') return undefined;
  return name === '' ? undefined : { scheme: scheme === 'https' ? 'https' : 'http', name, port };
}

function found(lookup: ProxyLookup, plural: 'pods' | 'services' | 'endpoints', name: string) {
  const object = lookup.find(plural, name);
  if (!object) throw notFound({ group: '', plural }, name);
  return object;
}

function podTarget(lookup: ProxyLookup, { scheme, name, port }: IdParts): ProxyTarget {
  const pod = found(lookup, 'pods', name);
  const ip = stringAt(pod, 'status', 'podIP') ?? '';
  if (ip === '') throw badRequest('address not allowed');
  const number = port === '' ? (firstPort(pod) ?? DEFAULT_PORTS[scheme]) : Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 0xff_ff)
    throw badRequest(`invalid pod request "${lookup.id}"`);
  return { scheme, namespace: lookup.namespace, pod: name, ip, port: number };
}

const DEFAULT_PORTS = { http: 80, https: 443 };

/** The first port that the first container with ports declares. */
function firstPort(pod: ApiObject): number | undefined {
  return listAt(pod, 'spec', 'containers')
    .flatMap((container) => listAt(container, 'ports'))
    .map((port) => numberAt(port, 'containerPort'))[0];
}

function serviceTarget(lookup: ProxyLookup, { scheme, name, port }: IdParts): ProxyTarget {
  const portName = /^[+-]?\d+$/.test(port) ? namedPort(lookup, name, Number(port)) : port;
  const subsets = listAt(found(lookup, 'endpoints', name), 'subsets');
  const targets = subsets.flatMap((subset) => {
    const match = listAt(subset, 'ports').find((one) => (stringAt(one, 'name') ?? '') === portName);
    const number = numberAt(match, 'port');
    if (number === undefined) return [];
    return listAt(subset, 'addresses').flatMap((address): ProxyTarget[] => {
      const pod = podOf(lookup, address);
      return pod ? [{ scheme, namespace: lookup.namespace, ...pod, port: number }] : [];
    });
  });
  const target = targets[Math.floor(Math.random() * targets.length)];
  if (!target) {
    const missing = subsets.length === 0 ? name : lookup.id;
    throw serviceUnavailable(`no endpoints available for service "${missing}"`);
  }
  return target;
}

function namedPort(lookup: ProxyLookup, name: string, wanted: number): string {
  const ports = listAt(found(lookup, 'services', name), 'spec', 'ports');
  const port = ports.find((candidate) => numberAt(candidate, 'port') === wanted);
  if (!isObject(port))
    throw serviceUnavailable(`no service port ${wanted} found for service "${name}"`);
  return stringAt(port, 'name') ?? '';
}

/** The pod an address says it is of, when that pod has this address. */
function podOf(lookup: ProxyLookup, address: unknown): { pod: string; ip: string } | undefined {
  const ip = stringAt(address, 'ip') ?? '';
  const name = stringAt(address, 'targetRef', 'name');
  if (stringAt(address, 'targetRef', 'kind') !== 'Pod' || name === undefined) return undefined;
  const pod = lookup.find('pods', name);
  return stringAt(pod, 'status', 'podIP') === ip ? { pod: name, ip } : undefined;
}
