/** Lists of sessions in a store that holds a hundred thousand, on the store and through the API. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createSqliteStore } from '@kagent/server';
import { startPlatformProcess } from '../children.ts';
import { get } from '../http.ts';
import { type Figure, type Measure, percentile, repeat, timed } from '../measure.ts';

const OWNERS = 1000;
const OF_EACH = 100;
const LISTS = 300;
const OWNER_OF_ALL = 'owner-of-many';
const MANY = 20_000;

export const sessions: Measure = {
  name: 'sessions',
  title: 'list of sessions when the store holds 100,000',
  byDefault: true,
  async run(context): Promise<Figure[]> {
    const home = context.scratch();
    const path = join(home, 'server.db');
    await createSqliteStore({ path, now: Date.now }).close();
    context.say('writing the sessions');
    fill(path);
    const store = createSqliteStore({ path, now: Date.now });
    const user = (index: number) => `user-${(index * 37) % OWNERS}`;
    const onStore = await repeat(LISTS, async (index) => {
      const rows = await store.sessions.list({ userId: user(index) });
      if (rows.length !== OF_EACH)
        throw new Error(`${rows.length} sessions in place of ${OF_EACH}`);
    });
    const latest = await repeat(LISTS, () =>
      store.sessions.list({ userId: OWNER_OF_ALL, limit: 50 }),
    );
    await store.close();

    context.say('lists through the API');
    await using platform = await startPlatformProcess(context, { home });
    const list = (userId: string) => get(`${platform.urls.api}/api/sessions?user_id=${userId}`);
    await repeat(50, (index) => list(user(index)));
    const throughApi = await platform.profiled('sessions', () =>
      repeat(LISTS, (index) => list(user(index))),
    );
    const all = await timed(() => list(OWNER_OF_ALL));
    const p99 = percentile(onStore, 0.99);
    return [
      {
        what: `list of ${OF_EACH} sessions of 100,000, store, p99`,
        value: p99,
        unit: 'ms',
        target: { below: 50 },
      },
      {
        what: `list of ${OF_EACH} sessions of 100,000, API, p99`,
        value: percentile(throughApi, 0.99),
        unit: 'ms',
        target: { below: 50 },
        against: { what: 'the store alone', value: p99 },
      },
      {
        what: `latest 50 of ${MANY.toLocaleString('en-US')} of one person, store, p99`,
        value: percentile(latest, 0.99),
        unit: 'ms',
        target: { below: 50 },
      },
      { what: `all ${MANY.toLocaleString('en-US')} of one person, API`, value: all.ms, unit: 'ms' },
    ];
  },
};

/** Straight into the table: a hundred thousand durable writes one by one would take most of the time of the run. */
function fill(path: string): void {
  const database = new DatabaseSync(path);
  const insert = database.prepare(
    `insert into session (id, user_id, agent, name, source, created_at, updated_at) values (?, ?, ?, ?, 'user', ?, ?)`,
  );
  const now = Date.now();
  database.exec('begin');
  for (let index = 0; index < OWNERS * OF_EACH; index += 1) {
    const at = now - ((index * 7919) % 86_400_000);
    insert.run(
      `ctx-${index}`,
      `user-${index % OWNERS}`,
      `kagent/agent-${index % 50}`,
      `Question ${index}`,
      at,
      at,
    );
  }
  for (let index = 0; index < MANY; index += 1) {
    insert.run(
      `many-${index}`,
      OWNER_OF_ALL,
      'kagent/agent-1',
      `Question ${index}`,
      now - index,
      now - index,
    );
  }
  database.exec('commit');
  database.close();
}
