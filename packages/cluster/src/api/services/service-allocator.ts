/**
 * Gives Services their cluster IP and node ports in the write itself, as the REST strategy of a real API server does, so
 * that whoever creates one reads them from the answer. What is taken is read from the storage's own events: nothing else
 * has to be kept, and a restart finds the same state.
 */
import { isIP } from 'node:net';

import { invalid as invalidField } from '../../schema/field-error.ts';
import type { JsonObject } from '../../schema/json.ts';
import { isObject } from '../../schema/json.ts';
import type { Storage, StoredValue } from '../../storage/storage.ts';
import { listAt, numberAt, objectAt, stringAt, valueAt } from '../json.ts';
import { resourcePrefix } from '../object.ts';
import type { ApiObject } from '../object.ts';
import { internalError, invalid } from '../status-error.ts';
import { claims, createRange, IP_FIRST, IP_LAST, ipText, ipValue } from './ranges.ts';
import type { Claims, Range } from './ranges.ts';

const SERVICES = { group: '', plural: 'services' };
const PREFIX = resourcePrefix(SERVICES);
const SERVICE = { group: '', kind: 'Service' };

export const NODE_PORT_FIRST = 30_000;
export const NODE_PORT_LAST = 32_767;
const CLUSTER_IPS = '10.96.0.0/16';
/** Addresses below this one are only given to those who ask: `.1` is the API server's own, `.10` the DNS server's. */
const IP_AUTOMATIC = IP_FIRST + 11;

/** Which object is being written. */
export interface Allocation {
  /** The stored Service, on updates. */
  old?: ApiObject;
  /** Numbers are shown but not used up. */
  dryRun: boolean;
}

export interface ServiceAllocator {
  /**
   * Fills `spec.clusterIP`, `spec.clusterIPs`, node ports and the health check port of a valid Service, and checks those
   * that were asked for. Replaces `service.spec`. They are taken when the object is stored and free again when it no
   * longer has them. Throws Invalid, and InternalError when a range is used up.
   */
  allocate(service: ApiObject, allocation: Allocation): void;
  /** Throws Invalid when another Service was stored with one of the numbers since `allocate`. */
  confirm(service: ApiObject): void;
  /** Stops following the storage. */
  close(): void;
}

/** Reads what is taken from the storage and follows it. */
export function createServiceAllocator(storage: Storage): ServiceAllocator {
  const ips = createRange({ first: IP_AUTOMATIC, last: IP_LAST });
  const ports = createRange({ first: NODE_PORT_FIRST, last: NODE_PORT_LAST });
  const note = (key: string, change: { before?: StoredValue; after?: StoredValue }) => {
    const [before, after] = [change.before, change.after].map((value) => claims(value?.['spec']));
    ips.replace(key, before?.ips ?? [], after?.ips ?? []);
    ports.replace(key, before?.ports ?? [], after?.ports ?? []);
  };
  for (const { key, value } of storage.list(PREFIX).entries) note(key, { after: value });
  const close = storage.subscribe(PREFIX, ({ type, key, value, previous }) => {
    if (type === 'deleted') note(key, { before: previous ?? value });
    else note(key, { before: previous, after: value });
  });
  return {
    allocate(service, { old, dryRun }) {
      const allocating = new Allocating(service, { ips, ports, dryRun });
      allocating.clusterIP();
      allocating.nodePorts(old);
      allocating.healthCheckPort();
    },
    confirm: (service) => confirm(service, { ips, ports }),
    close,
  };
}

const keyOf = ({ metadata }: ApiObject) => `${PREFIX}${metadata.namespace ?? ''}/${metadata.name}`;

function confirm(service: ApiObject, { ips, ports }: { ips: Range; ports: Range }): void {
  const key = keyOf(service);
  const own: Claims = claims(service['spec']);
  for (const ip of own.ips) if (ips.isTaken(ip, key)) throw addressTaken(service, ipText(ip));
  for (const port of own.ports) {
    if (!ports.isTaken(port, key)) continue;
    const index = listAt(service, 'spec', 'ports').findIndex(
      (item) => numberAt(item, 'nodePort') === port,
    );
    throw portRefused(service, { index, port });
  }
}

function addressTaken(service: ApiObject, ip: string): Error {
  return addressRefused(service, ip, 'provided IP is already allocated');
}

function addressRefused(service: ApiObject, ip: string, why: string): Error {
  const asked = valueAt(service, 'spec', 'clusterIPs') ?? [ip];
  const problem = `failed to allocate IP ${ip}: ${why}`;
  const error = invalidField('spec.clusterIPs', asked, problem);
  return invalid(SERVICE, service.metadata.name, [error]);
}

function portRefused(service: ApiObject, { index, port }: { index: number; port: number }): Error {
  const field = index < 0 ? 'spec.healthCheckNodePort' : `spec.ports[${index}].nodePort`;
  const error = invalidField(field, port, 'provided port is already allocated');
  return invalid(SERVICE, service.metadata.name, [error]);
}

/** The numbers of one Service in one write. */
class Allocating {
  readonly #service: ApiObject;
  readonly #key: string;
  readonly #ips: Range;
  readonly #ports: Range;
  readonly #dryRun: boolean;

  constructor(service: ApiObject, given: { ips: Range; ports: Range; dryRun: boolean }) {
    this.#service = service;
    this.#key = keyOf(service);
    this.#ips = given.ips;
    this.#ports = given.ports;
    this.#dryRun = given.dryRun;
    service['spec'] = { ...objectAt(service, 'spec') };
  }

  get #spec(): JsonObject {
    return this.#service['spec'] as JsonObject;
  }

  get #type(): string {
    return stringAt(this.#spec, 'type') ?? 'ClusterIP';
  }

  clusterIP(): void {
    if (this.#type === 'ExternalName') return;
    const asked = stringAt(this.#spec, 'clusterIP') ?? '';
    if (asked === 'None') return;
    if (asked !== '') return this.#checkAddress(asked);
    const ip = this.#ips.next(this.#dryRun);
    if (ip === undefined) throw internalError('failed to allocate a serviceIP: range is full');
    this.#spec['clusterIP'] = ipText(ip);
    this.#spec['clusterIPs'] = [ipText(ip)];
  }

  #checkAddress(asked: string): void {
    const value = ipValue(asked);
    if (value === undefined || isIP(asked) !== 4) {
      const why = `the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${CLUSTER_IPS}`;
      throw addressRefused(this.#service, asked, why);
    }
    if (this.#ips.isTaken(value, this.#key)) throw addressTaken(this.#service, asked);
  }

  /** A node port may serve the same port for TCP and UDP. */
  nodePorts(old: ApiObject | undefined): void {
    const needsAll =
      this.#type === 'NodePort' ||
      (this.#type === 'LoadBalancer' && this.#spec['allocateLoadBalancerNodePorts'] !== false);
    const list = listAt(this.#spec, 'ports').filter(isObject);
    if (this.#type === 'ClusterIP' || this.#type === 'ExternalName' || list.length === 0) return;
    const before = new Set(claims(old?.['spec']).ports);
    const shared = new Map<number, number>();
    for (const item of list) {
      const asked = numberAt(item, 'nodePort') ?? 0;
      if (asked !== 0) shared.set(numberAt(item, 'port') ?? 0, asked);
    }
    this.#spec['ports'] = list.map((item, index) => {
      const asked = numberAt(item, 'nodePort') ?? 0;
      if (asked !== 0) {
        const isNew = !before.has(asked);
        if (isNew && this.#ports.isTaken(asked, this.#key))
          throw portRefused(this.#service, { index, port: asked });
        return item;
      }
      if (!needsAll) return item;
      const port = numberAt(item, 'port') ?? 0;
      const nodePort = shared.get(port) ?? this.#nextPort([...shared.values()]);
      shared.set(port, nodePort);
      return { ...item, nodePort };
    });
  }

  /** Load balancers that keep the client's address ask the node at this port whether it has endpoints. */
  healthCheckPort(): void {
    const isLocal = this.#spec['externalTrafficPolicy'] === 'Local';
    if (this.#type !== 'LoadBalancer' || !isLocal) return;
    const asked = numberAt(this.#spec, 'healthCheckNodePort') ?? 0;
    if (asked === 0) this.#spec['healthCheckNodePort'] = this.#nextPort(claims(this.#spec).ports);
    else if (this.#ports.isTaken(asked, this.#key))
      throw portRefused(this.#service, { index: -1, port: asked });
  }

  #nextPort(own: readonly number[]): number {
    const port = this.#ports.next(this.#dryRun, own);
    if (port === undefined) throw internalError('failed to allocate a nodePort: range is full');
    return port;
  }
}
