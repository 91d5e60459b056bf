import type { A2AMessage, A2AStreamEvent, ModelDelta, RunEventDraft } from '@kagent/spec';
import { describe, expect, it } from 'vitest';
import { createHttp } from '../../http.ts';
import { createFakeServer, type FakeServer } from '../../testing/fake-server.ts';
import { createWaits } from '../../testing/waits.ts';
import { type ChatApi, createChatApi } from './api.ts';
import { type Conversation, createConversation } from './conversation.ts';

const AGENT = { namespace: 'kagent', name: 'k8s-agent' };
const POLL = { interval: 2, timeout: 2_000 };

const delta = (text: string): ModelDelta => ({ type: 'model-delta', turn: 1, kind: 'text', text });
const answer = (text: string): RunEventDraft[] => [
  {
    type: 'model-completed',
    turn: 1,
    parts: [{ type: 'text', text }],
    finishReason: 'stop',
    durationMs: 1,
  },
  { type: 'run-ended', state: 'completed' },
];

interface TestChat {
  conversation: Conversation;
  server: FakeServer;
  /** What a person reads. */
  texts(): string[];
  phase(phase: string): Promise<void>;
  arrived(): Promise<void>;
  passTime(): Promise<void>;
  close(): void;
  log: string[];
}

function open(server: FakeServer, sessionId?: string): TestChat {
  const log: string[] = [];
  const waits = createWaits();
  let ids = 0;
  const id = sessionId ?? 'chat-new';
  const conversation = createConversation({
    api: createChatApi(createHttp(server.fetch), AGENT, id),
    sessionId: id,
    exists: sessionId !== undefined,
    services: { wait: waits.wait, randomId: () => `m-${(ids += 1)}` },
    onCreated: () => log.push('created'),
    onRest: () => log.push('rest'),
  });
  const close = conversation.open();
  return {
    conversation,
    server,
    texts: () => textsOf(conversation),
    phase: (phase) => expect.poll(() => conversation.getState().phase, POLL).toBe(phase),
    arrived: () => expect.poll(() => server.runs.length, POLL).toBeGreaterThan(0),
    async passTime() {
      await expect.poll(waits.count, POLL).toBe(1);
      waits.end();
    },
    close,
    log,
  };
}

function textsOf(conversation: Conversation): string[] {
  return conversation
    .getState()
    .transcript.entries.map((entry) => (entry.kind === 'tool' ? entry.output : entry.text));
}

describe('conversation', () => {
  it('makes the session with the first message and shows the answer as it grows', async () => {
    const chat = open(createFakeServer());
    chat.conversation.send('List all namespaces');
    await chat.arrived();
    expect(chat.server.sessions).toEqual([{ id: 'chat-new', name: 'List all namespaces' }]);
    chat.server.latest().add(delta('All '), delta('four'));
    await expect.poll(chat.texts, POLL).toEqual(['List all namespaces', 'All four']);
    chat.server.latest().add(...answer('All four.'));
    await chat.phase('idle');
    expect(chat.texts()).toEqual(['List all namespaces', 'All four.']);
    expect(chat.log).toEqual(['created', 'rest']);
    expect(chat.server.calls).toEqual(['POST /api/sessions', 'rpc message/stream']);
  });

  it('shortens a long first line to a title', async () => {
    const chat = open(createFakeServer());
    chat.conversation.send(`${'é'.repeat(100)}\nsecond line`);
    await chat.arrived();
    expect(chat.server.sessions[0]?.name).toBe(`${'é'.repeat(59)}…`);
  });

  it('takes one message at a time', async () => {
    const chat = open(createFakeServer());
    chat.conversation.send('one');
    chat.conversation.send('two');
    await chat.arrived();
    expect(chat.texts()).toEqual(['one']);
  });

  it('shows what was said, and follows a run that still works', async () => {
    const server = createFakeServer();
    server.seed('chat-1', 'First?', ...answer('Yes.'));
    const running = server.seed('chat-1', 'Second?');
    const chat = open(server, 'chat-1');
    expect(chat.conversation.getState().phase).toBe('loading');
    await expect.poll(() => server.calls, POLL).toContain('rpc tasks/resubscribe');
    await chat.phase('working');
    running.add(delta('Al'), ...answer('Also.'));
    await chat.phase('idle');
    expect(chat.texts()).toEqual(['First?', 'Yes.', 'Second?', 'Also.']);
  });

  it('goes on after its stream was cut, without losing or doubling anything', async () => {
    const chat = open(createFakeServer());
    chat.conversation.send('Well?');
    await chat.arrived();
    const run = chat.server.latest();
    run.add(delta('All '));
    await expect.poll(chat.texts, POLL).toEqual(['Well?', 'All ']);
    run.cut();
    await expect.poll(() => chat.server.calls, POLL).toContain('rpc tasks/resubscribe');
    run.add(...answer('All well.'));
    await chat.phase('idle');
    expect(chat.texts()).toEqual(['Well?', 'All well.']);
    expect(chat.conversation.getState().problem).toBe('');
    expect(chat.server.runs).toHaveLength(1);
  });

  it('tells that the server is away, tries again, and finds the end of the run', async () => {
    const chat = open(createFakeServer());
    chat.conversation.send('Well?');
    await chat.arrived();
    chat.server.isUp = false;
    chat.server.latest().cut();
    await expect.poll(() => chat.conversation.getState().problem, POLL).toContain('Trying again');
    expect(chat.conversation.getState().phase).toBe('working');
    await chat.passTime();
    const tries = () => chat.server.calls.filter((call) => call === 'nothing answers').length;
    await expect.poll(tries, POLL).toBe(2);
    chat.server.latest().add(...answer('All well.'));
    chat.server.isUp = true;
    await chat.passTime();
    await chat.phase('idle');
    expect(chat.texts()).toEqual(['Well?', 'All well.']);
    expect(chat.conversation.getState().problem).toBe('');
  });

  it('keeps a message that was refused, with the reason, and sends it again under its id', async () => {
    const server = createFakeServer();
    server.refusal = 'Agent kagent/k8s-agent is not ready.';
    const chat = open(server);
    chat.conversation.send('Well?');
    await chat.phase('idle');
    expect(chat.conversation.getState().unsent).toEqual({ text: 'Well?', reason: server.refusal });
    expect(chat.texts()).toEqual([]);
    server.refusal = undefined;
    chat.conversation.retry();
    await chat.arrived();
    expect(chat.conversation.getState().unsent).toBeUndefined();
    server.latest().add(...answer('Yes.'));
    await chat.phase('idle');
    expect(chat.texts()).toEqual(['Well?', 'Yes.']);
    expect(server.sessions).toHaveLength(1);
  });

  it('says so when the first message finds no server', async () => {
    const server = createFakeServer();
    server.isUp = false;
    const chat = open(server);
    chat.conversation.send('Well?');
    await chat.phase('idle');
    expect(chat.conversation.getState().unsent?.reason).toBe('kagent does not answer.');
    expect(chat.log).toEqual(['rest']);
  });

  it('tells a lost message from one that arrived, once the server is back', async () => {
    const server = createFakeServer();
    server.seed('chat-1', 'First?', ...answer('Yes.'));
    const chat = open(server, 'chat-1');
    await chat.phase('idle');
    server.isUp = false;
    chat.conversation.send('Lost?');
    await expect.poll(() => chat.conversation.getState().problem, POLL).toContain('Trying again');
    server.isUp = true;
    await chat.passTime();
    await chat.phase('idle');
    expect(chat.conversation.getState().unsent?.text).toBe('Lost?');
    expect(chat.texts()).toEqual(['First?', 'Yes.']);
  });
});

describe('conversation that is stopped, closed or gone', () => {
  it('stops the run', async () => {
    const chat = open(createFakeServer());
    chat.conversation.send('Well?');
    await expect.poll(() => chat.conversation.getState().transcript.taskId, POLL).toBeDefined();
    chat.conversation.stop();
    expect(chat.conversation.getState().stopping).toBe(true);
    await chat.phase('idle');
    expect(chat.texts()).toEqual(['Well?', 'The run was canceled.']);
    expect(chat.conversation.getState().stopping).toBe(false);
  });

  it('stops a run that was not known yet when it was asked to', async () => {
    const server = createFakeServer();
    server.seed('chat-1', 'First?', ...answer('Yes.'));
    const chat = open(server, 'chat-1');
    await chat.phase('idle');
    chat.conversation.send('Second?');
    chat.conversation.stop();
    await chat.phase('idle');
    expect(chat.texts()).toEqual(['First?', 'Yes.', 'Second?', 'The run was canceled.']);
    expect(server.calls.filter((call) => call === 'rpc tasks/cancel')).toHaveLength(1);
  });

  it('says when a run cannot be stopped, and lets it be tried again', async () => {
    const chat = open(createFakeServer());
    chat.conversation.send('Well?');
    await expect.poll(() => chat.conversation.getState().transcript.taskId, POLL).toBeDefined();
    chat.server.isUp = false;
    chat.conversation.stop();
    await expect
      .poll(() => chat.conversation.getState().problem, POLL)
      .toContain('could not be stopped');
    chat.server.isUp = true;
    chat.conversation.stop();
    await chat.phase('idle');
    expect(chat.texts()).toEqual(['Well?', 'The run was canceled.']);
  });

  it('knows a chat that is not there', async () => {
    const chat = open(createFakeServer(), 'chat-gone');
    await chat.phase('missing');
    expect(chat.texts()).toEqual([]);
  });

  it('leaves the run alone when it is closed, and says no more', async () => {
    const chat = open(createFakeServer());
    chat.conversation.send('Well?');
    await expect.poll(() => chat.conversation.getState().transcript.taskId, POLL).toBeDefined();
    const before = chat.conversation.getState();
    chat.close();
    chat.server.latest().add(...answer('All well.'));
    await expect.poll(() => chat.log).toEqual(['created']);
    expect(chat.conversation.getState()).toBe(before);
    expect(chat.server.calls).not.toContain('rpc tasks/cancel');
  });

  it('can be closed and opened again', async () => {
    const server = createFakeServer();
    server.seed('chat-1', 'First?', ...answer('Yes.'));
    const chat = open(server, 'chat-1');
    chat.close();
    chat.conversation.open();
    await chat.phase('idle');
    expect(chat.texts()).toEqual(['First?', 'Yes.']);
  });

  it('gives up on a run that its agent does not know any more', async () => {
    const server = createFakeServer();
    server.seed('chat-1', 'First?');
    const { fetch } = server;
    server.fetch = async (input, init) => {
      const answered = await fetch(input, init);
      if (String(input).endsWith('/tasks')) server.runs.splice(0);
      return answered;
    };
    const chat = open(server, 'chat-1');
    await chat.phase('idle');
    expect(chat.conversation.getState().problem).toContain('Task is not known.');
  });
});

describe('conversation with an agent that asks back', () => {
  it('answers within the task that asked', async () => {
    const sent: A2AMessage[] = [];
    const api: ChatApi = {
      create: () => Promise.resolve(),
      tasks: () => Promise.resolve([]),
      cancel: () => Promise.resolve(),
      async *stream({ params }): AsyncGenerator<A2AStreamEvent> {
        sent.push((params as { message: A2AMessage }).message);
        const state = sent.length === 1 ? 'input-required' : 'completed';
        yield {
          kind: 'status-update',
          taskId: 't1',
          contextId: 'c',
          status: { state },
          final: true,
        };
      },
    };
    let ids = 0;
    const services = { wait: createWaits().wait, randomId: () => `m-${(ids += 1)}` };
    const listeners = { onCreated: () => {}, onRest: () => {} };
    const conversation = createConversation({
      api,
      sessionId: 'c',
      exists: false,
      services,
      ...listeners,
    });
    conversation.open();
    for (const text of ['Restart it', 'web', 'Thanks']) {
      conversation.send(text);
      await expect.poll(() => conversation.getState().phase, POLL).toBe('idle');
    }
    expect(sent.map((message) => message.taskId)).toEqual([undefined, 't1', undefined]);
  });
});
