/** Sessions and the events that agents outside our engine keep in them. */
import { KagentError } from '@kagent/spec';
import type { Selectable } from 'kysely';
import type { SessionEventRow, SessionRow, SessionStore } from '../store.ts';
import type { StoreContext } from './context.ts';
import type { Tables } from './schema.ts';

export function createSessionStore(context: StoreContext): SessionStore {
  return { ...rows(context), ...events(context) };
}

type Rows = Pick<SessionStore, 'save' | 'get' | 'list' | 'delete'>;

function rows({ db, now }: StoreContext): Rows {
  const find = (id: string) =>
    db.selectFrom('session').selectAll().where('id', '=', id).executeTakeFirst();

  return {
    async save({ id, userId, agent, name, source }) {
      const at = now();
      const known = await find(id);
      if (known && known.user_id !== userId) {
        throw new KagentError('conflict', `Session id ${id} is already in use.`);
      }
      const row = {
        id,
        user_id: userId,
        agent,
        name: name ?? known?.name ?? null,
        source: source ?? known?.source ?? 'user',
        created_at: known?.created_at ?? at,
        updated_at: at,
        deleted_at: null,
      };
      await db
        .insertInto('session')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute();
      return session(row);
    },

    async get(id, userId) {
      const row = await find(id);
      return row && row.user_id === userId && row.deleted_at === null ? session(row) : undefined;
    },

    async list({ userId, agent, includeAgentSessions = false, limit }) {
      let query = db
        .selectFrom('session')
        .selectAll()
        .where('user_id', '=', userId)
        .where('deleted_at', 'is', null);
      if (agent !== undefined) query = query.where('agent', '=', agent);
      if (!includeAgentSessions) query = query.where('source', '=', 'user');
      query = query.orderBy('updated_at', 'desc').orderBy('id');
      if (limit !== undefined) query = query.limit(limit);
      return (await query.execute()).map(session);
    },

    async delete(id, userId) {
      await db
        .updateTable('session')
        .set({ deleted_at: now() })
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .execute();
    },
  };
}

function events({ db, now }: StoreContext): Pick<SessionStore, 'addEvent' | 'events'> {
  return {
    async addEvent({ id, sessionId, userId, data }) {
      const row = { id, session_id: sessionId, user_id: userId, data, created_at: now() };
      await db
        .insertInto('session_event')
        .values(row)
        .onConflict((conflict) => conflict.columns(['session_id', 'id']).doUpdateSet({ data }))
        .execute();
      await db
        .updateTable('session')
        .set({ updated_at: now() })
        .where('id', '=', sessionId)
        .execute();
      return event(row);
    },

    async events(sessionId, { userId, after, limit, order }) {
      let query = db
        .selectFrom('session_event')
        .selectAll()
        .where('session_id', '=', sessionId)
        .where('user_id', '=', userId);
      if (after !== undefined) query = query.where('created_at', '>', after);
      query = query.orderBy('created_at', order).orderBy('id', order);
      if (limit !== undefined) query = query.limit(limit);
      return (await query.execute()).map(event);
    },
  };
}

function session(row: Selectable<Tables['session']>): SessionRow {
  return {
    id: row.id,
    userId: row.user_id,
    agent: row.agent,
    name: row.name,
    source: row.source === 'agent' ? 'agent' : 'user',
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function event(row: Selectable<Tables['session_event']>): SessionEventRow {
  return {
    id: row.id,
    sessionId: row.session_id,
    userId: row.user_id,
    data: row.data,
    createdAt: row.created_at,
  };
}
