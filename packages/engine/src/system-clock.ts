/** The real Clock. */
import { asError } from './abort.ts';
import type { Clock } from './ports.ts';

/** Longest delay a timer of the platform can hold. */
const MAX_DELAY = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) {
        reject(asError(signal.reason));
        return;
      }
      const onAbort = () => {
        clearTimeout(timer);
        reject(asError(signal?.reason));
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.min(ms, MAX_DELAY),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};
