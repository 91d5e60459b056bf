/** The one timer of an agent's executor: it ticks only while there is something to keep. */
import type { Clock, Logger } from '../ports.ts';

export interface LeaseKeeper {
  /** Begins to tick unless it does already. */
  wake(): void;
  stop(): void;
}

/** Ticks every `everyMs` as long as `isNeeded()`; a tick that fails is logged and the next one comes. */
export function createLeaseKeeper(options: {
  clock: Clock;
  logger: Logger;
  everyMs: number;
  isNeeded(): boolean;
  tick(): Promise<void>;
}): LeaseKeeper {
  const { clock, logger, everyMs, isNeeded, tick } = options;
  const stopped = new AbortController();
  let ticking = false;

  const run = async () => {
    while (isNeeded() && !stopped.signal.aborted) {
      await clock.sleep(everyMs, stopped.signal);
      try {
        await tick();
      } catch (error) {
        logger.warn({ error }, 'Keeping run leases failed');
      }
    }
  };

  return {
    wake() {
      if (ticking || stopped.signal.aborted) return;
      ticking = true;
      const end = () => {
        ticking = false;
      };
      run().then(end, end);
    },
    stop: () => stopped.abort(new Error('stopped')),
  };
}
