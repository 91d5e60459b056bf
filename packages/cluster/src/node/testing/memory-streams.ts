/** The in-memory twin of the node's streams: commands are functions, ports are handlers of a connection. */
import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';

import type { CommandSession, PodStreams } from '../streams/pod-streams.ts';

export interface MemoryStreams {
  /** By container; `argv` is empty for attach. */
  containers: Record<string, (argv: string[]) => CommandSession>;
  /** By port; others refuse. */
  ports?: Record<number, (connection: Duplex) => void>;
}

export function createMemoryStreams({ containers, ports = {} }: MemoryStreams): PodStreams {
  return {
    exec: ({ container, command }) => containers[container]?.(command),
    attach: ({ container }) => containers[container]?.([]),
    portForward: () => async (port) => {
      const serve = ports[port];
      if (!serve) throw new Error('connection refused');
      const [near, far] = duplexPair();
      serve(far);
      return near;
    },
  };
}
