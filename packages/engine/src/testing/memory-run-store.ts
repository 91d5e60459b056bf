/** The in-memory twin of RunStore: same contract, nothing survives the process. */
import { KagentError, type RunEvent, type RunRecord } from '@kagent/spec';
import type { NewRun, RunStore } from '../ports.ts';

interface Entry {
  record: RunRecord;
  events: RunEvent[];
  cancelBy: string | undefined;
}

interface Tables {
  entries: Map<string, Entry>;
  byMessage: Map<string, Entry>;
  sessions: Map<string, { userId: string; agent: string; runs: Entry[] }>;
  now: () => number;
}

/** `now` decides which leases have passed and stamps events. */
export function createMemoryRunStore(options: { now?: () => number } = {}): RunStore {
  const tables: Tables = {
    entries: new Map(),
    byMessage: new Map(),
    sessions: new Map(),
    now: options.now ?? Date.now,
  };
  const { entries, sessions, now } = tables;
  const running = (runId: string) => {
    const entry = entries.get(runId);
    return entry?.record.state === 'running' ? entry : undefined;
  };

  return {
    create: async (run) => create(tables, run),
    get: async (runId) => copy(entries.get(runId)?.record),
    append: async (runId, holder, drafts) => {
      const entry = entries.get(runId);
      if (!entry) throw new KagentError('not_found', `Run ${runId} is not known.`);
      assertHeld(entry, holder);
      const at = now();
      const { record } = entry;
      const placed = drafts.map((draft, index): RunEvent => ({
        ...draft,
        seq: record.lastSeq + index + 1,
        at,
      }));
      entry.events.push(...placed);
      record.lastSeq += placed.length;
      record.updatedAt = at;
      const ended = placed.find((event) => event.type === 'run-ended');
      if (ended) Object.assign(record, { state: ended.state, holder: null, leaseUntil: null });
      return placed;
    },
    read: async (runId, afterSeq = 0) => (entries.get(runId)?.events ?? []).slice(afterSeq),
    history: async (sessionId, exceptRunId) =>
      (sessions.get(sessionId)?.runs ?? [])
        .filter(({ record }) => record.runId !== exceptRunId && record.state !== 'running')
        .flatMap((entry) => entry.events),
    claim: async (agent, holder, leaseUntil) => {
      const free = [...entries.values()].filter(
        ({ record }) =>
          record.agent === agent && record.state === 'running' && (record.leaseUntil ?? 0) <= now(),
      );
      for (const { record } of free) Object.assign(record, { holder, leaseUntil });
      return free.map(({ record }) => ({ ...record }));
    },
    renew: async (runId, holder, leaseUntil) => {
      const entry = running(runId);
      if (!entry || entry.record.holder !== holder) return false;
      entry.record.leaseUntil = leaseUntil;
      return true;
    },
    requestCancel: async (runId, by) => {
      const entry = running(runId);
      if (!entry) return false;
      entry.cancelBy ??= by;
      return true;
    },
    isCancelRequested: async (runId) => entries.get(runId)?.cancelBy !== undefined,
  };
}

function create(tables: Tables, run: NewRun): { run: RunRecord; created: boolean } {
  const key = JSON.stringify([run.agent, run.userId, run.messageId]);
  const known = tables.byMessage.get(key);
  if (known) return { run: { ...known.record }, created: false };
  const { runId, sessionId, agent, userId, messageId, holder, leaseUntil } = run;
  const session = tables.sessions.get(sessionId) ?? { userId, agent, runs: [] };
  if (session.userId !== userId || session.agent !== agent) {
    throw new KagentError('permission_denied', 'The session belongs to another user or agent.');
  }
  const at = tables.now();
  const entry: Entry = {
    record: {
      runId,
      sessionId,
      agent,
      userId,
      messageId,
      state: 'running',
      createdAt: at,
      updatedAt: at,
      lastSeq: 1,
      holder,
      leaseUntil,
    },
    events: [{ ...run.first, seq: 1, at }],
    cancelBy: undefined,
  };
  session.runs.push(entry);
  tables.sessions.set(sessionId, session);
  tables.entries.set(runId, entry);
  tables.byMessage.set(key, entry);
  return { run: { ...entry.record }, created: true };
}

function assertHeld({ record }: Entry, holder: string): void {
  if (record.state !== 'running')
    throw new KagentError('conflict', `Run ${record.runId} has ended.`);
  if (record.holder !== holder) {
    throw new KagentError('conflict', `Run ${record.runId} is held by another process.`);
  }
}

function copy(record: RunRecord | undefined): RunRecord | undefined {
  return record && { ...record };
}
