/** Listening on a port, with an error that helps when it is taken. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findPortOwner } from '@kagent/cluster';
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
    return portTaken(error, { host, port, purpose, hint, owner: findPortOwner(port) });
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

/** The sentence for a port that somebody else has. */
export function portTaken(
  cause: unknown,
  port: ListenOptions & { owner: string | undefined },
): KagentError {
  const user = port.owner ? ` by ${port.owner}` : '';
  return new KagentError(
    'unavailable',
    `Port ${port.port} on ${port.host} (${port.purpose}) is already in use${user}. ` +
      `Stop that program, or choose another port with ${port.hint}; 0 picks a free one.`,
    { cause },
  );
}
