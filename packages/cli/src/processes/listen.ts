/** Listening on a port, with an error that helps when it is taken. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KagentError } from '@kagent/spec';

export interface ListenOptions {
  host: string;
  port: number;
  /** What the port is for, e.g. `API`. */
  purpose: string;
  /** How to choose another, e.g. `--api-port or KAGENT_API_PORT`. */
  hint: string;
}

/** Resolves with the real port (for 0). Rejects with `unavailable` naming the port, its user if known, and the flag. */
export async function listen(server: Server, options: ListenOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  }).catch((error: unknown) => {
    throw portError(error, options);
  });
  return (server.address() as AddressInfo).port;
}

export function portError(error: unknown, { host, port, purpose, hint }: ListenOptions): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    const user = portUser(port);
    return new KagentError(
      'unavailable',
      `Port ${port} on ${host} (${purpose}) is already in use${user ? ` by ${user}` : ''}. ` +
        `Stop that program, or choose another port with ${hint}; 0 picks a free one.`,
      { cause: error },
    );
  }
  if (code === 'EACCES') {
    return new KagentError(
      'unavailable',
      `Port ${port} (${purpose}) needs more rights. Choose another with ${hint}.`,
      {
        cause: error,
      },
    );
  }
  return error;
}

/** Name and process id of who listens on a TCP port, where the system tells (Linux /proc, own processes). */
function portUser(port: number): string | undefined {
  try {
    const inode = listeningInode(port);
    if (inode === undefined) return undefined;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (holdsSocket(pid, inode)) {
        const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
        return `${name} (process ${pid})`;
      }
    }
  } catch {
    return undefined;
  }
  return undefined;
}

const LISTEN_STATE = '0A';

function listeningInode(port: number): string | undefined {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(`:${hexPort}`) && fields[3] === LISTEN_STATE) return fields[9];
    }
  }
  return undefined;
}

function holdsSocket(pid: string, inode: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some(
      (fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`,
    );
  } catch {
    return false;
  }
}
