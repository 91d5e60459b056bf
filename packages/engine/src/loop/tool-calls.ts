/**
 * The tool calls of one turn: what becomes of each call, and running them side by side. Whatever goes wrong with a call
 * is a result for the model; only an abort and a journal that can't be written leave this file as errors.
 */
import type { RunEventDraft, ToolResult } from '@kagent/spec';
import { asError, linkedAbort, untilAborted } from '../abort.ts';
import { derivedId } from '../ids.ts';
import type { Clock, Logger, Tool } from '../ports.ts';
import type { RunLimits } from './limits.ts';
import {
  callKey,
  LOOP_DETECTED,
  type PendingCall,
  type RunState,
  type ToolCall,
} from './run-state.ts';
import { boundResult, errorResult } from './tool-output.ts';
import type { Toolbox } from './toolbox.ts';

export interface TurnContext {
  run: { runId: string; sessionId: string; userId: string };
  headers: Record<string, string>;
  limits: RunLimits;
  clock: Clock;
  logger: Logger;
}

/** The `tool-requested` events of calls that are not journalled yet. `turn` is the turn that made them. */
export function requestDrafts(
  calls: readonly ToolCall[],
  toolbox: Toolbox,
  place: { turn: number; runId: string; sessionId: string },
): RunEventDraft[] {
  const sharedTaken = new Set<string>();
  return calls.map((call) => {
    const tool = toolbox.byName.get(call.name);
    let subagentSessionId: string | undefined;
    if (tool?.isAgent) {
      const isolated = tool.isolateSessions === true || sharedTaken.has(call.name);
      sharedTaken.add(call.name);
      subagentSessionId = isolated
        ? derivedId('subagent-call', place.runId, call.callId)
        : derivedId('subagent', place.sessionId, call.name);
    }
    return {
      type: 'tool-requested',
      turn: place.turn,
      callId: call.callId,
      name: call.name,
      args: call.args,
      ...(tool ? { source: tool.source } : {}),
      repeatable: tool?.repeatable ?? true,
      ...(subagentSessionId ? { subagentSessionId } : {}),
    };
  });
}

/** True when the model was told to stop repeating one of these calls and does it again. */
export function repeatsAfterWarning(
  state: RunState,
  calls: readonly ToolCall[],
): ToolCall | undefined {
  if (state.warned.size === 0) return undefined;
  return calls.find((call) => state.warned.has(callKey(call.name, call.args)));
}

export interface ToolTurn {
  state: RunState;
  toolbox: Toolbox;
  /** Calls that an earlier process had begun. */
  interrupted: ReadonlySet<string>;
  context: TurnContext;
  record(drafts: RunEventDraft[]): Promise<void>;
  signal: AbortSignal;
}

/**
 * Runs every pending call (all are journalled as requested) and journals each result as soon as it is there. Rejects
 * with the signal's reason at abort, or with the journal's error; by then no call is running any more.
 */
export async function runToolCalls(turn: ToolTurn): Promise<void> {
  const calls = turn.state.pending.map((pending) => ({
    pending,
    answer: answerWithoutCall(turn, pending),
  }));
  const group = linkedAbort(turn.signal);
  try {
    const outcomes = await Promise.allSettled(
      calls.map(async ({ pending, answer }) => {
        try {
          await runOne({ ...turn, signal: group.signal }, pending, answer);
        } catch (error) {
          group.abort(asError(error));
          throw error;
        }
      }),
    );
    turn.signal.throwIfAborted();
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw asError(failed.reason);
  } finally {
    group.dispose();
  }
}

async function runOne(
  turn: ToolTurn,
  pending: PendingCall,
  answer: ToolResult | undefined,
): Promise<void> {
  const { clock, limits } = turn.context;
  const startedAt = clock.now();
  const result = answer ?? (await callTool(turn, pending));
  await turn.record([
    {
      type: 'tool-completed',
      turn: turn.state.turn,
      callId: pending.call.callId,
      name: pending.call.name,
      result: boundResult(result, limits.maxToolOutput),
      durationMs: clock.now() - startedAt,
    },
  ]);
}

/** The result of a call that must not or can't be made, `undefined` when it is to be made. */
function answerWithoutCall(turn: ToolTurn, pending: PendingCall): ToolResult | undefined {
  const { call, requested } = pending;
  if (call.invalidArgs !== undefined) return invalidArguments(call);
  const tool = turn.toolbox.byName.get(call.name);
  if (turn.interrupted.has(call.callId) && requested?.repeatable === false) {
    return errorResult(
      `The outcome of this call to "${call.name}" is unknown: it was started, then the process stopped before the result arrived. It was not repeated. Check whether it took effect before you call it again.`,
    );
  }
  const repeated = turn.state.repeats.get(callKey(call.name, call.args));
  if (repeated && repeated.count >= turn.context.limits.maxRepeats - 1) {
    return errorResult(
      `This call to "${call.name}" was made ${repeated.count} times with these arguments and had the same result each time. It was not made again. Try something else, or answer with what you know.`,
      { code: LOOP_DETECTED },
    );
  }
  return tool ? undefined : unknownTool(call, turn.toolbox);
}

function invalidArguments(call: ToolCall): ToolResult {
  const raw = (call.invalidArgs ?? '').slice(0, 500);
  return errorResult(
    `The arguments of "${call.name}" are not valid JSON, so it was not called: ${raw}\nCall it again with one JSON object that fits its schema.`,
  );
}

function unknownTool(call: ToolCall, toolbox: Toolbox): ToolResult {
  const names = toolbox.specs.slice(0, 100).map((spec) => spec.name);
  const choice = names.length > 0 ? `The tools are: ${names.join(', ')}.` : 'There are no tools.';
  const down = toolbox.missing.map(({ source }) => source);
  const missing = down.length > 0 ? ` Not reachable at the moment: ${down.join(', ')}.` : '';
  return errorResult(`There is no tool "${call.name}". ${choice}${missing}`);
}

async function callTool(turn: ToolTurn, pending: PendingCall): Promise<ToolResult> {
  const { call, requested } = pending;
  const tool = turn.toolbox.byName.get(call.name);
  if (!tool) return unknownTool(call, turn.toolbox);
  const { run, headers, limits, clock, logger } = turn.context;
  const deadline = linkedAbort(turn.signal);
  const timeout = new Error('timeout');
  if (!tool.isAgent) abortAfter(clock, limits.toolTimeoutMs, { deadline, timeout });
  try {
    const session = requested?.subagentSessionId;
    const result = tool.call(call.args, {
      ...run,
      callId: call.callId,
      signal: deadline.signal,
      headers,
      ...(session ? { subagentSessionId: session } : {}),
    });
    return await untilAborted(result, deadline.signal);
  } catch (error) {
    turn.signal.throwIfAborted();
    if (error === timeout) return timedOut(tool, limits.toolTimeoutMs);
    logger.warn({ tool: call.name, source: tool.source, error }, 'Tool call threw');
    return errorResult(`Calling "${call.name}" failed inside the agent.`);
  } finally {
    deadline.dispose();
  }
}

function abortAfter(
  clock: Clock,
  ms: number,
  target: { deadline: { signal: AbortSignal; abort(reason: Error): void }; timeout: Error },
): void {
  clock.sleep(ms, target.deadline.signal).then(
    () => target.deadline.abort(target.timeout),
    () => undefined,
  );
}

function timedOut(tool: Tool, ms: number): ToolResult {
  const effect = tool.repeatable
    ? ''
    : ' It may still have taken effect: check before you call it again.';
  return errorResult(
    `"${tool.spec.name}" gave no result within ${ms / 1000} s and was stopped.${effect}`,
  );
}

/** The calls in a journal that were begun and have no result. */
export function interruptedCalls(state: RunState): Set<string> {
  return new Set(
    state.pending.filter((pending) => pending.requested).map((pending) => pending.call.callId),
  );
}
