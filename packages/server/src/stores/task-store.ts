/** A2A tasks posted by agents that keep their own. */
import { KagentError, Task } from '@kagent/spec';
import type { TaskStore } from '../store.ts';
import { parseColumn, type StoreContext } from './context.ts';

export function createTaskStore({ db, now }: StoreContext): TaskStore {
  const find = (id: string) =>
    db.selectFrom('task').selectAll().where('id', '=', id).executeTakeFirst();

  return {
    async save(task, userId) {
      const known = await find(task.id);
      if (known && known.user_id !== userId)
        throw new KagentError('conflict', 'Task ID is already in use');
      const at = now();
      const row = {
        id: task.id,
        session_id: task.contextId,
        user_id: userId,
        body: JSON.stringify(task),
        created_at: known?.created_at ?? at,
        updated_at: at,
      };
      await db
        .insertInto('task')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute();
      return task;
    },

    async get(id, userId) {
      const row = await find(id);
      return row && row.user_id === userId ? parseColumn(Task, row.body) : undefined;
    },

    async ofSession(sessionId, userId) {
      const rows = await db
        .selectFrom('task')
        .selectAll()
        .where('session_id', '=', sessionId)
        .where('user_id', '=', userId)
        .orderBy('created_at')
        .execute();
      return rows.map((row) => ({ task: parseColumn(Task, row.body), createdAt: row.created_at }));
    },

    async delete(id, userId) {
      await db.deleteFrom('task').where('id', '=', id).where('user_id', '=', userId).execute();
    },
  };
}
