import { projectStream, type RunEvent, type RunEventDraft } from '@kagent/spec';
import { describe, expect, it } from 'vitest';
import type { ModelRequest, RunStore } from '../ports.ts';
import { createFakeTool, createFakeToolSource, type FakeTool } from '../testing/fake-tools.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryRunStore } from '../testing/memory-run-store.ts';
import { newRun } from '../testing/run-store-contract.ts';
import { createScriptedModel, type ScriptedTurn } from '../testing/scripted-model.ts';
import { collect, createTestAgent, textMessage, withoutPartials } from '../testing/test-agent.ts';

const signal = new AbortController().signal;
const ann = { headers: { 'x-user-id': 'ann' }, signal };
const agentName = 'kagent/test-agent';

/** A model without memory: what it says depends on the conversation alone, as a real one's. */
function script(request: ModelRequest): ScriptedTurn {
  const turns = request.messages.filter((message) => message.role === 'assistant').length;
  const usage = { inputTokens: 10, outputTokens: 1 };
  if (turns === 0) {
    return {
      text: 'First I look.',
      calls: [
        { name: 'read', id: 'r1', args: { n: 1 } },
        { name: 'write', id: 'w1', args: { n: 1 } },
        { name: 'read', id: 'r2', args: { n: 2 } },
        { name: 'nothing', id: 'x1' },
        { name: 'read', id: 'bad', invalidArgs: '{' },
      ],
      usage,
    };
  }
  if (turns === 1) {
    return {
      calls: [
        { name: 'write', id: 'w2', args: { n: 2 } },
        { name: 'kagent__NS__child', id: 's1', args: { request: 'x' } },
      ],
      usage,
    };
  }
  return { text: ['All ', 'done.'], usage };
}

function makeTools(): { all: FakeTool[]; read: FakeTool; write: FakeTool; child: FakeTool } {
  const read = createFakeTool({ name: 'read', run: (args) => `read ${args.n}` });
  const write = createFakeTool({
    name: 'write',
    repeatable: false,
    run: (args) => `wrote ${args.n}`,
  });
  const child = createFakeTool({ name: 'kagent__NS__child', isAgent: true });
  return { all: [read, write, child], read, write, child };
}

function makeAgent(runs: RunStore, holder: string, tools = makeTools()) {
  const agent = createTestAgent({
    model: createScriptedModel(script),
    tools: [createFakeToolSource('fake', tools.all)],
    runs,
    holder,
  });
  return { agent, tools };
}

/** The journal of an undisturbed run. */
async function wholeJournal(): Promise<RunEvent[]> {
  const { agent } = makeAgent(createMemoryRunStore(), 'first');
  const task = await agent.handler.sendMessage(
    textMessage('Do it', { contextId: 's', messageId: 'm' }),
    ann,
  );
  return agent.runs.read(task.id);
}

function draft(event: RunEvent): RunEventDraft {
  const { seq: _seq, at: _at, ...rest } = event;
  return rest;
}

/** A store that holds the first `length` events of a journal, left by a process that died. */
async function storeWith(journal: readonly RunEvent[], length: number): Promise<RunStore> {
  const runs = createMemoryRunStore();
  const [first, ...rest] = journal.slice(0, length);
  if (first?.type !== 'run-started') throw new Error('a journal begins with run-started');
  const { seq: _seq, at: _at, ...started } = first;
  const base = newRun({
    runId: 'run',
    sessionId: 's',
    agent: agentName,
    messageId: 'm',
    leaseUntil: 1,
  });
  await runs.create({ ...base, first: started });
  if (rest.length > 0) await runs.append('run', base.holder, rest.map(draft));
  return runs;
}

function resultsOf(events: readonly RunEvent[]): Record<string, string> {
  return Object.fromEntries(
    events.flatMap((event) =>
      event.type === 'tool-completed'
        ? [
            [
              event.callId,
              event.result.content.map((part) => (part.type === 'text' ? part.text : '')).join(),
            ],
          ]
        : [],
    ),
  );
}

function callIdsOf(
  events: readonly RunEvent[],
  type: 'tool-requested' | 'tool-completed',
): string[] {
  return events.flatMap((event) =>
    event.type === type && 'callId' in event ? [event.callId] : [],
  );
}

describe('resume after a crash', () => {
  it('ends the same wherever the journal was cut, and never repeats what must not be', async () => {
    const journal = await wholeJournal();
    expect(journal.length).toBeGreaterThan(15);
    for (let length = 1; length < journal.length; length += 1) {
      const cut = journal.slice(0, length);
      const runs = await storeWith(journal, length);
      const { agent, tools } = makeAgent(runs, 'second');
      const resumed = await agent.start();
      const task = await agent.handler.sendMessage(
        textMessage('Do it', { contextId: 's', messageId: 'm' }),
        ann,
      );
      const events = await runs.read('run');
      const begun = new Set(callIdsOf(cut, 'tool-requested'));
      const open = [...begun].filter((id) => !callIdsOf(cut, 'tool-completed').includes(id));
      const results = resultsOf(events);
      const unknown = Object.keys(results).filter((id) => results[id]?.includes('is unknown'));
      const written = tools.write.calls.map((call) => call.context.callId);
      const seen = {
        cut: `${length} ${cut.at(-1)?.type}`,
        resumed,
        task: [task.id, task.status.state, task.artifacts?.[0]?.parts],
        kept: events.slice(0, length).map(draft),
        next: events[length]?.type,
        places: events.map((event) => event.seq),
        ends: events.filter((event) => event.type === 'run-ended').length,
        unknown,
        results: Object.entries(results)
          .filter(([id]) => !unknown.includes(id))
          .toSorted(),
        writtenAgain: written.filter((id) => begun.has(id)),
        writtenTwice: written.length - new Set(written).size,
      };
      const isOpenWrite = (id: string) => id.startsWith('w') && open.includes(id);
      expect(seen).toEqual({
        cut: seen.cut,
        resumed: 1,
        task: ['run', 'completed', [{ kind: 'text', text: 'All done.' }]],
        kept: cut.map(draft),
        next: 'run-resumed',
        places: events.map((_, index) => index + 1),
        ends: 1,
        unknown: open.filter(isOpenWrite),
        results: Object.entries(resultsOf(journal))
          .filter(([id]) => !isOpenWrite(id))
          .toSorted(),
        writtenAgain: [],
        writtenTwice: 0,
      });
      await agent.stop();
    }
  });

  it('uses the child session of the journal again', async () => {
    const journal = await wholeJournal();
    const open = journal.findIndex(
      (event) => event.type === 'tool-requested' && event.callId === 's1',
    );
    const event = journal[open];
    const runs = await storeWith(journal, open + 1);
    const { agent, tools } = makeAgent(runs, 'second');
    await agent.start();
    await agent.handler.sendMessage(textMessage('Do it', { contextId: 's', messageId: 'm' }), ann);
    expect(tools.child.calls.map((call) => call.context.subagentSessionId)).toEqual([
      event?.type === 'tool-requested' ? event.subagentSessionId : 'none',
    ]);
    await agent.stop();
  });

  it('ends a run as canceled when the wish was recorded while nobody worked on it', async () => {
    const journal = await wholeJournal();
    const runs = await storeWith(journal, 3);
    await runs.requestCancel('run', 'ann');
    const { agent, tools } = makeAgent(runs, 'second');
    await agent.start();
    await expect.poll(async () => (await runs.get('run'))?.state, { interval: 5 }).toBe('canceled');
    expect(tools.write.calls).toEqual([]);
    await agent.stop();
  });

  it('gives a run up that stops the process again and again', async () => {
    const journal = await wholeJournal();
    const runs = await storeWith(journal, 2);
    const resumes = Array.from(
      { length: 10 },
      () => ({ type: 'run-resumed', holder: 'x' }) as const,
    );
    await runs.append('run', 'process-a', resumes);
    const { agent } = makeAgent(runs, 'second');
    await agent.start();
    await expect.poll(async () => (await runs.get('run'))?.state, { interval: 5 }).toBe('failed');
    await agent.stop();
  });

  it('takes over once the lease of a killed process has passed', async () => {
    const clock = createManualClock();
    const runs = createMemoryRunStore({ now: clock.now });
    await runs.create(newRun({ agent: agentName, leaseUntil: clock.now() + 12_000 }));
    const agent = createTestAgent({
      model: createScriptedModel([{ text: 'Here I am.' }]),
      runs,
      clock,
      holder: 'second',
    });
    expect(await agent.start()).toBe(0);
    await clock.advance(11_000);
    expect((await runs.get('run-1'))?.state).toBe('running');
    await clock.advance(5_000);
    expect((await runs.get('run-1'))?.state).toBe('completed');
    await clock.advance(60_000);
    expect(clock.sleepers).toBe(0);
  });

  it('takes over when somebody asks for a run whose lease has passed', async () => {
    const journal = await wholeJournal();
    const runs = await storeWith(journal, 4);
    const { agent } = makeAgent(runs, 'second');
    const events = await collect(agent.handler.resubscribe({ id: 'run' }, ann));
    expect(events.at(-1)).toMatchObject({ final: true, status: { state: 'completed' } });
  });
});

describe('replay', () => {
  it('shows what live readers saw', async () => {
    const { agent } = makeAgent(createMemoryRunStore(), 'first');
    const live = await collect(
      agent.handler.streamMessage(textMessage('Do it', { contextId: 's' }), ann),
    );
    const partials = live.length - withoutPartials(live).length;
    expect(partials).toBeGreaterThan(1);
    const runId = 'taskId' in live[0]! ? String(live[0].taskId) : '';
    const project = projectStream({ runId, sessionId: 's' });
    const replay = (await agent.runs.read(runId)).flatMap((event) => project(event));
    expect(replay).toEqual(withoutPartials(live));
    const states = live.flatMap((event) =>
      event.kind === 'status-update' ? [event.status.state] : [event.kind],
    );
    expect(states.slice(0, 2)).toEqual(['submitted', 'working']);
    expect(states.slice(-2)).toEqual(['artifact-update', 'completed']);
  });

  it('is the same for a reader who comes back with the same message', async () => {
    const { agent } = makeAgent(createMemoryRunStore(), 'first');
    const message = textMessage('Do it', { contextId: 's', messageId: 'm' });
    const first = await collect(agent.handler.streamMessage(message, ann));
    const second = await collect(agent.handler.streamMessage(message, ann));
    expect(second).toEqual(withoutPartials(first));
  });
});
