/**
 * What the A2A methods mean for one agent, without any transport. Bindings decode, call and encode. Identity comes with
 * the call: `x-user-id`, else a name derived from the context, as the older runtime had it.
 */
import {
  KagentError,
  MessageSendParams,
  projectStream,
  projectTask,
  TaskQueryParams,
  TERMINAL_TASK_STATES,
  type A2AStreamEvent,
  type RunEvent,
  type RunRecord,
  type StatusUpdateEvent,
  type Task,
} from '@kagent/spec';
import type { z } from 'zod';
import type { RunStore } from '../ports.ts';
import type { Executor, StartRun } from '../runs/executor.ts';
import type { RequestContext } from '../runs/live-run.ts';
import { sessionName } from './session-name.ts';

export interface CallContext {
  /** Lowercase names. Kept in memory for the run, never stored. */
  headers: Record<string, string>;
  /** Ends the waiting of this caller; never the run. */
  signal: AbortSignal;
}

/**
 * The five methods of the A2A 0.3 binding. Params are foreign data and checked here. All reject with KagentError
 * (`invalid_argument`, `task_not_found`, `task_not_cancelable`, `permission_denied`, `unavailable`); streams reject in
 * place of their next event.
 */
export interface A2AHandler {
  /**
   * Waits for the end of the run unless `configuration.blocking` is false. The same message id again answers the same
   * task.
   */
  sendMessage(params: unknown, context: CallContext): Promise<Task>;
  /** All events of the run from its first, also when the message id is known already; ends with a `final` status. */
  streamMessage(params: unknown, context: CallContext): AsyncIterable<A2AStreamEvent>;
  getTask(params: unknown, context: CallContext): Promise<Task>;
  /** Answers once the run has ended. */
  cancelTask(params: unknown, context: CallContext): Promise<Task>;
  /** The task so far, then the events that follow; ends with a `final` status. */
  resubscribe(params: unknown, context: CallContext): AsyncIterable<A2AStreamEvent>;
}

export interface A2AHandlerOptions {
  /** `namespace/name`. */
  agent: string;
  executor: Executor;
  runs: RunStore;
  randomId: () => string;
  /** False: no partial deltas on streams. */
  streamDeltas: boolean;
}

export function createA2AHandler(options: A2AHandlerOptions): A2AHandler {
  const { executor } = options;
  return {
    async sendMessage(params, context) {
      const message = parse(MessageSendParams, params);
      const run = await startRun(options, message, context);
      const { blocking, historyLength } = message.configuration ?? {};
      const events =
        blocking === false
          ? await executor.read(run.runId)
          : await executor.finished(run.runId, context.signal);
      return withHistory(projectTask(run, events), historyLength);
    },
    async *streamMessage(params, context) {
      const message = parse(MessageSendParams, params);
      const run = await startRun(options, message, context);
      yield* follow(options, run, { afterSeq: 0, signal: context.signal });
    },
    async getTask(params, context) {
      const query = parse(TaskQueryParams, params);
      const run = await ownRun(options, query.id, context);
      return withHistory(projectTask(run, await executor.read(run.runId)), query.historyLength);
    },
    async cancelTask(params, context) {
      const query = parse(TaskQueryParams, params);
      const run = await ownRun(options, query.id, context);
      if (!(await executor.cancel(run.runId, run.userId))) {
        throw new KagentError('task_not_cancelable', `Task ${run.runId} has ended already.`);
      }
      return projectTask(run, await executor.finished(run.runId, context.signal));
    },
    async *resubscribe(params, context) {
      const query = parse(TaskQueryParams, params);
      const run = await ownRun(options, query.id, context);
      const events = await executor.read(run.runId);
      const task = projectTask(run, events);
      yield withHistory(task, query.historyLength);
      if (TERMINAL_TASK_STATES.includes(task.status.state)) yield finalStatus(task);
      else yield* follow(options, run, { seen: [...events], signal: context.signal });
    },
  };
}

async function* follow(
  options: A2AHandlerOptions,
  run: RunRecord,
  from: { afterSeq?: number; seen?: readonly RunEvent[]; signal: AbortSignal },
): AsyncGenerator<A2AStreamEvent> {
  const project = projectStream(run);
  for (const event of from.seen ?? []) project(event);
  const afterSeq = from.afterSeq ?? from.seen?.at(-1)?.seq ?? 0;
  for await (const event of options.executor.attach(run.runId, { afterSeq, signal: from.signal })) {
    if (event.type === 'model-delta' && !options.streamDeltas) continue;
    yield* project(event);
  }
}

async function startRun(
  options: A2AHandlerOptions,
  params: MessageSendParams,
  context: CallContext,
): Promise<RunRecord> {
  const { agent, executor, randomId } = options;
  const { message } = params;
  const continued = message.taskId ? await continuedRun(options, params, context) : undefined;
  if (continued) return continued;
  const sessionId = message.contextId ?? randomId();
  assertId('contextId', sessionId);
  const messageId = message.messageId ?? randomId();
  assertId('messageId', messageId);
  const { headers } = context;
  const userId = headers['x-user-id'] || `A2A_USER_${sessionId}`;
  const parent = headers['x-kagent-parent-context-id'];
  const start: StartRun = {
    runId: randomId(),
    sessionId,
    userId,
    messageId,
    session: {
      name: sessionName(message.parts),
      source: headers['x-kagent-source'] === 'agent' ? 'agent' : 'user',
    },
    first: {
      type: 'run-started',
      agent,
      userId,
      message: { ...message, messageId, role: 'user' },
      ...(parent ? { parentSessionId: parent } : {}),
    },
  };
  const { run } = await executor.start(start, requestContext(headers, !message.contextId));
  return run;
}

function requestContext(headers: Record<string, string>, newSession: boolean): RequestContext {
  const bearer = /^bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1];
  return { headers, newSession, ...(bearer ? { callerToken: bearer } : {}) };
}

/** A message that names a task: its repeat joins the run, anything else can't be continued. */
async function continuedRun(
  options: A2AHandlerOptions,
  { message }: MessageSendParams,
  context: CallContext,
): Promise<RunRecord> {
  const run = await ownRun(options, message.taskId ?? '', context);
  if (run.messageId === message.messageId) return run;
  if (run.state !== 'running') {
    throw new KagentError(
      'invalid_argument',
      `Task ${run.runId} is in the terminal state ${run.state}.`,
    );
  }
  throw new KagentError(
    'unsupported_operation',
    `Task ${run.runId} is working and takes no message.`,
  );
}

/** The caller's run; another person's looks as if it were not there. */
async function ownRun(
  options: A2AHandlerOptions,
  runId: string,
  context: CallContext,
): Promise<RunRecord> {
  const run = await options.runs.get(runId);
  const userId = context.headers['x-user-id'] || `A2A_USER_${run?.sessionId}`;
  if (!run || run.agent !== options.agent || run.userId !== userId) {
    throw new KagentError('task_not_found', `Task ${runId} is not known.`);
  }
  return run;
}

function assertId(field: string, id: string): void {
  // oxlint-disable-next-line no-control-regex -- control characters are what this refuses
  if (id === '' || id.length > 255 || /[\u0000-\u001F\u007F]/.test(id)) {
    throw new KagentError(
      'invalid_argument',
      `message.${field} must be 1 to 255 printable characters.`,
    );
  }
}

function withHistory(task: Task, length: number | undefined): Task {
  if (length === undefined || length < 0 || !task.history) return task;
  return { ...task, history: length === 0 ? [] : task.history.slice(-length) };
}

function finalStatus(task: Task): StatusUpdateEvent {
  return {
    kind: 'status-update',
    taskId: task.id,
    contextId: task.contextId,
    status: task.status,
    final: true,
    ...(task.metadata ? { metadata: task.metadata } : {}),
  };
}

function parse<T>(schema: z.ZodType<T>, params: unknown): T {
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.');
  throw new KagentError(
    'invalid_argument',
    `Invalid params: ${path ? `${path}: ` : ''}${issue?.message ?? ''}`,
  );
}
