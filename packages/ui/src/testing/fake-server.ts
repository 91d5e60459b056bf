/** A kagent server of one test, behind `fetch`: what it knows is data, what it streams is sent by the test. */
import {
  type A2AStreamEvent,
  type ModelDelta,
  projectStream,
  projectTask,
  type RunEventDraft,
  type RunEvent,
} from '@kagent/spec';

export interface FakeRun {
  runId: string;
  sessionId: string;
  /** Appends to the journal and tells the streams that are open. */
  add(...drafts: (RunEventDraft | ModelDelta)[]): void;
  /** Cuts the streams as a broken network does. */
  cut(): void;
}

export interface FakeServer {
  fetch: typeof fetch;
  /** Elements of `GET /api/agents`. */
  agents: unknown[];
  sessions: { id: string; name: string }[];
  runs: FakeRun[];
  /** False: nothing answers. */
  isUp: boolean;
  /** Refuses messages with this text, as the gateway does. */
  refusal: string | undefined;
  /** `METHOD path`, `rpc method` or `nothing answers`, in order. */
  calls: string[];
  /** The last run, once a message has arrived. */
  latest(): FakeRun;
  /** A run from before. */
  seed(sessionId: string, text: string, ...drafts: RunEventDraft[]): FakeRun;
}

export function agentItem(name: string, fields: Record<string, unknown> = {}): unknown {
  const conditions = [
    { type: 'Accepted', status: 'True', reason: 'Reconciled' },
    { type: 'Ready', status: 'True', reason: 'DeploymentReady' },
  ];
  const skills = [{ id: 'a', name: 'a', examples: ['List all namespaces'] }];
  return {
    id: `kagent__NS__${name}`,
    agent: {
      metadata: { name, namespace: 'kagent' },
      spec: {
        type: 'Declarative',
        description: `${name} helps`,
        declarative: { a2aConfig: { skills } },
      },
      status: { conditions },
    },
    modelProvider: 'OpenAI',
    model: 'gpt-test',
    deploymentReady: true,
    accepted: true,
    ...fields,
  };
}

export function createFakeServer(): FakeServer {
  const runs: LiveRun[] = [];
  const server: FakeServer = {
    agents: [agentItem('k8s-agent')],
    sessions: [],
    runs,
    isUp: true,
    refusal: undefined,
    calls: [],
    latest() {
      const run = runs.at(-1);
      if (!run) throw new Error('no message has arrived');
      return run;
    },
    seed(sessionId, text, ...drafts) {
      server.sessions.unshift({ id: sessionId, name: text });
      const message = {
        kind: 'message' as const,
        messageId: `m-${text}`,
        role: 'user' as const,
        parts: [{ kind: 'text' as const, text }],
      };
      const run = createRun(sessionId, message, runs.length);
      runs.push(run);
      run.add(...drafts);
      return run;
    },
    async fetch(input, init) {
      const path = String(input);
      const method = init?.method ?? 'GET';
      init?.signal?.throwIfAborted();
      if (!server.isUp) {
        server.calls.push('nothing answers');
        throw new TypeError('Failed to fetch');
      }
      const body = typeof init?.body === 'string' ? init.body : '';
      return path.startsWith('/api/a2a/')
        ? rpc(server, runs, { body, signal: init?.signal ?? undefined })
        : rest(server, runs, { method, path, body });
    },
  };
  return server;
}

function rest(
  server: FakeServer,
  runs: LiveRun[],
  { method, path, body }: { method: string; path: string; body: string },
): Response {
  server.calls.push(`${method} ${path}`);
  if (path === '/api/agents') return ok(server.agents);
  if (path.startsWith('/api/sessions/agent/')) return ok(server.sessions);
  if (method === 'POST' && path === '/api/sessions') {
    const { id, name } = JSON.parse(body) as { id: string; name: string };
    server.sessions.unshift({ id, name });
    return ok({ id, name });
  }
  const id = /^\/api\/sessions\/(.+)\/tasks$/.exec(path)?.[1];
  if (!server.sessions.some((session) => session.id === id)) {
    return json(404, { error: `Session not found: ${id}` });
  }
  return ok(runs.filter((run) => run.sessionId === id).map((run) => run.task()));
}

function rpc(
  server: FakeServer,
  runs: LiveRun[],
  { body, signal }: { body: string; signal: AbortSignal | undefined },
): Response {
  const { method, params } = JSON.parse(body) as {
    method: string;
    params: { id: string; message: Message };
  };
  server.calls.push(`rpc ${method}`);
  if (method === 'message/stream') {
    if (server.refusal !== undefined) {
      const error = { code: -32603, message: server.refusal, data: { code: 'agent_not_ready' } };
      return sse([`data: ${JSON.stringify({ jsonrpc: '2.0', id: '1', error })}\n\n`]);
    }
    const { message } = params;
    const known = runs.find((run) => run.messageId === message.messageId);
    const run = known ?? createRun(message.contextId ?? '', message, runs.length);
    if (!known) runs.push(run);
    return run.stream({ withTask: false, signal });
  }
  const run = runs.find((item) => item.runId === params.id);
  if (!run)
    return json(200, {
      jsonrpc: '2.0',
      id: '1',
      error: { code: -32001, message: 'Task is not known.' },
    });
  if (method === 'tasks/resubscribe') return run.stream({ withTask: true, signal });
  run.add({ type: 'cancel-requested', by: 'me' }, { type: 'run-ended', state: 'canceled' });
  return json(200, { jsonrpc: '2.0', id: '1', result: run.task() });
}

type Message = Extract<RunEventDraft, { type: 'run-started' }>['message'];

interface LiveRun extends FakeRun {
  messageId: string;
  task(): ReturnType<typeof projectTask>;
  stream(options: { withTask: boolean; signal: AbortSignal | undefined }): Response;
}

function createRun(sessionId: string, message: Message, index: number): LiveRun {
  const ids = { runId: `run-${index}`, sessionId };
  const events: RunEvent[] = [];
  const readers = new Set<{ push(event: RunEvent | ModelDelta): void; cut(): void }>();
  const run: LiveRun = {
    ...ids,
    messageId: message.messageId,
    add(...drafts) {
      for (const draft of drafts) {
        const event =
          draft.type === 'model-delta' ? draft : { ...draft, seq: events.length + 1, at: 0 };
        if (event.type !== 'model-delta') events.push(event);
        for (const reader of readers) reader.push(event);
      }
    },
    cut() {
      for (const reader of readers) reader.cut();
    },
    task: () => projectTask(ids, events),
    stream({ withTask, signal }) {
      const project = projectStream(ids);
      const encoder = new TextEncoder();
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          const send = (event: A2AStreamEvent) => controller.enqueue(encoder.encode(frame(event)));
          const reader = {
            push(event: RunEvent | ModelDelta) {
              for (const update of project(event)) send(update);
              if (event.type !== 'run-ended') return;
              readers.delete(reader);
              controller.close();
            },
            cut() {
              readers.delete(reader);
              controller.error(new TypeError('network error'));
            },
          };
          readers.add(reader);
          if (withTask) {
            send(run.task());
            for (const event of events) project(event);
          } else for (const event of events) reader.push(event);
          signal?.addEventListener(
            'abort',
            () => readers.delete(reader) && controller.error(signal.reason),
          );
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    },
  };
  run.add({ type: 'run-started', agent: 'kagent/k8s-agent', userId: 'me', message });
  return run;
}

function frame(event: A2AStreamEvent): string {
  return `data: ${JSON.stringify({ jsonrpc: '2.0', id: '1', result: event })}\n\n`;
}

function ok(data: unknown): Response {
  return json(200, { error: false, data, message: 'ok' });
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json' },
  });
}

function sse(frames: string[]): Response {
  return new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } });
}
