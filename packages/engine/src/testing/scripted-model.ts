/**
 * A Model that plays a script: turn by turn, and nothing it was not told. An unscripted call throws, so a test fails
 * where it goes wrong.
 */
import type { AssistantPart, FinishReason, Usage } from '@kagent/spec';
import type { Model, ModelEvent, ModelRequest } from '../ports.ts';

/** What the model says in one turn. */
export type ScriptedTurn =
  /** An answer; streamed as one delta per entry when it is a list. */
  | { text: string | string[]; reasoning?: string; usage?: Usage; finishReason?: FinishReason }
  | {
      calls: { name: string; args?: Record<string, unknown>; id?: string; invalidArgs?: string }[];
      text?: string;
      usage?: Usage;
    }
  | { error: Extract<ModelEvent, { type: 'error' }>['code']; message?: string }
  /** The stream ends without `end`. */
  | { cut: true; text?: string }
  | { empty: true; finishReason?: FinishReason }
  /** Waits until the call is aborted. */
  | { hang: true; text?: string }
  /** The exact events. */
  | { events: ModelEvent[] };

export type ScriptedStep = ScriptedTurn | ((request: ModelRequest, turn: number) => ScriptedTurn);

export interface ScriptedModel extends Model {
  /** Every request so far; messages are a snapshot. */
  readonly requests: ModelRequest[];
}

/**
 * `script`: one step per model call, in order; or a function for all calls, given the number of the call (from 1).
 * Calls without `id` get `call-<turn>-<index>`.
 */
export function createScriptedModel(
  script: ScriptedStep[] | ((request: ModelRequest, call: number) => ScriptedTurn),
): ScriptedModel {
  const requests: ModelRequest[] = [];
  return {
    configName: 'scripted',
    modelId: 'scripted-1',
    requests,
    async *stream(request) {
      requests.push(request);
      const call = requests.length;
      const step = Array.isArray(script) ? script[call - 1] : script;
      if (!step) throw new Error(`Model call ${call} is not in the script`);
      const turn = typeof step === 'function' ? step(request, call) : step;
      yield* play(turn, call, request.signal);
    },
  };
}

async function* play(
  turn: ScriptedTurn,
  call: number,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  if ('events' in turn) yield* turn.events;
  else if ('error' in turn) yield failure(turn);
  else if ('empty' in turn)
    yield { type: 'end', parts: [], finishReason: turn.finishReason ?? 'stop' };
  else if ('hang' in turn) yield* hang(turn, signal);
  else if ('cut' in turn) yield* deltas(turn.text ?? []);
  else if ('calls' in turn) yield* toolTurn(turn, call);
  else yield* answer(turn);
}

function* answer(
  turn: Extract<ScriptedTurn, { text: string | string[]; reasoning?: string }>,
): Generator<ModelEvent> {
  const parts: AssistantPart[] = [];
  if (turn.reasoning !== undefined) {
    yield { type: 'delta', kind: 'reasoning', text: turn.reasoning };
    parts.push({ type: 'reasoning', text: turn.reasoning });
  }
  yield* deltas(turn.text);
  parts.push({
    type: 'text',
    text: typeof turn.text === 'string' ? turn.text : turn.text.join(''),
  });
  yield end(parts, turn.finishReason ?? 'stop', turn.usage);
}

function* toolTurn(
  turn: Extract<ScriptedTurn, { calls: unknown }>,
  call: number,
): Generator<ModelEvent> {
  if (turn.text !== undefined) yield* deltas(turn.text);
  const calls = turn.calls.map((item, index): AssistantPart => ({
    type: 'tool-call',
    callId: item.id ?? `call-${call}-${index}`,
    name: item.name,
    args: item.args ?? {},
    ...(item.invalidArgs === undefined ? {} : { invalidArgs: item.invalidArgs }),
  }));
  const text: AssistantPart[] = turn.text === undefined ? [] : [{ type: 'text', text: turn.text }];
  yield end([...text, ...calls], 'tool-calls', turn.usage);
}

function end(parts: AssistantPart[], finishReason: FinishReason, usage?: Usage): ModelEvent {
  return { type: 'end', parts, finishReason, ...(usage ? { usage } : {}) };
}

function failure(turn: Extract<ScriptedTurn, { error: string }>): ModelEvent {
  return { type: 'error', code: turn.error, message: turn.message ?? `scripted ${turn.error}` };
}

function* deltas(text: string | string[]): Generator<ModelEvent> {
  for (const piece of typeof text === 'string' ? [text] : text) {
    yield { type: 'delta', kind: 'text', text: piece };
  }
}

async function* hang(
  turn: Extract<ScriptedTurn, { hang: true }>,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  if (turn.text !== undefined) yield* deltas(turn.text);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  yield { type: 'error', code: 'canceled', message: 'aborted' };
}
