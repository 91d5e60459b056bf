/** What every RunStore does, whatever it is made of. Call it in a test file of the adapter. */
import type { RunEventDraft } from '@kagent/spec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewRun, RunStore } from '../ports.ts';

export interface RunStoreUnderTest {
  store: RunStore;
  close?(): Promise<void>;
}

const FUTURE = 4_000_000_000_000;
const PAST = 1;

/** Makes a run that nothing else in the store collides with; `overrides` say what the test is about. */
export function newRun(overrides: Partial<NewRun> = {}): NewRun {
  const runId = overrides.runId ?? 'run-1';
  const agent = overrides.agent ?? 'kagent/k8s-agent';
  const userId = overrides.userId ?? 'ann';
  const messageId = overrides.messageId ?? `message-of-${runId}`;
  return {
    runId,
    sessionId: 'session-1',
    agent,
    userId,
    messageId,
    holder: 'process-a',
    leaseUntil: FUTURE,
    session: { name: 'List all pods', source: 'user' },
    first: {
      type: 'run-started',
      agent,
      userId,
      message: {
        kind: 'message',
        messageId,
        role: 'user',
        parts: [{ kind: 'text', text: 'List all pods' }],
      },
    },
    ...overrides,
  };
}

const requested: RunEventDraft = {
  type: 'model-requested',
  turn: 1,
  modelConfig: 'kagent/default',
  model: 'm-1',
};
const completed: RunEventDraft = {
  type: 'model-completed',
  turn: 1,
  parts: [
    { type: 'text', text: 'Looking. ' },
    {
      type: 'tool-call',
      callId: 'c1',
      name: 'get_pods',
      args: { namespace: 'default', deep: { a: [1] } },
    },
  ],
  finishReason: 'tool-calls',
  usage: { inputTokens: 10, outputTokens: 2, cachedInputTokens: 4 },
  firstTokenMs: 5,
  durationMs: 9,
};
const toolCompleted: RunEventDraft = {
  type: 'tool-completed',
  turn: 1,
  callId: 'c1',
  name: 'get_pods',
  result: {
    content: [{ type: 'text', text: 'web-1 ✓ 日本' }],
    isError: false,
    structured: { pods: ['web-1'] },
  },
  durationMs: 3,
};
const ended: RunEventDraft = { type: 'run-ended', state: 'completed' };
const failed: RunEventDraft = {
  type: 'run-ended',
  state: 'failed',
  error: { code: 'model_unreachable', message: 'no answer' },
};

/**
 * Registers the suite. `makeStore` is called before each test and must give an empty store with the real clock.
 * Sessions need not exist beforehand.
 */
export function runStoreContract(
  name: string,
  makeStore: () => Promise<RunStoreUnderTest> | RunStoreUnderTest,
): void {
  describe(`RunStore contract: ${name}`, () => {
    let under: RunStoreUnderTest;
    let store: RunStore;
    beforeEach(async () => {
      under = await makeStore();
      store = under.store;
    });
    afterEach(async () => under.close?.());

    describe('create', () => {
      it('writes the record and its first event', async () => {
        const { run, created } = await store.create(newRun());
        expect(created).toBe(true);
        expect(run).toMatchObject({
          runId: 'run-1',
          sessionId: 'session-1',
          agent: 'kagent/k8s-agent',
          userId: 'ann',
          messageId: 'message-of-run-1',
          state: 'running',
          lastSeq: 1,
          holder: 'process-a',
          leaseUntil: FUTURE,
        });
        expect(await store.get('run-1')).toEqual(run);
        expect(await store.read('run-1')).toEqual([
          { ...newRun().first, seq: 1, at: run.createdAt },
        ]);
      });

      it('is idempotent by agent, user and message id', async () => {
        await store.create(newRun());
        await store.append('run-1', 'process-a', [requested]);
        const again = await store.create(newRun({ runId: 'run-2', messageId: 'message-of-run-1' }));
        expect(again.created).toBe(false);
        expect(again.run.runId).toBe('run-1');
        expect(await store.get('run-2')).toBeUndefined();
        expect(await store.read('run-1')).toHaveLength(2);
      });

      it('takes the same message id of another agent or user as another run', async () => {
        await store.create(newRun({ messageId: 'm' }));
        const answers = await Promise.all([
          store.create(newRun({ runId: 'run-2', messageId: 'm', userId: 'bob', sessionId: 's2' })),
          store.create(
            newRun({ runId: 'run-3', messageId: 'm', agent: 'kagent/other', sessionId: 's3' }),
          ),
        ]);
        expect(answers.map((answer) => answer.created)).toEqual([true, true]);
      });

      it('creates one run when the same message comes several times at once', async () => {
        const answers = await Promise.all(
          ['r1', 'r2', 'r3', 'r4'].map((runId) => store.create(newRun({ runId, messageId: 'm' }))),
        );
        expect(answers.filter((answer) => answer.created)).toHaveLength(1);
        expect(new Set(answers.map((answer) => answer.run.runId)).size).toBe(1);
      });

      it.each([
        ['user', { userId: 'mallory' }],
        ['agent', { agent: 'kagent/other' }],
      ])('refuses the session of another %s', async (_what, other) => {
        await store.create(newRun());
        const stranger = store.create(newRun({ runId: 'run-2', messageId: 'm2', ...other }));
        await expect(stranger).rejects.toMatchObject({ code: 'permission_denied' });
        expect(await store.get('run-2')).toBeUndefined();
      });
    });

    describe('append and read', () => {
      it('gives gapless places and keeps every field', async () => {
        await store.create(newRun());
        const first = await store.append('run-1', 'process-a', [requested, completed]);
        const second = await store.append('run-1', 'process-a', [toolCompleted]);
        expect(first.map((event) => event.seq)).toEqual([2, 3]);
        expect(second).toMatchObject([{ ...toolCompleted, seq: 4 }]);
        const events = await store.read('run-1');
        expect(events.slice(1)).toEqual([...first, ...second]);
        expect(events[2]).toMatchObject(completed);
        expect(await store.get('run-1')).toMatchObject({ lastSeq: 4, state: 'running' });
      });

      it('gives gapless places to appends at the same time', async () => {
        await store.create(newRun());
        const answers = await Promise.all(
          Array.from({ length: 20 }, () =>
            store.append('run-1', 'process-a', [requested, toolCompleted]),
          ),
        );
        const places = answers.flat().map((event) => event.seq);
        expect(places.toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: 40 }, (_, i) => i + 2),
        );
        for (const [one, two] of answers) expect(two?.seq).toBe((one?.seq ?? 0) + 1);
        const stored = await store.read('run-1');
        expect(stored.map((event) => event.seq)).toEqual(
          Array.from({ length: 41 }, (_, i) => i + 1),
        );
      });

      it('reads after a place', async () => {
        await store.create(newRun());
        await store.append('run-1', 'process-a', [requested, completed, toolCompleted]);
        expect((await store.read('run-1', 2)).map((event) => event.seq)).toEqual([3, 4]);
        expect(await store.read('run-1', 4)).toEqual([]);
        expect(await store.read('nobody')).toEqual([]);
        expect(await store.get('nobody')).toBeUndefined();
      });

      it('refuses who does not hold the lease, and writes nothing', async () => {
        await store.create(newRun());
        const stranger = store.append('run-1', 'process-b', [requested]);
        await expect(stranger).rejects.toMatchObject({ code: 'conflict' });
        expect(await store.read('run-1')).toHaveLength(1);
      });

      it('refuses a run that is not there', async () => {
        const nothing = store.append('nobody', 'process-a', [requested]);
        await expect(nothing).rejects.toMatchObject({ code: 'not_found' });
      });

      it.each([
        ['completed', ended],
        ['failed', failed],
      ])('sets the state %s at run-ended, drops the lease and refuses more', async (state, end) => {
        await store.create(newRun());
        await store.append('run-1', 'process-a', [requested, end]);
        expect(await store.get('run-1')).toMatchObject({
          state,
          holder: null,
          leaseUntil: null,
          lastSeq: 3,
        });
        const late = store.append('run-1', 'process-a', [requested]);
        await expect(late).rejects.toMatchObject({ code: 'conflict' });
        expect(await store.read('run-1')).toHaveLength(3);
      });
    });

    describe('history', () => {
      it('holds the earlier ended runs of the session, oldest first', async () => {
        for (const runId of ['a', 'b', 'c', 'd']) await store.create(newRun({ runId }));
        await store.create(newRun({ runId: 'x', sessionId: 'other' }));
        for (const runId of ['a', 'b', 'd', 'x']) await store.append(runId, 'process-a', [ended]);
        const events = await store.history('session-1', 'd');
        const started = events.flatMap((event) =>
          event.type === 'run-started' ? [event.message.messageId] : [],
        );
        expect(started).toEqual(['message-of-a', 'message-of-b']);
        expect(events.map((event) => event.type)).toEqual([
          'run-started',
          'run-ended',
          'run-started',
          'run-ended',
        ]);
        expect(await store.history('nobody', 'd')).toEqual([]);
      });
    });

    describe('leases', () => {
      it('hands out runs whose lease has passed, and no others', async () => {
        await store.create(newRun({ runId: 'held' }));
        await store.create(newRun({ runId: 'free', leaseUntil: PAST }));
        await store.create(newRun({ runId: 'done', leaseUntil: PAST }));
        await store.append('done', 'process-a', [ended]);
        await store.create(
          newRun({ runId: 'foreign', leaseUntil: PAST, agent: 'kagent/x', sessionId: 's2' }),
        );
        const claimed = await store.claim('kagent/k8s-agent', 'process-b', FUTURE);
        expect(claimed.map((run) => run.runId)).toEqual(['free']);
        expect(claimed[0]).toMatchObject({
          holder: 'process-b',
          leaseUntil: FUTURE,
          state: 'running',
        });
        const old = store.append('free', 'process-a', [requested]);
        await expect(old).rejects.toMatchObject({ code: 'conflict' });
        expect(await store.append('free', 'process-b', [requested])).toHaveLength(1);
      });

      it('hands each run to one caller only', async () => {
        for (let index = 0; index < 10; index += 1) {
          await store.create(newRun({ runId: `run-${index}`, leaseUntil: PAST }));
        }
        const claims = await Promise.all(
          ['b', 'c', 'd'].map((holder) => store.claim('kagent/k8s-agent', holder, FUTURE)),
        );
        const ids = claims.flat().map((run) => run.runId);
        expect(ids).toHaveLength(10);
        expect(new Set(ids).size).toBe(10);
      });

      it('renews for the holder only', async () => {
        await store.create(newRun({ leaseUntil: PAST }));
        expect(await store.renew('run-1', 'process-b', FUTURE)).toBe(false);
        expect(await store.renew('nobody', 'process-a', FUTURE)).toBe(false);
        expect(await store.renew('run-1', 'process-a', FUTURE)).toBe(true);
        expect(await store.claim('kagent/k8s-agent', 'process-b', FUTURE)).toEqual([]);
        await store.append('run-1', 'process-a', [ended]);
        expect(await store.renew('run-1', 'process-a', FUTURE)).toBe(false);
      });

      it('gives the lease up when it is renewed into the past', async () => {
        await store.create(newRun());
        expect(await store.renew('run-1', 'process-a', 0)).toBe(true);
        const claimed = await store.claim('kagent/k8s-agent', 'process-b', FUTURE);
        expect(claimed.map((run) => run.runId)).toEqual(['run-1']);
      });
    });

    describe('cancel', () => {
      it('records the wish of anybody while the run is running', async () => {
        await store.create(newRun());
        expect(await store.isCancelRequested('run-1')).toBe(false);
        expect(await store.requestCancel('run-1', 'ann')).toBe(true);
        expect(await store.requestCancel('run-1', 'bob')).toBe(true);
        expect(await store.isCancelRequested('run-1')).toBe(true);
        expect(await store.append('run-1', 'process-a', [requested])).toHaveLength(1);
      });

      it('is false for a run that has ended or is not known', async () => {
        await store.create(newRun());
        await store.append('run-1', 'process-a', [ended]);
        expect(await store.requestCancel('run-1', 'ann')).toBe(false);
        expect(await store.requestCancel('nobody', 'ann')).toBe(false);
        expect(await store.isCancelRequested('nobody')).toBe(false);
      });
    });
  });
}
