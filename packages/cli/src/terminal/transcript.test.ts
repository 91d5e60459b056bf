import { type DistributiveOmit, projectStream, type RunEvent } from '@kagent/spec';
import { describe, expect, it } from 'vitest';
import { createTranscript } from './transcript.ts';

type Step = DistributiveOmit<RunEvent, 'seq' | 'at'> | { delta: string };

/** What a terminal shows of a run, through the same projection as on the wire. */
function show(steps: Step[]) {
  let text = '';
  const transcript = createTranscript({
    out: { write: (chunk: string) => (text += chunk) },
    color: false,
  });
  const project = projectStream({ runId: 'r', sessionId: 's' });
  let seq = 0;
  for (const step of steps) {
    const event =
      'delta' in step
        ? { type: 'model-delta' as const, turn: 1, kind: 'text' as const, text: step.delta }
        : { ...step, seq: (seq += 1), at: 0 };
    for (const output of project(event)) transcript.add(output);
  }
  return { outcome: transcript.end(), text };
}

const started: Step = {
  type: 'run-started',
  agent: 'kagent/a',
  userId: 'ann',
  message: {
    kind: 'message',
    messageId: 'm',
    role: 'user',
    parts: [{ kind: 'text', text: 'SECRET QUESTION' }],
  },
};
const answer = (text: string): Step => ({
  type: 'model-completed',
  turn: 1,
  parts: [{ type: 'text', text }],
  finishReason: 'stop',
  durationMs: 1,
});

describe('terminal transcript', () => {
  it('prints a streamed answer once, and not the question', () => {
    const { text, outcome } = show([
      started,
      { delta: 'Hel' },
      { delta: 'lo' },
      answer('Hello'),
      { type: 'run-ended', state: 'completed' },
    ]);
    expect(text).toBe('Hello\n');
    expect(outcome.state).toBe('completed');
  });

  it('prints an answer that was not streamed', () => {
    expect(show([started, answer('Whole'), { type: 'run-ended', state: 'completed' }]).text).toBe(
      'Whole\n',
    );
  });

  it('shows a tool call with its arguments, and the first line of the result', () => {
    const { text } = show([
      started,
      {
        type: 'model-completed',
        turn: 1,
        parts: [
          { type: 'tool-call', callId: 'c', name: 'get', args: { kind: 'pods', deep: { a: 1 } } },
        ],
        finishReason: 'tool-calls',
        durationMs: 1,
      },
      { type: 'tool-requested', turn: 1, callId: 'c', name: 'get', args: {}, repeatable: true },
      {
        type: 'tool-completed',
        turn: 1,
        callId: 'c',
        name: 'get',
        result: { content: [{ type: 'text', text: 'NAME\na\nb' }], isError: false },
        durationMs: 1,
      },
      answer('Done'),
      { type: 'run-ended', state: 'completed' },
    ]);
    expect(text).toBe('→ get(kind=pods, deep={"a":1})\n← NAME (+2 lines)\nDone\n');
  });

  it('reports why a run failed', () => {
    const { outcome } = show([
      started,
      {
        type: 'run-ended',
        state: 'failed',
        error: { code: 'model_unreachable', message: 'no model at x' },
      },
    ]);
    expect(outcome.state).toBe('failed');
    expect(outcome.message).toContain('no model at x');
  });
});
