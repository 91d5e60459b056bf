/**
 * The agent loop: a function over the journal. It reads where the run stands, does the next thing, and journals before
 * anybody sees it; so a run goes on from its last event in any process. Every run it is given ends in a terminal state,
 * unless it is suspended for another process to go on.
 */
import {
  isKagentError,
  KagentError,
  type AssistantPart,
  type RunEvent,
  type RunEventDraft,
} from '@kagent/spec';
import { linkedAbort } from '../abort.ts';
import type { Clock, LiveEvent, Logger, Model, ToolSource } from '../ports.ts';
import { toModelMessages } from './conversation.ts';
import type { RunLimits } from './limits.ts';
import { askModel, type ModelAnswer } from './model-turn.ts';
import { addUsage, applyEvent, rebuildState, type RunState, type ToolCall } from './run-state.ts';
import {
  interruptedCalls,
  repeatsAfterWarning,
  requestDrafts,
  runToolCalls,
} from './tool-calls.ts';
import { openToolbox, systemPrompt, type Toolbox } from './toolbox.ts';

/** What the agent is; the same for all its runs. */
export interface AgentDefinition {
  instruction: string;
  model: Model;
  tools: readonly ToolSource[];
  limits: RunLimits;
}

export interface RunInput {
  run: { runId: string; sessionId: string; userId: string };
  /** The run's journal so far, from `run-started` on. */
  journal: readonly RunEvent[];
  /** Events of the session's earlier ended runs. */
  history: readonly RunEvent[];
  /** Headers of the request, lowercase. Never journalled; empty after a crash. */
  headers: Record<string, string>;
  /** Bearer of the caller, for models with key pass-through. Never journalled. */
  callerToken?: string;
}

export interface LoopDeps {
  /** Journals events; resolves with their places once they are durable. Rejects when the lease is lost. */
  append(events: RunEventDraft[]): Promise<RunEvent[]>;
  /** Sees every stored event once, in sequence, and deltas between them. */
  emit(event: LiveEvent): void;
  clock: Clock;
  logger: Logger;
  /** Aborts when the process wants to hand its runs over: the loop suspends at the next safe place. */
  drain: AbortSignal;
}

export type RunOutcome = 'completed' | 'failed' | 'canceled' | 'suspended';

interface Loop {
  agent: AgentDefinition;
  input: RunInput;
  deps: LoopDeps;
  state: RunState;
  interrupted: ReadonlySet<string>;
  signal: AbortSignal;
  journalFailed: boolean;
}

/**
 * Runs until the run has ended or is suspended. `signal` stops it: the reason's code decides the end (`canceled`,
 * `deadline_exceeded`; `unavailable` and `conflict` suspend). Rejects only with the journal's own error; the run is
 * then as suspended.
 */
export async function runAgent(
  agent: AgentDefinition,
  input: RunInput,
  options: LoopDeps & { signal: AbortSignal },
): Promise<RunOutcome> {
  const { signal, ...deps } = options;
  const state = rebuildState(input.journal);
  const abort = linkedAbort(signal);
  const interrupted = interruptedCalls(state);
  const loop: Loop = {
    agent,
    input,
    deps,
    state,
    interrupted,
    signal: abort.signal,
    journalFailed: false,
  };
  armDeadline(loop, abort);
  try {
    while (!state.ended) {
      if (deps.drain.aborted) return 'suspended';
      await step(loop);
    }
    return state.ended.state;
  } catch (error) {
    if (loop.journalFailed) throw error;
    return await endAfterError(loop, error);
  } finally {
    abort.dispose();
  }
}

/** Counts from here, on this process's clock: times in the journal are another machine's. */
function armDeadline(loop: Loop, abort: { abort(reason: Error): void }): void {
  const { maxDurationMs } = loop.agent.limits;
  loop.deps.clock.sleep(maxDurationMs, loop.signal).then(
    () => {
      const message = `The run took longer than its limit of ${maxDurationMs / 1000} s.`;
      abort.abort(new KagentError('deadline_exceeded', message));
    },
    () => undefined,
  );
}

async function step(loop: Loop): Promise<void> {
  const { state, agent } = loop;
  loop.signal.throwIfAborted();
  if (state.resumes > agent.limits.maxResumes) {
    const message = `The process stopped ${state.resumes} times at the same place of this run.`;
    return end(loop, { state: 'failed', error: { code: 'internal', message } });
  }
  if (state.pending.length > 0) return toolStep(loop);
  if (state.answered) return end(loop, { state: 'completed' });
  const limit = reachedLimit(state, agent.limits);
  if (limit)
    return end(loop, { state: 'failed', error: { code: 'limit_exceeded', message: limit } });
  return modelStep(loop);
}

function reachedLimit(state: RunState, limits: RunLimits): string | undefined {
  if (state.turn >= limits.maxTurns) {
    return `The run was stopped after ${state.turn} model calls, its limit (max_turns).`;
  }
  const tokens = (state.usage?.inputTokens ?? 0) + (state.usage?.outputTokens ?? 0);
  if (limits.maxTokens !== undefined && tokens >= limits.maxTokens) {
    return `The run was stopped after ${tokens} tokens, its limit is ${limits.maxTokens} (max_tokens).`;
  }
  return undefined;
}

async function modelStep(loop: Loop): Promise<void> {
  const { state, agent, input, deps } = loop;
  const toolbox = await openToolbox(agent.tools, loop.signal, deps.logger);
  const turn = state.turn + 1;
  const { configName, modelId } = agent.model;
  await record(loop, [
    ...missingNotices(state, toolbox),
    { type: 'model-requested', turn, modelConfig: configName, model: modelId },
  ]);
  const answer = await askModel(agent.model, {
    request: {
      system: systemPrompt(agent.instruction, toolbox),
      messages: toModelMessages(input.history, state.events),
      tools: toolbox.specs,
      ...(input.callerToken === undefined ? {} : { callerToken: input.callerToken }),
    },
    onDelta: (kind, text) => deps.emit({ type: 'model-delta', turn, kind, text }),
    clock: deps.clock,
    signal: loop.signal,
    drain: deps.drain,
  });
  if (answer.type === 'drained') return;
  if (answer.type === 'error') {
    deps.logger.warn({ runId: input.run.runId, code: answer.code }, 'Model call failed');
    return end(loop, { state: 'failed', error: { code: answer.code, message: answer.message } });
  }
  await recordAnswer(loop, { answer, toolbox, turn });
}

function missingNotices(state: RunState, toolbox: Toolbox): RunEventDraft[] {
  return toolbox.missing.flatMap(({ source, error }): RunEventDraft[] => {
    const subject = `The tools of ${source} are not available: `;
    if (state.notices.some((message) => message.startsWith(subject))) return [];
    return [{ type: 'notice', code: 'tools_unavailable', message: `${subject}${error}` }];
  });
}

async function recordAnswer(
  loop: Loop,
  turnResult: { answer: Extract<ModelAnswer, { type: 'answer' }>; toolbox: Toolbox; turn: number },
): Promise<void> {
  const { answer, toolbox, turn } = turnResult;
  const parts = uniqueCallIds(loop.state, answer.parts, turn);
  const calls = parts.filter((part) => part.type === 'tool-call');
  const completed: RunEventDraft = {
    type: 'model-completed',
    turn,
    parts,
    finishReason: answer.finishReason,
    ...(answer.usage ? { usage: answer.usage } : {}),
    ...(answer.firstTokenMs === undefined ? {} : { firstTokenMs: answer.firstTokenMs }),
    durationMs: answer.durationMs,
  };
  if (calls.length === 0) {
    return end(loop, { state: 'completed' }, [completed, ...answerNotices(answer)]);
  }
  const { runId, sessionId } = loop.input.run;
  const looping = repeatsAfterWarning(loop.state, calls);
  const requested = looping ? [] : requestDrafts(calls, toolbox, { turn, runId, sessionId });
  await record(loop, [completed, ...requested]);
  if (looping) return failLoop(loop, looping);
  return callTools(loop, toolbox);
}

/** Providers may use an id twice, or none; results are matched by id, so each call of a run gets one of its own. */
function uniqueCallIds(state: RunState, parts: AssistantPart[], turn: number): AssistantPart[] {
  const seen = new Set<string>();
  return parts.map((part, index) => {
    if (part.type !== 'tool-call') return part;
    const taken = part.callId === '' || seen.has(part.callId) || state.callIds.has(part.callId);
    const callId = taken ? `${part.callId || 'call'}-${turn}-${index}` : part.callId;
    seen.add(callId);
    return taken ? { ...part, callId } : part;
  });
}

/** Sentences for answers that are empty or not whole, so that nobody waits for words that do not come. */
function answerNotices(answer: { parts: AssistantPart[]; finishReason: string }): RunEventDraft[] {
  const empty = !answer.parts.some((part) => part.type === 'text' && part.text.trim() !== '');
  const notice = (code: string, message: string): RunEventDraft[] => [
    { type: 'notice', code, message },
  ];
  if (answer.finishReason === 'length') {
    return empty
      ? notice('truncated', 'The model reached its output limit before it wrote an answer.')
      : notice('truncated', "The answer was cut off at the model's output limit.");
  }
  if (answer.finishReason === 'content-filter') {
    return notice('content_filter', "The provider's content filter stopped the answer.");
  }
  return empty ? notice('empty_reply', 'The model ended its turn without an answer.') : [];
}

/** Calls left open by an earlier process: what was not journalled as requested is requested now. */
async function toolStep(loop: Loop): Promise<void> {
  const { state, agent, input } = loop;
  const toolbox = await openToolbox(agent.tools, loop.signal, loop.deps.logger);
  const fresh = state.pending
    .filter((pending) => !pending.requested)
    .map((pending) => pending.call);
  const looping = repeatsAfterWarning(state, fresh);
  if (looping) return failLoop(loop, looping);
  const { runId, sessionId } = input.run;
  const drafts = requestDrafts(fresh, toolbox, { turn: state.turn, runId, sessionId });
  if (drafts.length > 0) await record(loop, drafts);
  return callTools(loop, toolbox);
}

function callTools(loop: Loop, toolbox: Toolbox): Promise<void> {
  const { input, agent, deps } = loop;
  return runToolCalls({
    state: loop.state,
    toolbox,
    interrupted: loop.interrupted,
    context: {
      run: input.run,
      headers: input.headers,
      limits: agent.limits,
      clock: deps.clock,
      logger: deps.logger,
    },
    record: (drafts) => record(loop, drafts),
    signal: loop.signal,
  });
}

function failLoop(loop: Loop, call: ToolCall): Promise<void> {
  const message = `The model kept repeating the same call to "${call.name}" after it was told to stop.`;
  return end(loop, { state: 'failed', error: { code: 'limit_exceeded', message } });
}

/** Ends the run; `before` goes into the same write. */
async function end(
  loop: Loop,
  how: Pick<Extract<RunEventDraft, { type: 'run-ended' }>, 'state' | 'error'>,
  before: RunEventDraft[] = [],
): Promise<void> {
  const usage = before.reduce(
    (total, draft) => addUsage(total, draft.type === 'model-completed' ? draft.usage : undefined),
    loop.state.usage,
  );
  await record(loop, [...before, { type: 'run-ended', ...how, ...(usage ? { usage } : {}) }]);
}

async function endAfterError(loop: Loop, error: unknown): Promise<RunOutcome> {
  const reason: unknown = loop.signal.aborted ? loop.signal.reason : error;
  const code = isKagentError(reason) ? reason.code : 'internal';
  const message = isKagentError(reason) ? reason.message : 'The run failed inside the agent.';
  if (loop.signal.aborted && (code === 'unavailable' || code === 'conflict')) return 'suspended';
  if (loop.signal.aborted && code === 'canceled') {
    const by =
      isKagentError(reason) && typeof reason.data.by === 'string' ? reason.data.by : 'unknown';
    const asked: RunEventDraft[] = loop.state.cancelRequested
      ? []
      : [{ type: 'cancel-requested', by }];
    await end(loop, { state: 'canceled' }, asked);
    return 'canceled';
  }
  if (code === 'internal') {
    loop.deps.logger.error(
      { runId: loop.input.run.runId, error: reason },
      'Run failed unexpectedly',
    );
  }
  await end(loop, { state: 'failed', error: { code, message } });
  return 'failed';
}

async function record(loop: Loop, drafts: RunEventDraft[]): Promise<void> {
  let events: RunEvent[];
  try {
    events = await loop.deps.append(drafts);
  } catch (error) {
    loop.journalFailed = true;
    throw error;
  }
  for (const event of events) {
    applyEvent(loop.state, event);
    loop.deps.emit(event);
  }
}
