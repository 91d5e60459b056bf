/** What every store adapter must do. One call a file: `storeContract('name', makeStore)`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewStoredRun, Store } from '../store.ts';

export function storeContract(name: string, makeStore: (now: () => number) => Store): void {
  describe(`store contract: ${name}`, () => {
    let store: Store;
    let time: number;
    beforeEach(() => {
      time = 1000;
      store = makeStore(() => time);
    });
    afterEach(() => store.close());

    sessions(
      () => store,
      (to) => (time = to),
    );
    tasks(() => store);
    toolServers(
      () => store,
      (to) => (time = to),
    );
    runs(
      () => store,
      (to) => (time = to),
    );
  });
}

type Get = () => Store;
type SetTime = (to: number) => void;

function sessions(store: Get, setTime: SetTime): void {
  const base = { userId: 'ann', agent: 'kagent/a' };

  it('lists the sessions of one person only, latest change first', async () => {
    await store().sessions.save({ ...base, id: '1' });
    setTime(2000);
    await store().sessions.save({ ...base, id: '2', agent: 'kagent/b' });
    await store().sessions.save({ ...base, id: '3', userId: 'bob' });
    setTime(3000);
    await store().sessions.save({ ...base, id: '1', name: 'renamed' });
    expect((await store().sessions.list({ userId: 'ann' })).map((row) => row.id)).toEqual([
      '1',
      '2',
    ]);
    expect(await store().sessions.list({ userId: 'ann', agent: 'kagent/b' })).toMatchObject([
      { id: '2' },
    ]);
    expect(await store().sessions.get('1', 'ann')).toMatchObject({
      name: 'renamed',
      createdAt: 1000,
      updatedAt: 3000,
    });
  });

  it('never shows or takes over a session of another person', async () => {
    await store().sessions.save({ ...base, id: '1' });
    expect(await store().sessions.get('1', 'bob')).toBeUndefined();
    await expect(store().sessions.save({ ...base, id: '1', userId: 'bob' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await store().sessions.delete('1', 'bob');
    expect(await store().sessions.get('1', 'ann')).toBeDefined();
  });

  it('hides sessions that agents opened, and deleted ones', async () => {
    await store().sessions.save({ ...base, id: 'mine' });
    await store().sessions.save({ ...base, id: 'child', source: 'agent' });
    await store().sessions.save({ ...base, id: 'gone' });
    await store().sessions.delete('gone', 'ann');
    await store().sessions.delete('gone', 'ann');
    expect((await store().sessions.list({ userId: 'ann' })).map((row) => row.id)).toEqual(['mine']);
    expect(await store().sessions.list({ userId: 'ann', includeAgentSessions: true })).toHaveLength(
      2,
    );
    expect(await store().sessions.get('gone', 'ann')).toBeUndefined();
  });

  it('keeps events in order, overwrites a repeated id, and filters by time', async () => {
    await store().sessions.save({ ...base, id: 's' });
    const event = { sessionId: 's', userId: 'ann' };
    await store().sessions.addEvent({ ...event, id: 'a', data: '1' });
    setTime(2000);
    await store().sessions.addEvent({ ...event, id: 'b', data: '2' });
    await store().sessions.addEvent({ ...event, id: 'a', data: '3' });
    const ids = async (options: object) =>
      (await store().sessions.events('s', { userId: 'ann', order: 'asc', ...options })).map(
        (row) => `${row.id}${row.data}`,
      );
    expect(await ids({})).toEqual(['a3', 'b2']);
    expect(await ids({ order: 'desc', limit: 1 })).toEqual(['b2']);
    expect(await ids({ after: 1000 })).toEqual(['b2']);
    expect(await ids({ userId: 'bob' })).toEqual([]);
  });
}

function tasks(store: Get): void {
  const task = {
    kind: 'task' as const,
    id: 't',
    contextId: 's',
    status: { state: 'working' as const },
  };

  it('upserts tasks for their owner and refuses the id to others', async () => {
    await store().tasks.save(task, 'ann');
    await store().tasks.save({ ...task, status: { state: 'completed' } }, 'ann');
    expect(await store().tasks.get('t', 'ann')).toMatchObject({ status: { state: 'completed' } });
    expect(await store().tasks.get('t', 'bob')).toBeUndefined();
    await expect(store().tasks.save(task, 'bob')).rejects.toMatchObject({ code: 'conflict' });
    await store().tasks.delete('t', 'bob');
    expect(await store().tasks.ofSession('s', 'ann')).toHaveLength(1);
    await store().tasks.delete('t', 'ann');
    expect(await store().tasks.ofSession('s', 'ann')).toEqual([]);
  });
}

function toolServers(store: Get, setTime: SetTime): void {
  it('replaces a tool server with its tools', async () => {
    const server = {
      ref: 'ns/a',
      groupKind: 'RemoteMCPServer.kagent.dev',
      description: 'd',
      tools: [],
    };
    await store().toolServers.put(server);
    setTime(2000);
    await store().toolServers.put({ ...server, ref: 'ns/b' });
    await store().toolServers.put({ ...server, tools: [{ name: 't', description: 'x' }] });
    expect(await store().toolServers.list()).toMatchObject([
      { ref: 'ns/a', tools: [{ name: 't' }], createdAt: 1000, updatedAt: 2000 },
      { ref: 'ns/b' },
    ]);
    await store().toolServers.remove('ns/a', 'Service');
    await store().toolServers.remove('ns/a', server.groupKind);
    expect(await store().toolServers.list()).toHaveLength(1);
  });
}

export function sampleRun(overrides: Partial<NewStoredRun> = {}): NewStoredRun {
  return {
    runId: 'r1',
    sessionId: 's1',
    agent: 'kagent/a',
    userId: 'ann',
    messageId: 'm1',
    holder: 'h1',
    leaseUntil: 5000,
    session: { name: 'hello', source: 'user' },
    first: {
      type: 'run-started',
      agent: 'kagent/a',
      userId: 'ann',
      message: {
        kind: 'message',
        messageId: 'm1',
        role: 'user',
        parts: [{ kind: 'text', text: 'hi' }],
      },
    },
    ...overrides,
  };
}

function runs(store: Get, setTime: SetTime): void {
  it('lists the runs of a session, oldest first', async () => {
    await store().runs.create(sampleRun());
    setTime(2000);
    await store().runs.create(sampleRun({ runId: 'r0', messageId: 'm2' }));
    expect((await store().runs.ofSession('s1')).map((run) => run.runId)).toEqual(['r1', 'r0']);
    expect(await store().runs.ofSession('other')).toEqual([]);
  });

  it('hands out every run at once after all leases were given up', async () => {
    await store().runs.create(sampleRun({ leaseUntil: 1_000_000 }));
    expect(await store().runs.claim('kagent/a', 'h2', 9000)).toEqual([]);
    await store().runs.releaseAll();
    expect(await store().runs.claim('kagent/a', 'h2', 9000)).toMatchObject([
      { runId: 'r1', holder: 'h2' },
    ]);
  });

  it('shows a run’s session to its owner at once', async () => {
    await store().runs.create(sampleRun());
    expect(await store().sessions.list({ userId: 'ann' })).toMatchObject([
      { id: 's1', name: 'hello' },
    ]);
  });

  it('refuses a run in the session of another person and writes nothing', async () => {
    await store().runs.create(sampleRun());
    const foreign = sampleRun({ runId: 'r2', userId: 'bob', messageId: 'm9' });
    await expect(store().runs.create(foreign)).rejects.toMatchObject({ code: 'permission_denied' });
    expect(await store().runs.get('r2')).toBeUndefined();
  });
}
