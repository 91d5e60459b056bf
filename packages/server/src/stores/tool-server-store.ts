/** What the controller found out about tool servers. */
import { z } from 'zod';
import type { ToolServerStore } from '../store.ts';
import { parseColumn, type StoreContext } from './context.ts';

const Tools = z.array(z.object({ name: z.string(), description: z.string() }));

export function createToolServerStore({ db, now }: StoreContext): ToolServerStore {
  return {
    async put({ ref, groupKind, description, tools }) {
      const at = now();
      const change = { description, tools: JSON.stringify(tools), updated_at: at };
      await db
        .insertInto('tool_server')
        .values({ ref, group_kind: groupKind, created_at: at, ...change })
        .onConflict((conflict) => conflict.columns(['ref', 'group_kind']).doUpdateSet(change))
        .execute();
    },

    async remove(ref, groupKind) {
      await db
        .deleteFrom('tool_server')
        .where('ref', '=', ref)
        .where('group_kind', '=', groupKind)
        .execute();
    },

    async list() {
      const rows = await db
        .selectFrom('tool_server')
        .selectAll()
        .orderBy('created_at')
        .orderBy('ref')
        .execute();
      return rows.map((row) => ({
        ref: row.ref,
        groupKind: row.group_kind,
        description: row.description,
        tools: parseColumn(Tools, row.tools),
        createdAt: row.created_at,
        updatedAt: row.updated_at,
      }));
    },
  };
}
