/** Waits that last until the test ends them. */
import type { Services } from '../services.tsx';

export interface Waits {
  wait: Services['wait'];
  /** How many are under way. */
  count(): number;
  /** Ends all that are under way. */
  end(): void;
}

export function createWaits(): Waits {
  const waiting = new Set<() => void>();
  return {
    wait: (_milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const end = () => {
          waiting.delete(end);
          resolve();
        };
        waiting.add(end);
        signal.addEventListener('abort', () => {
          waiting.delete(end);
          reject(signal.reason);
        });
      }),
    count: () => waiting.size,
    end() {
      for (const end of waiting) end();
    },
  };
}
