/** What is promised when the process dies: runs go on, side effects are not repeated, acknowledged writes are kept. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type A2AStreamEvent, AGENTS, METADATA, Task } from '@kagent/spec';
import {
  CONFIG_MAPS,
  createHttpTransport,
  createKubeClient,
  type KubeClient,
  loadKubeconfig,
} from '@kagent/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type A2AClient,
  answerOf,
  createA2AClient,
  textOf,
  toolCallsOf,
  toolResultsOf,
} from '../testing/a2a.ts';
import { createKubectl } from '../testing/kubectl.ts';
import { startMcpServer } from '../testing/mcp-server.ts';
import { agentManifest, remoteTools, startModel } from '../testing/scripted-model.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { startUp, type UpProcess } from '../testing/up-process.ts';
import { isTrue, waitFor } from '../testing/wait-for.ts';

/** Resolves `reached` when somebody calls `hold`, which itself never ends: the process that waits for it is killed. */
class Gate {
  readonly reached: Promise<void>;
  #reach: () => void = () => {};
  #isFirst = true;

  constructor() {
    this.reached = new Promise((resolve) => (this.#reach = resolve));
  }

  /** Holds the first caller for ever; later ones pass. */
  async hold(): Promise<void> {
    if (!this.#isFirst) return;
    this.#isFirst = false;
    this.#reach();
    await new Promise(() => {});
  }
}

/** Where a run is when the process is killed. */
const MOMENTS = {
  thinking: 'while the model is asked for the first time',
  charging: 'while a tool works that must not be repeated',
  reading: 'while a tool works that may be repeated',
  concluding: 'after the tool has answered, while the model is asked again',
  answering: 'while the answer streams',
} as const;
type Moment = keyof typeof MOMENTS;
const moments = Object.keys(MOMENTS) as Moment[];

/** One agent, one tool server, one model that knows where each run is to be interrupted. */
async function startWorld() {
  const gates = Object.fromEntries(moments.map((moment) => [moment, new Gate()])) as Record<
    Moment,
    Gate
  >;
  const done: Record<string, number> = {};
  const work = async (name: string, text = '') => {
    done[`${name} ${text}`] = (done[`${name} ${text}`] ?? 0) + 1;
    if (text === 'charging' || text === 'reading') await gates[text].hold();
    return `${name} of ${text} is done`;
  };
  const mcp = await startMcpServer({
    charge: { description: 'Charges a card', run: ({ text }) => work('charge', text) },
    look: { description: 'Looks at a bill', readOnly: true, run: ({ text }) => work('look', text) },
  });
  const seen: string[] = [];
  let streams = 0;
  const model = await startModel(
    async ({ messages }) => {
      const user = messages.findLast(({ role }) => role === 'user')?.text ?? '';
      const last = messages.at(-1);
      const moment = moments.find((name) => user.includes(name));
      if (moment === undefined) return { text: 'As you like.' };
      if (last?.role !== 'tool') {
        if (moment === 'thinking') await gates.thinking.hold();
        const name = moment === 'reading' ? 'look' : 'charge';
        return { toolCalls: [{ name, args: { text: moment } }] };
      }
      seen.push(`${moment}: ${last.text}`);
      if (moment === 'concluding') await gates.concluding.hold();
      const answer = `All about ${moment} is settled.`;
      if (moment !== 'answering' || ++streams > 1) return { text: answer };
      return { chunks: Array.from({ length: 500 }, () => 'slowly ') };
    },
    { chunkDelayMs: 20 },
  );
  const manifests =
    model.manifest('billing-model') +
    mcp.manifest('billing') +
    agentManifest('billing-agent', {
      modelConfig: 'billing-model',
      tools: [remoteTools('billing')],
    });
  const stop = () => Promise.all([mcp.stop(), model.stop()]);
  return { gates, done, seen, manifests, stop };
}

interface Clients {
  up: UpProcess;
  kube: KubeClient;
  a2a: A2AClient;
}

async function start(home: string): Promise<Clients> {
  const up = await startUp({ home });
  const { transport } = await loadKubeconfig({ path: up.kubeconfig, env: {} });
  const kube = createKubeClient(createHttpTransport(transport));
  return { up, kube, a2a: createA2AClient(up.urls.api) };
}

/** Applies the world's manifests with kubectl and waits for the agent. */
async function applyWorld({ up, kube }: Clients, manifests: string, cache: string): Promise<void> {
  await createKubectl({ kubeconfig: up.kubeconfig, cache }).apply(manifests);
  const agent = { type: AGENTS, namespace: 'kagent', name: 'billing-agent' };
  await waitFor(kube, agent, (object) => isTrue(object, 'Ready') && isTrue(object, 'ToolsReady'));
}

interface Begun {
  taskId: string;
  contextId: string;
}

/** Begins a run and resolves at its first event; the stream is read on in the background until it breaks. */
async function begin(
  { a2a }: Clients,
  text: string,
  onEvent: (event: A2AStreamEvent) => void = () => {},
): Promise<Begun> {
  const events = a2a.stream('billing-agent', text)[Symbol.asyncIterator]();
  const { value: first } = await events.next();
  if (first?.kind !== 'status-update') throw new Error(`unexpected first event ${first?.kind}`);
  const readOn = async () => {
    for (let next = await events.next(); !next.done; next = await events.next())
      onEvent(next.value);
  };
  readOn().catch(() => undefined);
  return { taskId: first.taskId, contextId: first.contextId };
}

async function ended({ a2a }: Clients, { taskId }: Begun): Promise<Task> {
  const read = async () => Task.parse(await a2a.call('billing-agent', 'tasks/get', { id: taskId }));
  await expect
    .poll(async () => (await read()).status.state, { interval: 20, timeout: 30_000 })
    .not.toMatch(/submitted|working/);
  return read();
}

describe('kill -9 in the middle of runs', () => {
  const folder = tempFolder();
  const home = join(folder.path, 'home');
  const runs = {} as Record<Moment, Begun>;
  const acknowledged: string[] = [];
  let world: Awaited<ReturnType<typeof startWorld>>;
  let sessionId = '';
  let after: Clients;

  beforeAll(async () => {
    world = await startWorld();
    const before = await start(home);
    await applyWorld(before, world.manifests, folder.path);
    const streaming = Promise.withResolvers<void>();
    const isDelta = (event: A2AStreamEvent) =>
      event.kind === 'status-update' && event.metadata?.[METADATA.partial] === true;
    for (const moment of moments) {
      runs[moment] = await begin(before, `Do what belongs to ${moment}`, (event) => {
        if (moment === 'answering' && isDelta(event)) streaming.resolve();
      });
    }
    const { answering: _, ...gates } = world.gates;
    await Promise.all([streaming.promise, ...Object.values(gates).map(({ reached }) => reached)]);
    sessionId = await createSession(before);
    const writing = writeUntilRefused(before.kube, (name) => {
      acknowledged.push(name);
      // in the middle of the next write
      if (acknowledged.length === 100) void before.up.end('SIGKILL');
    });
    await writing;
    await before.up.end('SIGKILL');
    after = await start(home);
  });
  afterAll(async () => {
    await after.up.end('SIGTERM');
    await world.stop();
    folder.remove();
  });

  it.each(moments)('a run that was %s goes on and ends completed', async (moment) => {
    const task = await ended(after, runs[moment]);
    expect(task.status.state).toBe('completed');
    expect(answerOf(task)).toBe(`All about ${moment} is settled.`);
    expect(toolCallsOf(task)).toEqual([
      { name: moment === 'reading' ? 'look' : 'charge', args: { text: moment } },
    ]);
  });

  it('makes each call with an effect once, and says so when its outcome is unknown', async () => {
    for (const moment of moments) await ended(after, runs[moment]);
    expect(world.done).toEqual({
      'charge thinking': 1,
      'charge charging': 1,
      'charge concluding': 1,
      'charge answering': 1,
      'look reading': 2,
    });
    const charging = await ended(after, runs.charging);
    expect(toolResultsOf(charging).join()).toMatch(
      /outcome of this call .* is unknown.*not repeated/,
    );
    expect(world.seen).toContainEqual(expect.stringMatching(/^charging: .*outcome .* is unknown/));
    expect(world.seen).toContain('reading: look of reading is done');
  });

  it('shows the whole conversation in the session, which can go on', async () => {
    const { contextId } = runs.concluding;
    await ended(after, runs.concluding);
    const tasks = await tasksOf(after, contextId);
    expect(tasks.map(({ status }) => status.state)).toEqual(['completed']);
    const history = tasks[0]?.history ?? [];
    expect(history.map(({ role }) => role)).toEqual(['user', 'agent', 'agent', 'agent']);
    expect(textOf(history[0]?.parts ?? [])).toBe('Do what belongs to concluding');
    expect(textOf(history[3]?.parts ?? [])).toBe('All about concluding is settled.');
    expect(toolResultsOf(tasks[0]!).join()).toContain('charge of concluding is done');

    const next = await after.a2a.send('billing-agent', 'And once more', { contextId });
    expect(next.status.state).toBe('completed');
    expect(await tasksOf(after, contextId)).toHaveLength(2);
  });

  it('keeps every acknowledged write', async () => {
    const { items } = await after.kube.list(CONFIG_MAPS, { namespace: 'default' });
    const names = new Set(items.map(({ metadata }) => metadata.name));
    expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
    const session = await fetch(`${after.up.urls.api}/api/sessions/${sessionId}`);
    expect(session.status).toBe(200);
    expect(await session.json()).toMatchObject({ data: { session: { name: 'kept' } } });
  });
});

async function createSession({ up }: Clients): Promise<string> {
  const response = await fetch(`${up.urls.api}/api/sessions`, {
    method: 'POST',
    body: JSON.stringify({ agent_ref: 'kagent/billing-agent', name: 'kept' }),
  });
  const { data } = (await response.json()) as { data: { id: string } };
  return data.id;
}

async function tasksOf({ up }: Clients, contextId: string): Promise<Task[]> {
  const response = await fetch(`${up.urls.api}/api/sessions/${contextId}/tasks`);
  const { data } = (await response.json()) as { data: unknown[] };
  return data.map((task) => Task.parse(task));
}

/** Creates ConfigMaps one after the other until the server is gone. */
async function writeUntilRefused(
  kube: KubeClient,
  acknowledged: (name: string) => void,
): Promise<void> {
  for (let index = 0; ; index += 1) {
    const name = `written-${index}`;
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default' },
    };
    try {
      await kube.create(CONFIG_MAPS, object);
    } catch {
      return;
    }
    acknowledged(name);
  }
}

describe('Ctrl-C in the middle of a run', () => {
  it('ends with 0 soon, and the next start finds everything and finishes the run', async () => {
    const folder = tempFolder();
    const home = join(folder.path, 'home');
    const world = await startWorld();
    try {
      const before = await start(home);
      await applyWorld(before, world.manifests, folder.path);
      const earlier = await before.a2a.send('billing-agent', 'Just do it');
      const run = await begin(before, 'Do what belongs to concluding');
      await world.gates.concluding.reached;

      const interrupted = performance.now();
      expect(await before.up.end('SIGINT')).toBe(0);
      expect(performance.now() - interrupted).toBeLessThan(5000);
      expect(before.up.output()).toContain(`Everything is kept in ${home}`);
      await expect(fetch(`${before.up.urls.api}/health`)).rejects.toThrow('fetch failed');

      const after = await start(home);
      const task = await ended(after, run);
      expect(task.status.state).toBe('completed');
      expect(world.done['charge concluding']).toBe(1);
      expect(await tasksOf(after, earlier.contextId)).toHaveLength(1);
      const kept = await after.kube.get(AGENTS, { namespace: 'kagent', name: 'billing-agent' });
      expect(isTrue(kept, 'Accepted')).toBe(true);
      expect(statSync(after.up.kubeconfig).mode & 0o777).toBe(0o600);
      expect(await after.up.end('SIGTERM')).toBe(0);
    } finally {
      await world.stop();
      folder.remove();
    }
  });
});
