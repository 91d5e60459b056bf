import {
  type A2AStreamEvent,
  METADATA,
  type ModelDelta,
  projectStream,
  projectTask,
  type RunEvent,
  type RunEventDraft,
  type StatusUpdateEvent,
  type Task,
} from '@kagent/spec';
import { describe, expect, it } from 'vitest';
import {
  addEvent,
  addOutgoing,
  addTask,
  EMPTY,
  isAtRest,
  type Entry,
  type Transcript,
} from './transcript.ts';

interface TestRun {
  run: { runId: string; sessionId: string };
  events: (RunEvent | ModelDelta)[];
}

function journal(runId: string, drafts: readonly (RunEventDraft | ModelDelta)[]): TestRun {
  let seq = 0;
  const events = [started(runId), ...drafts].map((draft) =>
    draft.type === 'model-delta' ? draft : { ...draft, seq: (seq += 1), at: 1_000 + seq },
  );
  return { run: { runId, sessionId: 'chat-1' }, events };
}

function started(runId: string): RunEventDraft {
  const parts = [{ kind: 'text' as const, text: `question of ${runId}` }];
  const message = {
    kind: 'message' as const,
    messageId: `m-${runId}`,
    role: 'user' as const,
    parts,
  };
  return { type: 'run-started', agent: 'kagent/k8s-agent', userId: 'me', message };
}

const text = (turn: number, delta: string): ModelDelta => ({
  type: 'model-delta',
  turn,
  kind: 'text',
  text: delta,
});
const thought = (turn: number, delta: string): ModelDelta => ({
  ...text(turn, delta),
  kind: 'reasoning',
});

type AssistantParts = Extract<RunEventDraft, { type: 'model-completed' }>['parts'];
const said = (turn: number, parts: AssistantParts): RunEventDraft => ({
  type: 'model-completed',
  turn,
  parts,
  finishReason: 'stop',
  durationMs: 1,
});
const call = (callId: string, args: Record<string, unknown> = {}): AssistantParts[number] => ({
  type: 'tool-call',
  callId,
  name: 'k8s_get_resources',
  args,
});
const requested = (callId: string): RunEventDraft => ({
  type: 'tool-requested',
  turn: 1,
  callId,
  name: 'k8s_get_resources',
  args: {},
  repeatable: true,
});
const completed = (callId: string, output: string, isError = false): RunEventDraft => ({
  type: 'tool-completed',
  turn: 1,
  callId,
  name: 'k8s_get_resources',
  result: { content: [{ type: 'text', text: output }], isError },
  durationMs: 1,
});
const ended: RunEventDraft = { type: 'run-ended', state: 'completed' };

function streamOf({ run, events }: TestRun): A2AStreamEvent[] {
  const project = projectStream(run);
  return events.flatMap((event) => project(event));
}

function taskOf({ run, events }: TestRun): Task {
  return projectTask(
    run,
    events.filter((event) => event.type !== 'model-delta'),
  );
}

const watch = (run: TestRun, from: Transcript = EMPTY) => streamOf(run).reduce(addEvent, from);
const reload = (...runs: TestRun[]) => runs.map(taskOf).reduce(addTask, EMPTY);

const RUNS: Record<string, TestRun> = {
  'an answer': journal('r1', [
    text(1, 'All '),
    text(1, 'well.'),
    said(1, [{ type: 'text', text: 'All well.' }]),
    ended,
  ]),
  'tool calls of one turn, with thoughts before them': journal('r2', [
    thought(1, 'First '),
    thought(1, 'look.'),
    said(1, [
      { type: 'reasoning', text: 'First look.' },
      { type: 'text', text: 'I look.' },
      call('a', { kind: 'pods' }),
      call('b'),
    ]),
    requested('a'),
    requested('b'),
    completed('b', 'NAME\nweb'),
    completed('a', 'no such kind', true),
    text(2, 'Done.'),
    said(2, [{ type: 'text', text: 'Done.' }]),
    ended,
  ]),
  'notices before and after the answer': journal('r3', [
    { type: 'notice', code: 'tools_unavailable', message: 'The tools of helm are not available' },
    said(1, [{ type: 'text', text: 'Half' }]),
    { type: 'notice', code: 'truncated', message: 'The answer was cut off' },
    ended,
  ]),
  'a failure': journal('r4', [
    said(1, [{ type: 'text', text: 'I look.' }, call('a')]),
    requested('a'),
    completed('a', 'x'),
    {
      type: 'run-ended',
      state: 'failed',
      error: { code: 'model_unauthorized', message: 'The key was refused.' },
    },
  ]),
  'a cancel while a tool runs': journal('r5', [
    said(1, [call('a')]),
    requested('a'),
    { type: 'cancel-requested', by: 'me' },
    { type: 'run-ended', state: 'canceled' },
  ]),
  'a run that still works': journal('r6', [said(1, [call('a')]), requested('a')]),
  'an empty answer': journal('r7', [said(1, []), ended]),
};

describe('transcript', () => {
  it.each(Object.entries(RUNS))('%s looks the same live and reloaded', (_name, run) => {
    const live = watch(run);
    expect(live.entries.length).toBeGreaterThan(0);
    expect(reload(run)).toEqual(live);
  });

  it('keeps two tasks apart whose call ids are the same', () => {
    const first = journal('r1', [
      said(1, [call('a')]),
      requested('a'),
      completed('a', 'first'),
      ended,
    ]);
    const second = journal('r2', [
      said(1, [call('a')]),
      requested('a'),
      completed('a', 'second'),
      ended,
    ]);
    const live = watch(second, watch(first));
    expect(reload(first, second)).toEqual(live);
    expect(live.entries.flatMap((entry) => (entry.kind === 'tool' ? [entry.output] : []))).toEqual([
      'first',
      'second',
    ]);
  });

  it('keeps the failure of an earlier task at its place', () => {
    const next = journal('r8', [said(1, [{ type: 'text', text: 'Now it works.' }]), ended]);
    const kinds = reload(failed(), next).entries.map((entry) => entry.kind);
    expect(kinds).toEqual(['user', 'answer', 'tool', 'end', 'user', 'answer']);
  });

  it('shows deltas as they come and lets the whole message take their place', () => {
    const run = journal('r1', [thought(1, 'Hm'), text(1, 'All '), text(1, 'well')]);
    const growing = watch(run);
    expect(growing.entries.slice(1)).toEqual([
      { kind: 'thought', taskId: 'r1', text: 'Hm', streaming: true },
      { kind: 'answer', taskId: 'r1', text: 'All well', streaming: true },
    ]);
    expect(isAtRest(growing)).toBe(false);
  });

  it('leaves the text of a turn that was cut short, as text that no longer grows', () => {
    const run = journal('r1', [text(1, 'All '), { type: 'run-ended', state: 'canceled' }]);
    expect(watch(run).entries.slice(1)).toEqual([
      { kind: 'answer', taskId: 'r1', text: 'All ', streaming: false },
      { kind: 'end', taskId: 'r1', state: 'canceled', text: 'The run was canceled.' },
    ]);
  });

  it('drops deltas with a gap when the task is replayed after a reconnect', () => {
    const before = journal('r1', [
      said(1, [call('a')]),
      requested('a'),
      completed('a', 'x'),
      text(2, 'All '),
    ]);
    const replayed = addEvent(watch(before), taskOf(before));
    expect(replayed).toEqual(reload(before));
  });

  it('shows a message once, however often it comes', () => {
    const run = RUNS['tool calls of one turn, with thoughts before them'] ?? journal('x', []);
    const once = watch(run);
    expect(watch(run, once)).toEqual(once);
    expect(addTask(once, taskOf(run))).toEqual(once);
  });

  it('shows the own message at once, and not again when the agent echoes it', () => {
    const run = RUNS['an answer'] ?? journal('x', []);
    const message = taskOf(run).history?.[0];
    const sent = message ? addOutgoing(EMPTY, message) : EMPTY;
    expect(sent.entries).toEqual([{ kind: 'user', text: 'question of r1' }]);
    expect(watch(run, sent)).toEqual(watch(run));
  });

  it('belongs to no task between sending and the first event', () => {
    const after = watch(RUNS['an answer'] ?? journal('x', []));
    const message = {
      kind: 'message' as const,
      messageId: 'm-next',
      role: 'user' as const,
      parts: [{ kind: 'text' as const, text: 'And now?' }],
    };
    expect(addOutgoing(after, message)).toMatchObject({ taskId: undefined, state: undefined });
  });
});

function failed(): TestRun {
  return RUNS['a failure'] ?? journal('x', []);
}

describe('transcript of agents with another runtime', () => {
  const status = (
    state: Task['status']['state'],
    message?: Partial<A2AMessageInit>,
    metadata?: Record<string, unknown>,
  ): StatusUpdateEvent => ({
    kind: 'status-update',
    taskId: 't1',
    contextId: 'chat-1',
    final: false,
    status: { state, ...(message ? { message: agentMessage(message) } : {}) },
    ...(metadata ? { metadata } : {}),
  });

  it('reads the other prefix of metadata', () => {
    const parts = [
      { kind: 'text' as const, text: 'Hm', metadata: { adk_thought: true } },
      {
        kind: 'data' as const,
        data: { id: 'a', name: 'ls', args: {} },
        metadata: { adk_type: 'function_call' },
      },
    ];
    const events = [
      status(
        'working',
        { messageId: 'd1', parts: [{ kind: 'text', text: 'Al' }] },
        { adk_partial: true },
      ),
      status('working', { messageId: 'm1', parts }),
    ];
    expect(kinds(events)).toEqual(['thought', 'tool']);
  });

  it('pairs a call id that is used twice in one task in order', () => {
    const part = (type: string, data: Record<string, unknown>) => ({
      kind: 'data' as const,
      data: { id: '', name: 'ls', ...data },
      metadata: { [METADATA.type]: type },
    });
    const events = ['one', 'two'].flatMap((output, index) => [
      status('working', { messageId: `c${index}`, parts: [part('function_call', { args: {} })] }),
      status('working', {
        messageId: `r${index}`,
        parts: [part('function_response', { response: { result: output } })],
      }),
    ]);
    const { entries } = events.reduce(addEvent, EMPTY);
    expect(entries.map((entry) => entry.kind === 'tool' && entry.output)).toEqual(['one', 'two']);
  });

  it('shows an answer that comes as an artifact only, also in pieces', () => {
    const artifact = (append: boolean, piece: string): A2AStreamEvent => ({
      kind: 'artifact-update',
      taskId: 't1',
      contextId: 'chat-1',
      append,
      artifact: { artifactId: 'x', parts: [{ kind: 'text', text: piece }] },
    });
    const pieces = [artifact(true, 'All '), artifact(true, 'well.'), status('completed')];
    const whole = [artifact(false, 'All well.'), status('completed')];
    const expected = [{ kind: 'answer', taskId: 't1', text: 'All well.', streaming: false }];
    expect(pieces.reduce(addEvent, EMPTY).entries).toEqual(expected);
    expect(whole.reduce(addEvent, EMPTY).entries).toEqual(expected);
  });

  it('shows the same answer again when another task gives it', () => {
    const events = ['t1', 't2'].map((taskId): A2AStreamEvent => ({
      kind: 'artifact-update',
      taskId,
      contextId: 'chat-1',
      artifact: { artifactId: 'x', parts: [{ kind: 'text', text: 'OK' }] },
    }));
    expect(kinds(events)).toEqual(['answer', 'answer']);
  });

  it('gives a result to the call of its own task', () => {
    const data = { id: 'a', name: 'ls' };
    const part = (type: string) => ({
      kind: 'data' as const,
      data,
      metadata: { [METADATA.type]: type },
    });
    const call = (taskId: string) => ({
      ...status('input-required', { messageId: `c-${taskId}`, parts: [part('function_call')] }),
      taskId,
    });
    const result = status('working', { messageId: 'r', parts: [part('function_response')] });
    const { entries } = [call('t0'), call('t1'), result].reduce(addEvent, EMPTY);
    expect(entries.map((entry) => entry.kind === 'tool' && entry.state)).toEqual([
      'running',
      'done',
    ]);
  });

  it('takes a question as an answer and waits for its user', () => {
    const asked = addEvent(
      EMPTY,
      status('input-required', { parts: [{ kind: 'text', text: 'Which one?' }] }),
    );
    expect(asked.entries).toMatchObject([{ kind: 'answer', text: 'Which one?' }]);
    expect(isAtRest(asked)).toBe(true);
  });

  it('says that a run failed when the agent does not say why', () => {
    expect(addEvent(EMPTY, status('failed')).entries).toMatchObject([
      { kind: 'end', text: 'The run failed.' },
    ]);
  });

  it('takes a bare message as a whole answer', () => {
    const done = addEvent(EMPTY, agentMessage({ parts: [{ kind: 'text', text: 'Hello' }] }));
    expect(done.entries).toMatchObject([{ kind: 'answer', text: 'Hello' }]);
    expect(isAtRest(done)).toBe(true);
  });

  function kinds(events: A2AStreamEvent[]): Entry['kind'][] {
    return events.reduce(addEvent, EMPTY).entries.map((entry) => entry.kind);
  }
});

type A2AMessageInit = Extract<A2AStreamEvent, { kind: 'message' }>;

function agentMessage(fields: Partial<A2AMessageInit>): A2AMessageInit {
  return { kind: 'message', messageId: 'm1', role: 'agent', parts: [], ...fields };
}
