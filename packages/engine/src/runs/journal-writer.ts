/**
 * Writes one run's events in order. Appends that come while a write is under way go together in the next one, so
 * parallel tool results cost one write, and every reader sees sequence order.
 */
import type { RunEvent, RunEventDraft } from '@kagent/spec';
import type { RunStore } from '../ports.ts';

interface Waiting {
  drafts: RunEventDraft[];
  resolve(events: RunEvent[]): void;
  reject(error: unknown): void;
}

/** The append of one run. Resolves in the order of the calls; rejects with the store's error. */
export function createJournalWriter(options: {
  runs: RunStore;
  runId: string;
  holder: string;
}): (drafts: RunEventDraft[]) => Promise<RunEvent[]> {
  const { runs, runId, holder } = options;
  let waiting: Waiting[] = [];
  let writing = false;

  const write = async () => {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const events = await runs.append(
          runId,
          holder,
          batch.flatMap((item) => item.drafts),
        );
        let from = 0;
        for (const item of batch) {
          item.resolve(events.slice(from, from + item.drafts.length));
          from += item.drafts.length;
        }
      } catch (error) {
        for (const item of batch) item.reject(error);
      }
    }
    writing = false;
  };

  return (drafts) =>
    new Promise((resolve, reject) => {
      waiting.push({ drafts, resolve, reject });
      if (!writing) void write();
    });
}
