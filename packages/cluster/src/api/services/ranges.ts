/** Numbers out of a range, each for one Service: cluster IPs as their last two bytes, and node ports. */
import { listAt, numberAt, stringAt } from '../json.ts';

const IP_PREFIX = '10.96.';
/** Where the addresses of Services come from. */
export const SERVICE_NETWORK = '10.96.0.0/16';
/** The first of them is the API server's own. */
export const SERVICE_OF_API_SERVER = '10.96.0.1';
export const IP_FIRST = 0;
/** The last address of 10.96.0.0/16 that is no broadcast address. */
export const IP_LAST = 0xff_fe;

/** The number of an address of 10.96.0.0/16; undefined for every other one. */
export function ipValue(ip: string): number | undefined {
  if (!ip.startsWith(IP_PREFIX)) return undefined;
  const [high = NaN, low = NaN, ...rest] = ip.slice(IP_PREFIX.length).split('.').map(Number);
  const value = high * 256 + low;
  return rest.length > 0 || !(value > IP_FIRST && value <= IP_LAST) ? undefined : value;
}

export function ipText(value: number): string {
  return `${IP_PREFIX}${value >>> 8}.${value & 255}`;
}

export interface Claims {
  ips: number[];
  ports: number[];
}

/** What a Service with this `spec` has. */
export function claims(spec: unknown): Claims {
  const ip = ipValue(stringAt(spec, 'clusterIP') ?? '');
  const ports = listAt(spec, 'ports').map((port) => numberAt(port, 'nodePort') ?? 0);
  ports.push(numberAt(spec, 'healthCheckNodePort') ?? 0);
  return { ips: ip === undefined ? [] : [ip], ports: ports.filter((port) => port > 0) };
}

export interface Range {
  /** Moves what the object `key` has from `before` to `after`. */
  replace(key: string, before: readonly number[], after: readonly number[]): void;
  /** True when another object than `key` has the number. */
  isTaken(value: number, key: string): boolean;
  /**
   * A free number that is none of `own`, or undefined. Numbers are given out in turn, so that a write that waits for a
   * webhook before it is stored is not overtaken by the next one. `isTrial` gives the number without that.
   */
  next(isTrial: boolean, own?: readonly number[]): number | undefined;
}

export function createRange({ first, last }: { first: number; last: number }): Range {
  const owners = new Map<number, string>();
  let candidate = first;
  return {
    replace(key, before, after) {
      for (const value of before) if (owners.get(value) === key) owners.delete(value);
      for (const value of after) owners.set(value, key);
    },
    isTaken(value, key) {
      const owner = owners.get(value);
      return owner !== undefined && owner !== key;
    },
    next(isTrial, own = []) {
      let value = candidate;
      for (let tries = last - first; tries >= 0; tries -= 1) {
        const following = value === last ? first : value + 1;
        if (!owners.has(value) && !own.includes(value)) {
          if (!isTrial) candidate = following;
          return value;
        }
        value = following;
      }
      return undefined;
    },
  };
}
