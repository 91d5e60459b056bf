/**
 * Pod addresses. Each node reserves a block 127.N.0.0/16 of the machine, so that many clusters can run side by side, and
 * gives every pod an address of it. Where the machine has only 127.0.0.1 (macOS), the pod address is a name only: each
 * port a pod listens on is mapped to a free port of 127.0.0.1.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';

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

const LOOPBACK = 127 * 2 ** 24;
const BLOCK_SIZE = 2 ** 16;
const LAST_BLOCK = 254;
/** A node holds this port on the highest address of its block for as long as it lives. */
const RESERVATION_PORT = 47_127;

function format(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

function parse(ip: string): number | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(ip);
  if (match === null) return undefined;
  const value = match.slice(1).reduce((sum, part) => sum * 256 + Number(part), 0);
  return value >= LOOPBACK + BLOCK_SIZE && value < LOOPBACK + 256 * BLOCK_SIZE ? value : undefined;
}

/** Binds host:port for a moment; the port it got, or undefined when that is impossible. */
function tryBind(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : undefined),
      );
    });
  });
}

export interface AddressBlock {
  /** Second number of the addresses, 1 to 254. */
  block: number;
  release(): void;
}

/** Blocks with listening sockets, whoever holds them: processes outlive a node that is killed. Linux only, else empty. */
async function blocksInUse(): Promise<Set<number>> {
  const table = await readFile('/proc/net/tcp', 'latin1').catch(() => '');
  // the address is hexadecimal with its bytes reversed; 0A is LISTEN
  const listening = table.matchAll(/: [0-9A-F]{4}([0-9A-F]{2})7F:[0-9A-F]{4} \S+ 0A /g);
  return new Set([...listening].map((match) => Number.parseInt(match[1] ?? '0', 16)));
}

/**
 * Reserves the first block nobody on this machine holds. `undefined` where only 127.0.0.1 can be bound, or when all
 * blocks are taken: then addresses must be mapped.
 */
export async function reserveBlock(): Promise<AddressBlock | undefined> {
  const inUse = await blocksInUse();
  for (let block = 1; block <= LAST_BLOCK; block += 1) {
    if (inUse.has(block)) continue;
    const host = format(LOOPBACK + block * BLOCK_SIZE + BLOCK_SIZE - 2);
    const result = await hold(host, RESERVATION_PORT);
    if (result === 'taken') continue;
    if (result === 'impossible') return undefined;
    return { block, release: () => result.close() };
  }
  return undefined;
}

function hold(host: string, port: number): Promise<Server | 'taken' | 'impossible'> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRINUSE' ? 'taken' : 'impossible'),
    );
    server.listen({ host, port, exclusive: true }, () => resolve(server));
  });
}

/**
 * `block` names the reserved block, `undefined` means 127.0.0.1 with mapped ports; it must not change once an address is
 * in use.
 */
export function createPodAddresses(options: { block(): number | undefined }): PodAddresses {
  const used = new Set<number>();
  const ports = new Map<string, Map<number, number>>();
  let next = 1;
  const isMapped = () => options.block() === undefined;
  const base = () => LOOPBACK + (options.block() ?? 1) * BLOCK_SIZE;
  const isOwn = (value: number) => value > base() && value < base() + BLOCK_SIZE - 2;

  function take(value: number): string {
    used.add(value);
    return format(value);
  }

  return {
    allocate(wanted) {
      const value = wanted === undefined ? undefined : parse(wanted);
      if (value !== undefined && isOwn(value) && !used.has(value)) return take(value);
      for (let tries = 0; tries < BLOCK_SIZE; tries += 1) {
        const candidate = base() + next;
        next = next === BLOCK_SIZE - 3 ? 1 : next + 1;
        const lowByte = candidate & 255;
        if (lowByte !== 0 && lowByte !== 255 && !used.has(candidate)) return take(candidate);
      }
      throw new KubeError({
        reason: 'ServiceUnavailable',
        code: 503,
        message: 'no pod address is free',
      });
    },
    release(ip) {
      const value = parse(ip);
      if (value !== undefined) used.delete(value);
      ports.delete(ip);
    },
    async listen(ip, port) {
      if (!isMapped() || parse(ip) === undefined) return { host: ip, port };
      const known = ports.get(ip) ?? new Map<number, number>();
      ports.set(ip, known);
      const mapped = known.get(port) ?? (await tryBind('127.0.0.1', 0)) ?? port;
      known.set(port, mapped);
      return { host: '127.0.0.1', port: mapped };
    },
    route(ip, port) {
      const value = parse(ip);
      if (value === undefined) return undefined;
      if (!isMapped()) return { host: ip, port };
      return { host: '127.0.0.1', port: ports.get(ip)?.get(port) ?? port };
    },
  };
}
