/** The journal tables. Every write is one transaction; sequence numbers are given inside it. */
import { KagentError, RunEvent, type RunEventDraft, type RunRecord } from '@kagent/spec';
import type { Selectable, Transaction } from 'kysely';
import type { NewStoredRun, RunJournal } from '../store.ts';
import { parseColumn, type StoreContext } from './context.ts';
import type { Tables } from './schema.ts';

type RunRow = Selectable<Tables['run']>;

export function createRunJournal(context: StoreContext): RunJournal {
  const { db, now } = context;
  return {
    create: (run) => db.transaction().execute((tx) => createRun(tx, run, now())),
    async append(runId, holder, events) {
      const placed = await db
        .transaction()
        .execute((tx) => appendEvents(tx, { runId, holder, events, at: now() }));
      const isDelicate = placed.some(
        (event) => event.type === 'tool-requested' && !event.repeatable,
      );
      if (isDelicate) await context.flush();
      return placed;
    },
    ...reading(context),
    ...leasing(context),
  };
}

type Reading = Pick<RunJournal, 'get' | 'read' | 'history' | 'isCancelRequested' | 'ofSession'>;

function reading({ db }: StoreContext): Reading {
  const row = (runId: string) =>
    db.selectFrom('run').selectAll().where('run_id', '=', runId).executeTakeFirst();

  return {
    async get(runId) {
      const found = await row(runId);
      return found && record(found);
    },

    async read(runId, afterSeq = 0) {
      const rows = await db
        .selectFrom('run_event')
        .select('body')
        .where('run_id', '=', runId)
        .where('seq', '>', afterSeq)
        .orderBy('seq')
        .execute();
      return rows.map((item) => parseColumn(RunEvent, item.body));
    },

    async history(sessionId, exceptRunId) {
      const rows = await db
        .selectFrom('run_event')
        .innerJoin('run', 'run.run_id', 'run_event.run_id')
        .select('run_event.body')
        .where('run.session_id', '=', sessionId)
        .where('run.run_id', '!=', exceptRunId)
        .where('run.state', '!=', 'running')
        .orderBy('run.created_at')
        .orderBy('run.run_id')
        .orderBy('run_event.seq')
        .execute();
      return rows.map((item) => parseColumn(RunEvent, item.body));
    },

    isCancelRequested: async (runId) => Boolean((await row(runId))?.cancel_by),

    async ofSession(sessionId) {
      const rows = await db
        .selectFrom('run')
        .selectAll()
        .where('session_id', '=', sessionId)
        .orderBy('created_at')
        .orderBy('run_id')
        .execute();
      return rows.map(record);
    },
  };
}

type Leasing = Pick<RunJournal, 'claim' | 'renew' | 'requestCancel' | 'releaseAll'>;

function leasing({ db, now }: StoreContext): Leasing {
  return {
    async claim(agent, holder, leaseUntil) {
      const rows = await db
        .updateTable('run')
        .set({ holder, lease_until: leaseUntil })
        .where('agent', '=', agent)
        .where('state', '=', 'running')
        .where((where) =>
          where.or([where('lease_until', 'is', null), where('lease_until', '<=', now())]),
        )
        .returningAll()
        .execute();
      return rows.map(record).toSorted((a, b) => a.createdAt - b.createdAt);
    },

    async renew(runId, holder, leaseUntil) {
      const result = await db
        .updateTable('run')
        .set({ lease_until: leaseUntil })
        .where('run_id', '=', runId)
        .where('holder', '=', holder)
        .where('state', '=', 'running')
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },

    async requestCancel(runId, by) {
      const result = await db
        .updateTable('run')
        .set({ cancel_by: by })
        .where('run_id', '=', runId)
        .where('state', '=', 'running')
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },

    async releaseAll() {
      await db
        .updateTable('run')
        .set({ holder: null, lease_until: null })
        .where('state', '=', 'running')
        .execute();
    },
  };
}

async function createRun(
  tx: Transaction<Tables>,
  run: NewStoredRun,
  at: number,
): Promise<{ run: RunRecord; created: boolean }> {
  const known = await tx
    .selectFrom('run')
    .selectAll()
    .where('agent', '=', run.agent)
    .where('user_id', '=', run.userId)
    .where('message_id', '=', run.messageId)
    .executeTakeFirst();
  if (known) return { run: record(known), created: false };
  await ensureSession(tx, run, at);
  const row: RunRow = {
    run_id: run.runId,
    session_id: run.sessionId,
    agent: run.agent,
    user_id: run.userId,
    message_id: run.messageId,
    state: 'running',
    holder: run.holder,
    lease_until: run.leaseUntil,
    last_seq: 1,
    cancel_by: null,
    created_at: at,
    updated_at: at,
  };
  await tx.insertInto('run').values(row).execute();
  await tx
    .insertInto('run_event')
    .values({ run_id: run.runId, seq: 1, at, body: JSON.stringify({ ...run.first, seq: 1, at }) })
    .execute();
  return { run: record(row), created: true };
}

async function ensureSession(
  tx: Transaction<Tables>,
  run: NewStoredRun,
  at: number,
): Promise<void> {
  const session = await tx
    .selectFrom('session')
    .select(['user_id', 'agent', 'deleted_at'])
    .where('id', '=', run.sessionId)
    .executeTakeFirst();
  if (!session) {
    await tx
      .insertInto('session')
      .values({
        id: run.sessionId,
        user_id: run.userId,
        agent: run.agent,
        name: run.session.name,
        source: run.session.source,
        created_at: at,
        updated_at: at,
        deleted_at: null,
      })
      .execute();
    return;
  }
  if (session.user_id !== run.userId || session.agent !== run.agent) {
    throw new KagentError(
      'permission_denied',
      `Session ${run.sessionId} belongs to another user or agent.`,
    );
  }
  await tx
    .updateTable('session')
    .set({ updated_at: at, deleted_at: null })
    .where('id', '=', run.sessionId)
    .execute();
}

interface Append {
  runId: string;
  holder: string;
  events: RunEventDraft[];
  at: number;
}

async function appendEvents(
  tx: Transaction<Tables>,
  { runId, holder, events, at }: Append,
): Promise<RunEvent[]> {
  const run = await tx.selectFrom('run').selectAll().where('run_id', '=', runId).executeTakeFirst();
  if (!run) throw new KagentError('not_found', `Run ${runId} is not known.`);
  if (run.state !== 'running') throw new KagentError('conflict', `Run ${runId} has ended.`);
  if (run.holder !== holder)
    throw new KagentError('conflict', `Run ${runId} is held by another process.`);
  const placed: RunEvent[] = events.map((event, index) => ({
    ...event,
    seq: run.last_seq + index + 1,
    at,
  }));
  const last = placed.at(-1);
  if (!last) return [];
  await tx
    .insertInto('run_event')
    .values(
      placed.map((event) => ({ run_id: runId, seq: event.seq, at, body: JSON.stringify(event) })),
    )
    .execute();
  const ended = placed.find((event) => event.type === 'run-ended');
  await tx
    .updateTable('run')
    .set({
      last_seq: last.seq,
      updated_at: at,
      ...(ended ? { state: ended.state, holder: null, lease_until: null } : {}),
    })
    .where('run_id', '=', runId)
    .execute();
  if (ended)
    await tx
      .updateTable('session')
      .set({ updated_at: at })
      .where('id', '=', run.session_id)
      .execute();
  return placed;
}

function record(row: RunRow): RunRecord {
  return {
    runId: row.run_id,
    sessionId: row.session_id,
    agent: row.agent,
    userId: row.user_id,
    messageId: row.message_id,
    state: runState(row.state),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastSeq: row.last_seq,
    holder: row.holder,
    leaseUntil: row.lease_until,
  };
}

function runState(text: string): RunRecord['state'] {
  switch (text) {
    case 'running':
    case 'completed':
    case 'failed':
    case 'canceled':
      return text;
    default:
      throw new KagentError('internal', `The journal holds a run in the unknown state "${text}".`);
  }
}
