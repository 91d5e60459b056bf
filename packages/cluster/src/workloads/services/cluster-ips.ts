/** Addresses of Services: 10.96.0.0/16, given out here when the API server has not done it. */
import type { Service } from '../objects.ts';

const PREFIX = '10.96.';
const FIRST = 10;
const LAST = 0xff_fe;

function valueOf(ip: string | undefined): number | undefined {
  if (ip === undefined || !ip.startsWith(PREFIX)) return undefined;
  const [high, low] = ip.slice(PREFIX.length).split('.').map(Number);
  return high === undefined || low === undefined || Number.isNaN(high + low)
    ? undefined
    : high * 256 + low;
}

/** True for a Service that should have an address and has none. */
export function needsClusterIP(service: Service): boolean {
  const { type, clusterIP } = service.spec ?? {};
  return type !== 'ExternalName' && (clusterIP === undefined || clusterIP === '');
}

export interface ClusterIPs {
  /** Remembers that the address is taken. */
  claim(service: Service): void;
  release(service: Service): void;
  next(): string;
}

export function createClusterIPs(): ClusterIPs {
  const used = new Set<number>();
  let candidate = FIRST;

  return {
    claim(service) {
      const value = valueOf(service.spec?.clusterIP);
      if (value !== undefined) used.add(value);
    },
    release(service) {
      const value = valueOf(service.spec?.clusterIP);
      if (value !== undefined) used.delete(value);
    },
    next() {
      while (used.has(candidate)) candidate = candidate >= LAST ? FIRST : candidate + 1;
      used.add(candidate);
      return `${PREFIX}${candidate >>> 8}.${candidate & 255}`;
    },
  };
}
