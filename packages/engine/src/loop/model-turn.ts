/** One model call: the stream in, one outcome out. Guards against models that break their contract. */
import type { AssistantPart, FinishReason, Usage } from '@kagent/spec';
import { linkedAbort, untilAborted } from '../abort.ts';
import type { Clock, Model, ModelEvent, ModelRequest } from '../ports.ts';

export type ModelAnswer =
  | {
      type: 'answer';
      parts: AssistantPart[];
      finishReason: FinishReason;
      usage?: Usage;
      firstTokenMs?: number;
      durationMs: number;
    }
  | { type: 'error'; code: string; message: string }
  /** The process hands its runs over; the call is made again by the next one. */
  | { type: 'drained' };

export interface ModelCall {
  request: Omit<ModelRequest, 'signal'>;
  onDelta(kind: 'text' | 'reasoning', text: string): void;
  clock: Clock;
  signal: AbortSignal;
  drain: AbortSignal;
}

/** Rejects only with the reason of `signal`. */
export async function askModel(model: Model, call: ModelCall): Promise<ModelAnswer> {
  const abort = linkedAbort(call.signal, call.drain);
  try {
    return await readStream(model, call, abort.signal);
  } catch (error) {
    call.signal.throwIfAborted();
    if (call.drain.aborted) return { type: 'drained' };
    const name = error instanceof Error ? error.name : 'error';
    const message = `The model "${model.configName}" failed inside the agent (${name}).`;
    return { type: 'error', code: 'internal', message };
  } finally {
    abort.dispose();
  }
}

async function readStream(
  model: Model,
  call: ModelCall,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const startedAt = call.clock.now();
  let firstTokenMs: number | undefined;
  const events = model.stream({ ...call.request, signal })[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await untilAborted(events.next(), signal);
      if (next.done) break;
      const event: ModelEvent = next.value;
      firstTokenMs ??= call.clock.now() - startedAt;
      switch (event.type) {
        case 'delta':
          if (event.text !== '') call.onDelta(event.kind, event.text);
          break;
        case 'error':
          signal.throwIfAborted();
          return { type: 'error', code: event.code, message: event.message };
        case 'end':
          return {
            type: 'answer',
            parts: event.parts,
            finishReason: event.finishReason,
            ...(event.usage ? { usage: event.usage } : {}),
            firstTokenMs,
            durationMs: call.clock.now() - startedAt,
          };
      }
    }
  } finally {
    events.return?.().then(
      () => undefined,
      () => undefined,
    );
  }
  const message = `The answer of the model "${model.configName}" broke off in the middle.`;
  return { type: 'error', code: 'model_stream_cut', message };
}
