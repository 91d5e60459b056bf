/**
 * The one bridge between our `Model` port and the AI SDK's `doStream`. A vendor folder says how to authenticate and
 * which options to send; order of parts, usage, finish reasons and broken arguments are settled here for all of them.
 */
import type {
  LanguageModelV4,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import type { AssistantPart, FinishReason, Usage } from '@kagent/spec';
import type { ModelEvent, ModelRequest } from '../../ports.ts';
import { ModelFailure, networkCode } from '../failure.ts';
import { parseJsonObject } from '../parse-json.ts';
import type { Watch } from '../resilience.ts';
import type { Vendor } from '../vendor.ts';
import { toCallOptions } from './call-options.ts';

export interface BridgeInput {
  vendor: Vendor;
  model: LanguageModelV4;
  host: string;
  request: ModelRequest;
  watch: Watch;
  /** Called with what the package says it can't send, e.g. a penalty the provider has no field for. */
  onWarnings(features: string[]): void;
}

/** One try: yields deltas as they come and one `end`; throws whatever went wrong. */
export async function* streamOnce(input: BridgeInput): AsyncGenerator<ModelEvent> {
  const { vendor, request, watch } = input;
  const options = vendor.options(toCallOptions({ request, signal: watch.signal, wire: vendor }));
  const headers = vendor.headers(request.callerToken);
  const { stream } = await input.model.doStream({
    ...options,
    headers: { ...options.headers, ...headers },
  });
  watch.alive();
  const reader = stream.getReader();
  const reply = new Reply();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      watch.alive();
      if (value.type === 'stream-start') {
        const features = value.warnings.map((warning) =>
          'feature' in warning ? warning.feature : warning.type,
        );
        if (features.length > 0) input.onWarnings(features);
      }
      const event = reply.add(value);
      if (event !== undefined) yield event;
    }
  } catch (error) {
    throw !watch.signal.aborted && networkCode(error) !== undefined
      ? cut(input.host, error)
      : error;
  } finally {
    // Frees the connection when the consumer left early; a stream that failed has nothing left to cancel.
    await reader.cancel().catch(() => undefined);
  }
  yield reply.end(input.host);
}

function cut(host: string, cause?: unknown): ModelFailure {
  return new ModelFailure({
    code: 'model_stream_cut',
    reason: `the stream from ${host} ended before the answer was complete`,
    advice: 'Send the message again.',
    retryable: true,
    cause,
  });
}

type OpenPart = Extract<AssistantPart, { type: 'text' | 'reasoning' }>;

/** Collects one reply. */
class Reply {
  readonly #parts: AssistantPart[] = [];
  readonly #open = new Map<string, OpenPart>();
  #finish: { reason: LanguageModelV4FinishReason; usage: LanguageModelV4Usage } | undefined;

  /** Takes the next part; returns a delta when there is something to show. Throws the provider's error. */
  add(part: LanguageModelV4StreamPart): ModelEvent | undefined {
    switch (part.type) {
      case 'text-start':
        this.#start(part.id, { type: 'text', text: '' });
        return undefined;
      case 'reasoning-start':
        this.#start(part.id, { type: 'reasoning', text: '' });
        this.#remember(part.id, part.providerMetadata);
        return undefined;
      case 'text-delta':
        return this.#append(part.id, part.delta);
      case 'reasoning-delta':
        this.#remember(part.id, part.providerMetadata);
        return this.#append(part.id, part.delta);
      case 'reasoning-end':
        this.#remember(part.id, part.providerMetadata);
        return undefined;
      case 'tool-call':
        if (!part.providerExecuted) this.#parts.push(toToolCall(part));
        return undefined;
      case 'finish':
        this.#finish = { reason: part.finishReason, usage: part.usage };
        return undefined;
      case 'error':
        throw part.error;
      default:
        return undefined;
    }
  }

  /** The last event. Throws when the stream stopped without a finish. */
  end(host: string): ModelEvent {
    const finish = this.#finish;
    if (finish === undefined || finish.reason.unified === 'interrupted') throw cut(host);
    if (finish.reason.unified === 'error' && finish.reason.raw === undefined) throw cut(host);
    const parts = this.#parts.filter(
      (part) =>
        part.type === 'tool-call' ||
        part.text !== '' ||
        (part.type === 'reasoning' && part.providerMetadata),
    );
    const usage = toUsage(finish.usage);
    return {
      type: 'end',
      parts,
      finishReason: toFinishReason(finish.reason, parts),
      ...(usage === undefined ? {} : { usage }),
    };
  }

  #start(id: string, part: OpenPart): void {
    this.#open.set(id, part);
    this.#parts.push(part);
  }

  #append(id: string, text: string): ModelEvent | undefined {
    const part = this.#open.get(id);
    if (part === undefined || text === '') return undefined;
    part.text += text;
    return { type: 'delta', kind: part.type, text };
  }

  #remember(
    id: string,
    metadata: Record<string, Record<string, unknown> | undefined> | undefined,
  ): void {
    const part = this.#open.get(id);
    if (part?.type !== 'reasoning' || metadata === undefined) return;
    const merged: Record<string, unknown> = { ...part.providerMetadata };
    for (const [provider, values] of Object.entries(metadata)) {
      const before = merged[provider];
      merged[provider] = { ...(typeof before === 'object' ? before : {}), ...values };
    }
    part.providerMetadata = merged;
  }
}

type ToolCallPart = Extract<LanguageModelV4StreamPart, { type: 'tool-call' }>;

/** Broken arguments stay visible in `invalidArgs`; they never become an empty object that a tool would run with. */
function toToolCall(part: ToolCallPart): AssistantPart {
  const metadata =
    part.providerMetadata === undefined ? {} : { providerMetadata: part.providerMetadata };
  const base = {
    type: 'tool-call' as const,
    callId: part.toolCallId,
    name: part.toolName,
    ...metadata,
  };
  if (part.input.trim() === '') return { ...base, args: {} };
  const args = parseJsonObject(part.input);
  return args === undefined ? { ...base, args: {}, invalidArgs: part.input } : { ...base, args };
}

function toFinishReason(reason: LanguageModelV4FinishReason, parts: AssistantPart[]): FinishReason {
  // Some servers say `stop` although they asked for tools.
  if (reason.unified === 'stop' && parts.some((part) => part.type === 'tool-call'))
    return 'tool-calls';
  return reason.unified === 'interrupted' ? 'other' : reason.unified;
}

function toUsage(usage: LanguageModelV4Usage): Usage | undefined {
  const { inputTokens, outputTokens } = usage;
  if (inputTokens.total === undefined && outputTokens.total === undefined) return undefined;
  return {
    inputTokens: Math.round(inputTokens.total ?? 0),
    outputTokens: Math.round(outputTokens.total ?? 0),
    ...(inputTokens.cacheRead ? { cachedInputTokens: Math.round(inputTokens.cacheRead) } : {}),
    ...(outputTokens.reasoning ? { reasoningTokens: Math.round(outputTokens.reasoning) } : {}),
  };
}
