/**
 * Pod addresses. Every pod gets its own from 127.1.0.0/16 upward. Where the machine has only 127.0.0.1 (macOS), the pod
 * address is a name only: each port a pod listens on is mapped to a free port of 127.0.0.1.
 */
import { createServer } from 'node:net';

import { KubeError } from '@kagent/kube';

export interface HostPort {
  host: string;
  port: number;
}

export interface PodAddresses {
  /** A free address; `wanted` when it is one of ours and free. */
  allocate(wanted?: string): string;
  release(ip: string): void;
  /** Where a server of the pod must bind to be reached at ip:port. Stable until the address is released. */
  listen(ip: string, port: number): Promise<HostPort>;
  /** Where a connection to ip:port really goes; `undefined` when the address is not a pod's. */
  route(ip: string, port: number): HostPort | undefined;
}

const FIRST = 127 * 2 ** 24 + 1 * 2 ** 16 + 1;
const LAST = 127 * 2 ** 24 + 254 * 2 ** 16 + 255 * 2 ** 8 + 254;

function format(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

function parse(ip: string): number | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(ip);
  if (match === null) return undefined;
  const value = match.slice(1).reduce((sum, part) => sum * 256 + Number(part), 0);
  return value >= FIRST && value <= LAST ? value : undefined;
}

/** Binds host:port for a moment; the port it got, or undefined when that is impossible. */
function tryBind(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}

/** True when the whole of 127.0.0.0/8 can be bound, as on Linux. */
export async function hasLoopbackRange(): Promise<boolean> {
  return (await tryBind('127.1.0.1', 0)) !== undefined;
}

/** `mapped`: use 127.0.0.1 with mapped ports. */
export function createPodAddresses(options: { mapped: boolean }): PodAddresses {
  const used = new Set<number>();
  const ports = new Map<string, Map<number, number>>();
  let next = FIRST;

  function take(value: number): string {
    used.add(value);
    return format(value);
  }

  return {
    allocate(wanted) {
      const value = wanted === undefined ? undefined : parse(wanted);
      if (value !== undefined && !used.has(value)) return take(value);
      for (let tries = FIRST; tries <= LAST; tries += 1) {
        const candidate = next;
        next = next === LAST ? FIRST : next + 1;
        const lowByte = candidate & 255;
        if (lowByte !== 0 && lowByte !== 255 && !used.has(candidate)) return take(candidate);
      }
      throw new KubeError({ reason: 'ServiceUnavailable', code: 503, message: 'no pod address is free' });
    },
    release(ip) {
      const value = parse(ip);
      if (value !== undefined) used.delete(value);
      ports.delete(ip);
    },
    async listen(ip, port) {
      if (!options.mapped || parse(ip) === undefined) return { host: ip, port };
      const known = ports.get(ip) ?? new Map<number, number>();
      ports.set(ip, known);
      const mapped = known.get(port) ?? (await tryBind('127.0.0.1', 0)) ?? port;
      known.set(port, mapped);
      return { host: '127.0.0.1', port: mapped };
    },
    route(ip, port) {
      const value = parse(ip);
      if (value === undefined) return undefined;
      if (!options.mapped) return { host: ip, port };
      return { host: '127.0.0.1', port: ports.get(ip)?.get(port) ?? port };
    },
  };
}
