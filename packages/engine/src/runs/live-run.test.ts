import type { ModelDelta, RunEvent, RunRecord } from '@kagent/spec';
import { describe, expect, it } from 'vitest';
import { collect } from '../testing/test-agent.ts';
import { createLiveRun } from './live-run.ts';

const record: RunRecord = {
  runId: 'r',
  sessionId: 's',
  agent: 'ns/a',
  userId: 'ann',
  messageId: 'm',
  state: 'running',
  createdAt: 0,
  updatedAt: 0,
  lastSeq: 1,
  holder: 'h',
  leaseUntil: 1,
};
const requested: RunEvent = {
  seq: 1,
  at: 0,
  type: 'model-requested',
  turn: 1,
  modelConfig: 'c',
  model: 'm',
};
const completed: RunEvent = {
  seq: 2,
  at: 0,
  type: 'model-completed',
  turn: 1,
  parts: [{ type: 'text', text: 'Hello world' }],
  finishReason: 'stop',
  durationMs: 1,
};
const said = (text: string): ModelDelta => ({ type: 'model-delta', turn: 1, kind: 'text', text });

describe('live run', () => {
  const signal = new AbortController().signal;

  it('gives a reader who comes in the middle of a sentence its start', async () => {
    const run = createLiveRun(record, { headers: {} }, []);
    run.publish(requested);
    run.publish(said('Hel'));
    run.publish(said('lo '));
    const reader = collect(run.subscribe(0, signal));
    run.publish(said('world'));
    run.publish(completed);
    run.closeReaders();
    const events = await reader;
    const words = events.map((event) => (event.type === 'model-delta' ? event.text : ''));
    expect(words.join('')).toBe('Hello world');
    expect(events.at(0)).toEqual(requested);
    expect(events.at(-1)).toEqual(completed);
  });

  it('does not repeat what a finished message holds', async () => {
    const run = createLiveRun(record, { headers: {} }, []);
    run.publish(requested);
    run.publish(said('Hello world'));
    run.publish(completed);
    const reader = collect(run.subscribe(0, signal));
    run.closeReaders();
    expect(await reader).toEqual([requested, completed]);
  });
});
