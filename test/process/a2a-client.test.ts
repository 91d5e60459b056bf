/** The gateway as the A2A SDK sees it: a client that was written by others for other servers. */
import { Role, type StreamResponse, type Task, TaskState } from '@a2a-js/sdk';
import {
  type Client,
  ClientFactory,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
} from '@a2a-js/sdk/client';
import { TaskNotCancelableError, TaskNotFoundError } from '@a2a-js/sdk/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import { agentManifest, type ModelServer, startModel } from '../testing/scripted-model.ts';

/** What the model waits for, by a word in the question. */
const gates = new Map<string, PromiseWithResolvers<void>>();
/** Questions that reached the model. */
const asked: string[] = [];

let platform: TestPlatform;
let model: ModelServer;
let client: Client;

beforeAll(async () => {
  model = await startModel(async ({ messages }) => {
    const question = messages.findLast(({ role }) => role === 'user')?.text ?? '';
    asked.push(question);
    await gates.get(question)?.promise;
    return { chunks: ['You ', 'asked: ', question, ` (${messages.length} messages)`] };
  });
  platform = await startTestPlatform();
  await platform.kubectl.apply(
    model.manifest('echo-model') + agentManifest('echo-agent', { modelConfig: 'echo-model' }),
  );
  await platform.agentReady('echo-agent');
  client = await connect('echo-agent');
});
afterAll(async () => {
  await platform.stop();
  await model.stop();
});

/** As an application would: from the address of the card alone. */
async function connect(agent: string): Promise<Client> {
  const legacyCompat = { enabled: true };
  const factory = new ClientFactory({
    transports: [new JsonRpcTransportFactory({ legacyCompat })],
    cardResolver: new DefaultAgentCardResolver({ legacyCompat }),
  });
  const card = `${platform.urls.api}/api/a2a/kagent/${agent}/.well-known/agent-card.json`;
  return factory.createFromUrl(card, '');
}

function question(text: string, contextId = '') {
  return {
    tenant: '',
    configuration: undefined,
    metadata: undefined,
    message: {
      messageId: crypto.randomUUID(),
      contextId,
      taskId: '',
      role: Role.ROLE_USER,
      parts: [
        {
          content: { $case: 'text' as const, value: text },
          metadata: undefined,
          filename: '',
          mediaType: '',
        },
      ],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    },
  };
}

function textOf(
  parts: { content?: { $case: string; value?: unknown } | undefined }[] = [],
): string {
  return parts
    .map(({ content }) => (content?.$case === 'text' ? String(content.value) : ''))
    .join('');
}

async function ask(text: string, contextId?: string): Promise<Task> {
  const result = await client.sendMessage(question(text, contextId));
  if (!('status' in result)) throw new Error('a message instead of a task');
  return result;
}

/** State of a stream's event, where it tells one. */
function stateOf({ payload }: StreamResponse): TaskState | undefined {
  if (payload?.$case === 'task' || payload?.$case === 'statusUpdate')
    return payload.value.status?.state;
  return undefined;
}

function taskIdOf({ payload }: StreamResponse): string | undefined {
  if (payload?.$case === 'task') return payload.value.id;
  return payload?.$case === 'statusUpdate' ? payload.value.taskId : undefined;
}

/** Begins a run that the model answers only after `release`; resolves when the model was asked. */
async function beginHeld(text: string) {
  const gate = Promise.withResolvers<void>();
  gates.set(text, gate);
  const events = client.sendMessageStream(question(text));
  const first = await events.next();
  if (first.done) throw new Error('the stream was empty');
  await expect.poll(() => asked, { interval: 20 }).toContain(text);
  const rest = (async () => {
    const seen = [first.value];
    for await (const event of events) seen.push(event);
    return seen;
  })();
  return { taskId: taskIdOf(first.value) ?? '', rest, release: () => gate.resolve() };
}

describe('the A2A SDK', () => {
  it('reads the card', async () => {
    const card = await (await connect('k8s-agent')).getAgentCard();
    expect(card).toMatchObject({
      name: 'k8s_agent',
      supportedInterfaces: [
        {
          url: `${platform.urls.api}/api/a2a/kagent/k8s-agent/`,
          protocolBinding: 'JSONRPC',
          protocolVersion: '0.3.0',
        },
      ],
      capabilities: { streaming: true },
    });
    expect(card.skills.map(({ id }) => id)).toContain('cluster-diagnostics');
  });

  it('sends a message and gets the task, twice in one conversation', async () => {
    const first = await ask('first');
    expect(first.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
    expect(textOf(first.artifacts[0]?.parts)).toBe('You asked: first (1 messages)');
    expect(first.history.map(({ role }) => role)).toEqual([Role.ROLE_USER, Role.ROLE_AGENT]);
    const second = await ask('second', first.contextId);
    expect(second.contextId).toBe(first.contextId);
    expect(textOf(second.artifacts[0]?.parts)).toBe('You asked: second (3 messages)');
  });

  it('streams: submitted, working with the pieces of the answer, the artifact, completed', async () => {
    const seen: StreamResponse[] = [];
    for await (const event of client.sendMessageStream(question('streamed'))) seen.push(event);
    const states = seen.map(stateOf).filter((state) => state !== undefined);
    expect(states[0]).toBe(TaskState.TASK_STATE_SUBMITTED);
    expect(states.slice(1, -1).every((state) => state === TaskState.TASK_STATE_WORKING)).toBe(true);
    expect(states.at(-1)).toBe(TaskState.TASK_STATE_COMPLETED);
    const pieces = seen.flatMap(({ payload }) =>
      payload?.$case === 'statusUpdate' && payload.value.metadata?.['kagent_adk_partial'] === true
        ? [textOf(payload.value.status?.message?.parts)]
        : [],
    );
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe('You asked: streamed (1 messages)');
    const artifact = seen.find(({ payload }) => payload?.$case === 'artifactUpdate')?.payload;
    expect(artifact?.$case === 'artifactUpdate' && textOf(artifact.value.artifact?.parts)).toBe(
      pieces.join(''),
    );
    expect(new Set(seen.map(taskIdOf).filter(Boolean)).size).toBe(1);
  });

  it('gets a task again, and an error of its own for one that is not there', async () => {
    const task = await ask('to be read again');
    const again = await client.getTask({ tenant: '', id: task.id, historyLength: undefined });
    expect(again).toEqual(task);
    const unknown = client.getTask({ tenant: '', id: 'no-such-task', historyLength: undefined });
    await expect(unknown).rejects.toBeInstanceOf(TaskNotFoundError);
  });

  it('cancels a running task, which ends its stream and the call of the model', async () => {
    const { taskId, rest } = await beginHeld('to be canceled');
    const cancel = { tenant: '', id: taskId, metadata: undefined };
    const asking = performance.now();
    const canceled = await client.cancelTask(cancel);
    expect(performance.now() - asking).toBeLessThan(2000);
    expect(canceled.status?.state).toBe(TaskState.TASK_STATE_CANCELED);
    expect(stateOf((await rest).at(-1)!)).toBe(TaskState.TASK_STATE_CANCELED);
    const after = await client.getTask({ tenant: '', id: taskId, historyLength: undefined });
    expect(after.status?.state).toBe(TaskState.TASK_STATE_CANCELED);
    await expect.poll(() => model.abandoned(), { interval: 20 }).toBe(1);
    await expect(client.cancelTask(cancel)).rejects.toBeInstanceOf(TaskNotCancelableError);
  });

  it('subscribes again to a running task and to one that has ended', async () => {
    const { taskId, rest, release } = await beginHeld('watched by two');
    const other = await connect('echo-agent');
    const subscription = other.resubscribeTask({ tenant: '', id: taskId });
    const first = await subscription.next();
    expect(first.done).toBe(false);
    release();
    const seen: StreamResponse[] = [first.value as StreamResponse];
    for await (const event of subscription) seen.push(event);
    for (const events of [seen, await rest]) {
      expect(stateOf(events.at(-1)!)).toBe(TaskState.TASK_STATE_COMPLETED);
      expect(JSON.stringify(events)).toContain('You asked: ');
    }
    const late: StreamResponse[] = [];
    for await (const event of other.resubscribeTask({ tenant: '', id: taskId })) late.push(event);
    expect(stateOf(late.at(-1)!)).toBe(TaskState.TASK_STATE_COMPLETED);
  });

  it('goes on when the reader leaves in the middle', async () => {
    const gate = Promise.withResolvers<void>();
    gates.set('left alone', gate);
    let taskId = '';
    for await (const event of client.sendMessageStream(question('left alone'))) {
      taskId = taskIdOf(event) ?? '';
      break;
    }
    await expect.poll(() => asked, { interval: 20 }).toContain('left alone');
    gate.resolve();
    const read = () => client.getTask({ tenant: '', id: taskId, historyLength: undefined });
    await expect
      .poll(async () => (await read()).status?.state, { interval: 20, timeout: 5000 })
      .toBe(TaskState.TASK_STATE_COMPLETED);
  });
});
