import { describe, expect, it } from 'vitest';
import { A2AStreamEvent, Task } from './a2a.ts';
import type { ModelDelta, RunEvent, RunEventDraft } from './journal.ts';
import { appName, projectStream, projectTask, usageMetadata } from './projection.ts';

const run = { runId: 'run', sessionId: 'session' };
const at = Date.UTC(2026, 0, 2, 3, 4, 5);
const base = {
  kagent_app_name: 'kagent__NS__k8s_agent',
  kagent_user_id: 'ann',
  kagent_session_id: 'session',
};
const author = { ...base, kagent_invocation_id: 'run', kagent_author: 'kagent__NS__k8s_agent' };

const started: RunEventDraft = {
  type: 'run-started',
  agent: 'kagent/k8s-agent',
  userId: 'ann',
  message: {
    kind: 'message',
    messageId: 'm',
    role: 'user',
    parts: [{ kind: 'text', text: 'pods?' }],
  },
};
const modelRequested: RunEventDraft = {
  type: 'model-requested',
  turn: 1,
  modelConfig: 'c',
  model: 'm',
};
const calls: RunEventDraft = {
  type: 'model-completed',
  turn: 1,
  parts: [
    { type: 'reasoning', text: 'let me think' },
    { type: 'text', text: 'Looking.' },
    { type: 'tool-call', callId: 'c1', name: 'get_pods', args: { n: 1 } },
    { type: 'tool-call', callId: 'c2', name: 'kagent__NS__helm', args: { request: 'r' } },
  ],
  finishReason: 'tool-calls',
  usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 4, reasoningTokens: 2 },
  durationMs: 1,
};
const requested: RunEventDraft[] = [
  {
    type: 'tool-requested',
    turn: 1,
    callId: 'c1',
    name: 'get_pods',
    args: { n: 1 },
    repeatable: true,
  },
  {
    type: 'tool-requested',
    turn: 1,
    callId: 'c2',
    name: 'kagent__NS__helm',
    args: { request: 'r' },
    repeatable: true,
    subagentSessionId: 'child',
  },
];
const results: RunEventDraft[] = [
  {
    type: 'tool-completed',
    turn: 1,
    callId: 'c2',
    name: 'kagent__NS__helm',
    result: {
      content: [{ type: 'text', text: 'installed' }],
      isError: false,
      usage: { inputTokens: 1, outputTokens: 1 },
    },
    durationMs: 1,
  },
  {
    type: 'tool-completed',
    turn: 1,
    callId: 'c1',
    name: 'get_pods',
    result: { content: [{ type: 'text', text: 'web' }], isError: true, structured: { a: 1 } },
    durationMs: 1,
  },
];
const answer: RunEventDraft = {
  type: 'model-completed',
  turn: 2,
  parts: [
    { type: 'reasoning', text: 'hm' },
    { type: 'text', text: 'One pod.' },
  ],
  finishReason: 'stop',
  durationMs: 1,
};
const ended: RunEventDraft = {
  type: 'run-ended',
  state: 'completed',
  usage: { inputTokens: 20, outputTokens: 7 },
};

const place = (drafts: RunEventDraft[]): RunEvent[] =>
  drafts.map((draft, index) => ({ ...draft, seq: index + 1, at }));
const whole = place([
  started,
  modelRequested,
  calls,
  ...requested,
  ...results,
  modelRequested,
  answer,
  ended,
]);

function stream(events: (RunEvent | ModelDelta)[]): A2AStreamEvent[] {
  const project = projectStream(run);
  return events.flatMap((event) => project(event));
}

describe('projectStream', () => {
  it('shows a run in the order and shape of the contract', () => {
    const events = stream(whole);
    for (const event of events) expect(A2AStreamEvent.parse(event)).toEqual(event);
    expect(
      events.map((event) => (event.kind === 'status-update' ? event.status.state : event.kind)),
    ).toEqual([
      'submitted',
      'working',
      'working',
      'working',
      'working',
      'working',
      'artifact-update',
      'completed',
    ]);
    expect(events.slice(0, 2)).toEqual([
      {
        kind: 'status-update',
        taskId: 'run',
        contextId: 'session',
        final: false,
        status: {
          state: 'submitted',
          timestamp: '2026-01-02T03:04:05.000Z',
          message: {
            kind: 'message',
            messageId: 'm',
            role: 'user',
            taskId: 'run',
            contextId: 'session',
            parts: [{ kind: 'text', text: 'pods?' }],
          },
        },
      },
      {
        kind: 'status-update',
        taskId: 'run',
        contextId: 'session',
        final: false,
        status: { state: 'working', timestamp: '2026-01-02T03:04:05.000Z' },
        metadata: base,
      },
    ]);
  });

  it('shows calls with the sessions of sub-agents, thoughts marked, usage in metadata', () => {
    const usage = {
      promptTokenCount: 10,
      candidatesTokenCount: 5,
      totalTokenCount: 15,
      cachedContentTokenCount: 4,
      thoughtsTokenCount: 2,
    };
    expect(stream(whole)[2]).toMatchObject({
      status: {
        message: {
          messageId: 'run-3',
          role: 'agent',
          parts: [
            { kind: 'text', text: 'let me think', metadata: { kagent_thought: true } },
            { kind: 'text', text: 'Looking.' },
            {
              kind: 'data',
              data: { id: 'c1', name: 'get_pods', args: { n: 1 } },
              metadata: { kagent_type: 'function_call' },
            },
            {
              kind: 'data',
              data: { id: 'c2', name: 'kagent__NS__helm', args: { request: 'r' } },
              metadata: { kagent_type: 'function_call', kagent_subagent_session_id: 'child' },
            },
          ],
        },
      },
      metadata: { ...author, kagent_usage_metadata: usage },
    });
  });

  it('shows results of tools and of agents', () => {
    const parts = stream(whole)
      .slice(3, 5)
      .map((event) => (event.kind === 'status-update' ? event.status.message?.parts : undefined));
    expect(parts).toEqual([
      [
        {
          kind: 'data',
          data: {
            id: 'c2',
            name: 'kagent__NS__helm',
            response: {
              result: 'installed',
              subagent_session_id: 'child',
              kagent_usage_metadata: {
                promptTokenCount: 1,
                candidatesTokenCount: 1,
                totalTokenCount: 2,
              },
            },
          },
          metadata: { kagent_type: 'function_response' },
        },
      ],
      [
        {
          kind: 'data',
          data: {
            id: 'c1',
            name: 'get_pods',
            response: {
              result: {
                content: [{ type: 'text', text: 'web' }],
                isError: true,
                structuredContent: { a: 1 },
              },
            },
          },
          metadata: { kagent_type: 'function_response' },
        },
      ],
    ]);
  });

  it('ends with the answer as artifact and a final status', () => {
    expect(stream(whole).slice(-2)).toEqual([
      {
        kind: 'artifact-update',
        taskId: 'run',
        contextId: 'session',
        lastChunk: true,
        artifact: { artifactId: 'run-artifact', parts: [{ kind: 'text', text: 'One pod.' }] },
      },
      {
        kind: 'status-update',
        taskId: 'run',
        contextId: 'session',
        final: true,
        status: { state: 'completed', timestamp: '2026-01-02T03:04:05.000Z' },
        metadata: {
          ...base,
          kagent_run_usage_metadata: {
            promptTokenCount: 20,
            candidatesTokenCount: 7,
            totalTokenCount: 27,
          },
        },
      },
    ]);
  });

  it('marks deltas as partial, under ids of their own', () => {
    const delta = (kind: 'text' | 'reasoning', text: string): ModelDelta => ({
      type: 'model-delta',
      turn: 1,
      kind,
      text,
    });
    const project = projectStream(run);
    for (const event of whole.slice(0, 2)) project(event);
    const [thought] = project(delta('reasoning', 'hm'));
    const [text] = project(delta('text', 'On'));
    expect(thought).toMatchObject({
      status: {
        state: 'working',
        message: { parts: [{ text: 'hm', metadata: { kagent_thought: true } }] },
      },
      metadata: { ...author, kagent_adk_partial: true },
      final: false,
    });
    expect(text).toMatchObject({ status: { message: { parts: [{ kind: 'text', text: 'On' }] } } });
    const ids = [thought, text].map((event) =>
      event?.kind === 'status-update' ? event.status.message?.messageId : '',
    );
    expect(new Set(ids).size).toBe(2);
  });

  it.each([
    [
      'failed',
      {
        type: 'run-ended',
        state: 'failed',
        error: { code: 'model_unreachable', message: 'no answer' },
      },
      'no answer',
      'model_unreachable',
    ],
    ['canceled', { type: 'run-ended', state: 'canceled' }, 'The run was canceled.', undefined],
  ] satisfies [string, RunEventDraft, string, string | undefined][])(
    'ends %s with the reason and without an artifact',
    (...[state, end, text, code]) => {
      const events = stream(place([started, modelRequested, end]));
      expect(events).toHaveLength(3);
      expect(events[2]).toMatchObject({
        final: true,
        status: { state, message: { role: 'agent', parts: [{ kind: 'text', text }] } },
      });
      expect(events[2]?.metadata?.kagent_error_code).toBe(code);
    },
  );

  it('shows notices when they come, beside the answer and on the final status', () => {
    const warning = {
      code: 'tools_unavailable',
      message: 'The tools of x are not available: down',
    };
    const events = stream(
      place([started, { type: 'notice', ...warning }, modelRequested, answer, ended]),
    );
    expect(events[2]).toMatchObject({
      status: {
        message: {
          parts: [{ text: warning.message, metadata: { kagent_notice: 'tools_unavailable' } }],
        },
      },
      metadata: { kagent_notice: warning },
    });
    expect(events.at(-2)).toMatchObject({
      artifact: { parts: [{ text: 'One pod.' }, { text: warning.message }] },
    });
    expect(events.at(-1)?.metadata?.kagent_notice).toEqual([warning]);
  });

  it('says nothing about resumes, requests and cancel wishes', () => {
    const silent = place([
      started,
      { type: 'run-resumed', holder: 'x' },
      modelRequested,
      { type: 'cancel-requested', by: 'ann' },
    ]);
    expect(stream(silent)).toHaveLength(2);
  });

  it('shows the same after a crash between a turn and its calls', () => {
    const resumed: RunEventDraft = { type: 'run-resumed', holder: 'b' };
    const crashed = stream(
      place([started, modelRequested, calls, resumed, ...requested, ...results]),
    );
    expect(crashed.slice(2)).toEqual(
      stream(place([started, modelRequested, calls, resumed, ...requested, ...results])).slice(2),
    );
    expect(crashed[2]).toMatchObject({
      status: {
        message: {
          messageId: 'run-3',
          parts: [{}, {}, {}, { metadata: { kagent_subagent_session_id: 'child' } }],
        },
      },
    });
  });
});

describe('projectTask', () => {
  it('holds the history, the answer and the metadata of a finished run', () => {
    const task = projectTask(run, whole);
    expect(Task.parse(task)).toEqual(task);
    expect(task.status).toEqual({ state: 'completed', timestamp: '2026-01-02T03:04:05.000Z' });
    expect(task.history?.map((message) => message.messageId)).toEqual([
      'm',
      'run-3',
      'run-6',
      'run-7',
      'run-9',
    ]);
    expect(task.history?.at(-1)?.parts.at(-1)).toEqual({ kind: 'text', text: 'One pod.' });
    expect(task.artifacts?.[0]?.parts).toEqual([{ kind: 'text', text: 'One pod.' }]);
    expect(task.metadata).toMatchObject({
      ...author,
      kagent_usage_metadata: { totalTokenCount: 15 },
    });
  });

  it('shows a run at every point as the stream would have it', () => {
    for (let length = 1; length <= whole.length; length += 1) {
      const events = whole.slice(0, length);
      const task = projectTask(run, events);
      const seen = new Set(
        stream(events).flatMap((event) =>
          event.kind === 'status-update' && event.status.message
            ? [event.status.message.messageId]
            : [],
        ),
      );
      const shown = [
        ...(task.history ?? []),
        ...(task.status.message ? [task.status.message] : []),
      ];
      for (const id of seen) expect(shown.map((message) => message.messageId)).toContain(id);
      expect(new Set(shown.map((message) => message.messageId)).size).toBe(shown.length);
    }
  });

  it('shows a turn whose calls are not journalled yet', () => {
    const task = projectTask(run, whole.slice(0, 3));
    expect(task.status).toMatchObject({ state: 'working', message: { messageId: 'run-3' } });
  });

  it('is submitted before the first event', () => {
    expect(projectTask(run, [])).toEqual({
      kind: 'task',
      id: 'run',
      contextId: 'session',
      status: { state: 'submitted' },
      history: [],
    });
  });
});

describe('names and counts', () => {
  it.each([
    ['kagent/k8s-agent', 'kagent__NS__k8s_agent'],
    ['my-ns/a', 'my_ns__NS__a'],
  ])('appName(%s)', (agent, name) => {
    expect(appName(agent)).toBe(name);
  });

  it('leaves out counts that are not known', () => {
    expect(usageMetadata({ inputTokens: 1, outputTokens: 2 })).toEqual({
      promptTokenCount: 1,
      candidatesTokenCount: 2,
      totalTokenCount: 3,
    });
  });
});
