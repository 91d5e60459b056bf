/** Standard input of a running container, for `kubectl attach -i`. */
import type { Readable, Writable } from 'node:stream';

import { writeTo } from './pump.ts';

export interface ContainerInput {
  /** Resolves when the client's input has ended. */
  take(source: Readable): Promise<void>;
}

/** `isOnce` closes the program's input with the first client's (`stdinOnce`). */
export function containerInput(target: Writable, isOnce: boolean): ContainerInput {
  target.on('error', () => {});
  return {
    async take(source) {
      try {
        for await (const chunk of source) await writeTo(target, Buffer.from(chunk));
      } catch {
        // The client is gone.
      }
      if (isOnce) target.end();
    },
  };
}
