import type { RunEvent } from '@kagent/spec';
import { describe, expect, it } from 'vitest';
import type { LiveEvent, RunStore } from '../ports.ts';
import { createFakeTool, createFakeToolSource } from '../testing/fake-tools.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryRunStore } from '../testing/memory-run-store.ts';
import { createScriptedModel, type ScriptedStep } from '../testing/scripted-model.ts';
import { collect, createTestAgent, silentLogger, textMessage } from '../testing/test-agent.ts';
import { runLimits } from '../loop/limits.ts';
import { createExecutor, type ExecutorSettings } from './executor.ts';
import { newRun } from '../testing/run-store-contract.ts';

const signal = new AbortController().signal;
const ann = { headers: { 'x-user-id': 'ann' }, signal };

/** A tool that waits until it is let go. */
function createGate(repeatable = true) {
  const opened: (() => void)[] = [];
  const tool = createFakeTool({
    name: 'gate',
    repeatable,
    run: () => new Promise<string>((resolve) => opened.push(() => resolve('open'))),
  });
  return { tool, opened, source: createFakeToolSource('gate', [tool]) };
}

const gateScript: ScriptedStep[] = [{ calls: [{ name: 'gate' }] }, { text: ['a', 'b', 'c'] }];

function executorFor(options: {
  script?: ScriptedStep[];
  runs?: RunStore;
  settings?: Partial<ExecutorSettings>;
  holder?: string;
  gate?: ReturnType<typeof createGate>;
  clock?: ReturnType<typeof createManualClock>;
}) {
  const gate = options.gate ?? createGate();
  const clock = options.clock ?? createManualClock();
  const runs = options.runs ?? createMemoryRunStore({ now: clock.now });
  const executor = createExecutor({
    agent: 'kagent/k8s-agent',
    definition: {
      instruction: 'x',
      model: createScriptedModel(options.script ?? gateScript),
      tools: [gate.source],
      limits: runLimits(undefined),
    },
    runs,
    holder: options.holder ?? 'process-a',
    clock,
    logger: silentLogger,
    ...(options.settings ? { settings: options.settings } : {}),
  });
  return { executor, gate, clock, runs };
}

const stored = (events: readonly LiveEvent[]): RunEvent[] =>
  events.filter((event) => event.type !== 'model-delta');

describe('executor: attach', () => {
  it('gives every reader the whole journal without gap or duplicate, whenever it comes', async () => {
    const { executor, gate, runs } = executorFor({});
    await executor.start(newRun(), { headers: {} });
    const early = collect(executor.attach('run-1', { signal }));
    await expect.poll(() => gate.opened.length, { interval: 5 }).toBe(1);
    const middle = collect(executor.attach('run-1', { signal }));
    const after = collect(executor.attach('run-1', { afterSeq: 3, signal }));
    gate.opened[0]?.();
    const journal = await executor.finished('run-1', signal);
    const late = collect(executor.attach('run-1', { signal }));
    expect(stored(await early)).toEqual(journal);
    expect(stored(await middle)).toEqual(journal);
    expect(stored(await after)).toEqual(journal.slice(3));
    expect(await late).toEqual(journal);
    expect(await runs.read('run-1')).toEqual(journal);
    expect((await early).filter((event) => event.type === 'model-delta')).toHaveLength(3);
  });

  it('joins the deltas of a reader who is behind, without losing a word', async () => {
    const words = Array.from({ length: 5_000 }, (_, index) => `${index} `);
    const { executor } = executorFor({ script: [{ text: words, reasoning: 'hm' }] });
    await executor.start(newRun(), { headers: {} });
    const events: LiveEvent[] = [];
    for await (const event of executor.attach('run-1', { signal })) {
      events.push(event);
      if (events.length === 1) await executor.finished('run-1', signal);
    }
    const deltas = events.filter((event) => event.type === 'model-delta');
    expect(deltas.length).toBeLessThan(300);
    const textOf = (kind: string) =>
      deltas
        .filter((delta) => delta.kind === kind)
        .map((delta) => delta.text)
        .join('');
    expect([textOf('reasoning'), textOf('text')]).toEqual(['hm', words.join('')]);
  });

  it('leaves the run alone when a reader goes', async () => {
    const { executor, gate } = executorFor({});
    await executor.start(newRun(), { headers: {} });
    const reader = new AbortController();
    const reading = collect(executor.attach('run-1', { signal: reader.signal }));
    await expect.poll(() => gate.opened.length, { interval: 5 }).toBe(1);
    reader.abort(new Error('gone'));
    await expect(reading).rejects.toThrow('gone');
    for await (const event of executor.attach('run-1', { signal })) {
      if (event.type === 'tool-requested') break;
    }
    gate.opened[0]?.();
    expect((await executor.finished('run-1', signal)).at(-1)).toMatchObject({ state: 'completed' });
  });

  it('follows a run that another process works on', async () => {
    const clock = createManualClock();
    const runs = createMemoryRunStore({ now: clock.now });
    const a = executorFor({ runs, clock, holder: 'a' });
    const b = executorFor({ runs, clock, holder: 'b', script: [] });
    await a.executor.start(newRun(), { headers: {} });
    const reading = collect(b.executor.attach('run-1', { signal }));
    await clock.advance(1_000);
    a.gate.opened[0]?.();
    await clock.advance(1_000);
    expect(await reading).toEqual(await runs.read('run-1'));
    expect(b.executor.liveRuns).toBe(0);
  });
});

describe('executor: start', () => {
  it('joins the run there is for the same message', async () => {
    const { executor, gate } = executorFor({});
    const [one, two] = await Promise.all([
      executor.start(newRun({ messageId: 'm' }), { headers: {} }),
      executor.start(newRun({ runId: 'run-2', messageId: 'm' }), { headers: {} }),
    ]);
    expect([one.created, two.created]).toEqual([true, false]);
    expect(two.run.runId).toBe('run-1');
    await expect.poll(() => gate.opened.length, { interval: 5 }).toBe(1);
    gate.opened[0]?.();
    await executor.finished('run-1', signal);
    expect(gate.tool.calls).toHaveLength(1);
  });

  it('bounds how many runs work at the same time, in order', async () => {
    const gate = createGate();
    const script = [...gateScript, ...gateScript];
    const { executor, clock } = executorFor({ gate, script, settings: { maxConcurrentRuns: 1 } });
    for (const runId of ['r1', 'r2', 'r3']) {
      await executor.start(newRun({ runId, sessionId: runId }), { headers: {} });
    }
    await expect.poll(() => gate.opened.length, { interval: 5 }).toBe(1);
    expect(executor.liveRuns).toBe(3);
    expect((await executor.read('r2')).map((event) => event.type)).toEqual(['run-started']);
    expect(await executor.cancel('r2', 'ann')).toBe(true);
    expect((await executor.finished('r2', signal)).at(-1)).toMatchObject({ state: 'canceled' });
    gate.opened[0]?.();
    await clock.advance(0);
    expect((await executor.read('r1')).at(-1)).toMatchObject({ state: 'completed' });
    expect(executor.liveRuns).toBe(1);
    expect(gate.opened).toHaveLength(2);
    gate.opened[1]?.();
    expect((await executor.finished('r3', signal)).at(-1)).toMatchObject({ state: 'completed' });
  });

  it('refuses what is too much with a code', async () => {
    const { executor } = executorFor({ settings: { maxLiveRuns: 1, graceMs: 0 } });
    await executor.start(newRun(), { headers: {} });
    const more = executor.start(newRun({ runId: 'r2' }), { headers: {} });
    await expect(more).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('executor: leases', () => {
  it('renews while a run is live and holds no timer after', async () => {
    const { executor, gate, clock, runs } = executorFor({});
    expect(clock.sleepers).toBe(0);
    await executor.start(newRun(), { headers: {} });
    await clock.advance(59_000);
    expect((await runs.get('run-1'))?.leaseUntil).toBeGreaterThan(clock.now());
    gate.opened[0]?.();
    await executor.finished('run-1', signal);
    await clock.advance(10_000);
    expect(clock.sleepers).toBe(0);
    expect(gate.tool.calls).toHaveLength(1);
  });

  it('stops working on a run whose lease another process has', async () => {
    const clock = createManualClock();
    const runs = createMemoryRunStore({ now: clock.now });
    const a = executorFor({ runs, clock, holder: 'a' });
    await a.executor.start(newRun(), { headers: {} });
    await clock.advance(0);
    await runs.renew('run-1', 'a', 0);
    const gate = createGate();
    const b = executorFor({ runs, clock, gate, holder: 'b', script: [{ text: 'by b' }] });
    expect(await b.executor.resumePending()).toBe(1);
    await clock.advance(5_000);
    expect(a.executor.liveRuns).toBe(0);
    await expect.poll(() => gate.opened.length, { interval: 5 }).toBe(1);
    gate.opened[0]?.();
    const events = await b.executor.finished('run-1', signal);
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', state: 'completed' });
    expect(events.filter((event) => event.type === 'run-ended')).toHaveLength(1);
  });

  it('hears the cancel wish of another process', async () => {
    const { executor, clock, runs } = executorFor({});
    await executor.start(newRun(), { headers: {} });
    await clock.advance(0);
    await runs.requestCancel('run-1', 'somebody');
    await clock.advance(5_000);
    expect((await runs.get('run-1'))?.state).toBe('canceled');
  });

  it('comes back to a run when the store was away in the middle', async () => {
    const clock = createManualClock();
    const memory = createMemoryRunStore({ now: clock.now });
    let isAway = false;
    const runs: RunStore = {
      ...memory,
      append: (...args) => (isAway ? Promise.reject(new Error('away')) : memory.append(...args)),
    };
    const { executor, gate } = executorFor({
      runs,
      clock,
      script: [{ calls: [{ name: 'gate' }] }, { text: 'after all' }],
    });
    await executor.start(newRun(), { headers: {} });
    await clock.advance(0);
    isAway = true;
    gate.opened[0]?.();
    await clock.advance(100);
    expect(executor.liveRuns).toBe(0);
    isAway = false;
    await clock.advance(25_000);
    gate.opened[1]?.();
    await clock.advance(100);
    expect(await memory.get('run-1')).toMatchObject({ state: 'completed' });
  });
});

describe('executor: stop', () => {
  it('lets a tool call end, then hands the run over at once', async () => {
    const clock = createManualClock();
    const runs = createMemoryRunStore({ now: clock.now });
    const gate = createGate(false);
    const a = executorFor({ runs, clock, gate, holder: 'a' });
    await a.executor.start(newRun(), { headers: {} });
    await clock.advance(0);
    const stopped = a.executor.stop();
    gate.opened[0]?.();
    await stopped;
    const left = await runs.read('run-1');
    expect(left.at(-1)).toMatchObject({ type: 'tool-completed', result: { isError: false } });
    await expect(a.executor.start(newRun({ runId: 'r2' }), { headers: {} })).rejects.toMatchObject({
      code: 'unavailable',
    });
    const b = executorFor({ runs, clock, holder: 'b', script: [{ text: 'goes on' }] });
    expect(await b.executor.resumePending()).toBe(1);
    const events = await b.executor.finished('run-1', signal);
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', state: 'completed' });
    expect(gate.tool.calls).toHaveLength(1);
  });

  it('does not wait for a tool call that does not end', async () => {
    const { executor, clock, runs, gate } = executorFor({});
    await executor.start(newRun(), { headers: {} });
    await clock.advance(0);
    const stopped = executor.stop();
    await clock.advance(3_000);
    await stopped;
    expect(gate.tool.calls[0]?.context.signal.aborted).toBe(true);
    const claimed = await runs.claim('kagent/k8s-agent', 'b', clock.now() + 1_000);
    expect(claimed.map((run) => run.runId)).toEqual(['run-1']);
    expect(clock.sleepers).toBe(0);
  });

  it('breaks a model call off: it is repeated by the next process', async () => {
    const { executor, clock, runs } = executorFor({ script: [{ hang: true }] });
    await executor.start(newRun(), { headers: {} });
    await clock.advance(0);
    await executor.stop();
    const b = executorFor({ runs, clock, holder: 'b', script: [{ text: 'again' }] });
    await b.executor.resumePending();
    const events = await b.executor.finished('run-1', signal);
    expect(events.map((event) => event.type)).toEqual([
      'run-started',
      'model-requested',
      'run-resumed',
      'model-requested',
      'model-completed',
      'run-ended',
    ]);
  });
});

describe('createAgentRuntime', () => {
  it('closes its tool sources when it stops', async () => {
    const source = createFakeToolSource('x', []);
    const agent = createTestAgent({
      model: createScriptedModel([{ text: 'hi' }]),
      tools: [source],
    });
    await agent.handler.sendMessage(textMessage('hi'), ann);
    await agent.stop();
    expect(source.closed).toBe(true);
  });

  it('tells the state of its tools', async () => {
    const up = createFakeToolSource('up', [
      createFakeTool({ name: 'a' }),
      createFakeTool({ name: 'b' }),
    ]);
    const down = createFakeToolSource('down', []);
    down.error = 'refused';
    const agent = createTestAgent({ model: createScriptedModel([]), tools: [up, down] });
    expect(await agent.toolStatus(signal)).toEqual([
      { source: 'up', tools: ['a', 'b'] },
      { source: 'down', tools: [], error: 'refused' },
    ]);
  });
});
