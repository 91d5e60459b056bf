/**
 * Failures of a model call: what went wrong, whether trying again can help, and the sentence a person gets. The
 * sentence names the ModelConfig, the host, what happened and what to do; it never holds keys, headers or URLs.
 */
import { APICallError, UnsupportedFunctionalityError } from '@ai-sdk/provider';
import type { ModelEvent } from '../ports.ts';

export type ModelErrorCode = Extract<ModelEvent, { type: 'error' }>['code'];

export interface ModelFailureOptions {
  code: ModelErrorCode;
  /** Continues the sentence "ModelConfig x: …". No secrets; provider text is redacted later. */
  reason: string;
  /** What to do. */
  advice?: string;
  /** True when the same request may succeed a moment later. */
  retryable?: boolean;
  /** True when it says that the endpoint itself is ill; counted by the circuit breaker. */
  endpointIll?: boolean;
  /** The provider's wish, milliseconds. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** Thrown between bridge and resilience only; callers of `Model` get an `error` event. */
export class ModelFailure extends Error {
  readonly code: ModelErrorCode;
  readonly advice: string;
  readonly retryable: boolean;
  readonly endpointIll: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(options: ModelFailureOptions) {
    super(options.reason, { cause: options.cause });
    this.name = 'ModelFailure';
    this.code = options.code;
    this.advice = options.advice ?? '';
    this.retryable = options.retryable ?? false;
    this.endpointIll = options.endpointIll ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export interface FailureContext {
  /** Host of the endpoint, without user info. */
  host: string;
  modelId: string;
  /** Milliseconds since the epoch, for `retry-after` dates. */
  now: number;
}

/** Turns whatever a provider package threw or put into its stream into a failure. Total: unknown things are `internal`. */
export function classify(error: unknown, context: FailureContext): ModelFailure {
  if (error instanceof ModelFailure) return error;
  const status = statusOf(error);
  if (status !== undefined && status >= 400) return fromStatus({ error, status, context });
  const network = networkCode(error);
  if (network !== undefined) return fromNetwork({ error, code: network, context });
  if (APICallError.isInstance(error) && status === undefined) {
    return fromNetwork({ error, code: 'no connection', context });
  }
  if (UnsupportedFunctionalityError.isInstance(error)) {
    return new ModelFailure({
      code: 'model_bad_request',
      reason: `the request holds something that the provider at ${context.host} can't take: ${error.functionality}`,
      cause: error,
    });
  }
  if (isInvalidResponse(error)) {
    return new ModelFailure({
      code: 'model_stream_cut',
      reason: `the provider at ${context.host} sent a reply that can't be read`,
      advice: 'Check that the base URL belongs to the API the ModelConfig names.',
      retryable: true,
      cause: error,
    });
  }
  return new ModelFailure({
    code: 'internal',
    reason: `an unexpected error happened while talking to ${context.host}`,
    advice: 'The log of the agent has the details.',
    cause: error,
  });
}

interface StatusInput {
  error: unknown;
  status: number;
  context: FailureContext;
}

function fromStatus({ error, status, context }: StatusInput): ModelFailure {
  const { host, modelId } = context;
  const said = sentenceOf(error);
  const retryAfterMs = retryAfter(error, context.now);
  if (status === 401 || status === 403) {
    return new ModelFailure({
      code: 'model_unauthorized',
      reason:
        status === 401
          ? `the provider at ${host} refused the API key (401)`
          : `the provider at ${host} denied access (403)`,
      advice:
        status === 401
          ? 'Check the Secret that apiKeySecret of the ModelConfig names.'
          : `Check that the key in the Secret of the ModelConfig may use model "${modelId}".`,
      cause: error,
    });
  }
  if (status === 429) {
    const exhausted = /insufficient_quota|exceeded your current quota|billing/i.test(rawOf(error));
    return new ModelFailure({
      code: 'model_rate_limited',
      reason: exhausted
        ? `the account at ${host} has used up its quota (429)`
        : `the provider at ${host} limits the rate of requests (429)`,
      advice: exhausted
        ? 'Check plan and billing of the account.'
        : 'Try again later, or raise the limit of the account.',
      retryable: !exhausted,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      cause: error,
    });
  }
  if (status >= 500 || status === 408 || status === 409) {
    return new ModelFailure({
      code: 'model_overloaded',
      reason: `the provider at ${host} answered with an error (${status})${said}`,
      advice: 'This is usually temporary; if it stays, check the state of the provider.',
      retryable: status !== 501 && !saysNoRetry(error),
      endpointIll: status >= 500,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      cause: error,
    });
  }
  return new ModelFailure({
    code: 'model_bad_request',
    reason:
      status === 404
        ? `the provider at ${host} does not know model "${modelId}" or the path (404)${said}`
        : `the provider at ${host} rejected the request (${status})${said}`,
    advice:
      status === 404
        ? 'Check spec.model and the base URL of the ModelConfig.'
        : 'Check the model and the parameters of the ModelConfig.',
    cause: error,
  });
}

const TLS_CODE = /CERT|SELF_SIGNED|SSL|TLS|UNABLE_TO_(GET|VERIFY)|ALTNAME/;

function fromNetwork({
  error,
  code,
  context,
}: {
  error: unknown;
  code: string;
  context: FailureContext;
}): ModelFailure {
  if (TLS_CODE.test(code)) {
    return new ModelFailure({
      code: 'model_unreachable',
      reason: `the TLS certificate of ${context.host} was not accepted (${code})`,
      advice: 'Give its CA in tls.caCertSecretRef of the ModelConfig.',
      cause: error,
    });
  }
  if (code === 'ERR_INVALID_URL') {
    return new ModelFailure({
      code: 'model_bad_request',
      reason: 'the base URL is not a valid URL',
      advice: 'Correct it in the ModelConfig.',
      cause: error,
    });
  }
  return new ModelFailure({
    code: 'model_unreachable',
    reason: `the provider at ${context.host} can't be reached (${code})`,
    advice: 'Check that it is running and that the base URL of the ModelConfig is right.',
    retryable: true,
    endpointIll: true,
    cause: error,
  });
}

/** Status of an API error, or of an error frame inside a stream. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('statusCode' in error && typeof error.statusCode === 'number') return error.statusCode;
  if (error instanceof Error) return undefined;
  const kind = `${'type' in error ? String(error.type) : ''} ${'code' in error ? String(error.code) : ''}`;
  const numeric = /\b([45]\d\d)\b/.exec(kind);
  if (numeric) return Number(numeric[1]);
  if (/rate_limit|insufficient_quota/.test(kind)) return 429;
  if (/overloaded|server_error|api_error|internal/.test(kind)) return 503;
  if (/authentication|invalid_api_key/.test(kind)) return 401;
  if (/permission/.test(kind)) return 403;
  if (/invalid_request|context_length/.test(kind)) return 400;
  return 500;
}

/** First system or undici code along the chain of causes, e.g. `ECONNREFUSED`, `UND_ERR_SOCKET`. */
export function networkCode(error: unknown): string | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < 6 && current instanceof Error; depth++) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0];
    else if (
      current.name === 'TypeError' &&
      current.message === 'terminated' &&
      current.cause === undefined
    )
      return 'ECONNRESET';
    else current = current.cause;
  }
  return undefined;
}

function isInvalidResponse(error: unknown): boolean {
  let current: unknown = error;
  for (let depth = 0; depth < 4 && current instanceof Error; depth++) {
    if (
      /^AI_(JSONParse|TypeValidation|InvalidResponseData|EmptyResponseBody)Error$/.test(
        current.name,
      )
    )
      return true;
    current = current.cause;
  }
  return APICallError.isInstance(error);
}

/** Providers mark errors that stay, whatever the status, with `x-should-retry: false`. */
function saysNoRetry(error: unknown): boolean {
  return APICallError.isInstance(error) && error.responseHeaders?.['x-should-retry'] === 'false';
}

function retryAfter(error: unknown, now: number): number | undefined {
  if (!APICallError.isInstance(error)) return undefined;
  const headers = error.responseHeaders ?? {};
  const milliseconds = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(milliseconds)) return Math.max(0, milliseconds);
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function rawOf(error: unknown): string {
  if (APICallError.isInstance(error)) return `${error.message} ${error.responseBody ?? ''}`;
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : '';
}

/** The provider's own words, short, as the end of a sentence. */
function sentenceOf(error: unknown): string {
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
  if (typeof message !== 'string' || message.trim() === '') return '';
  const words = message.replaceAll(/\s+/g, ' ').trim();
  return `: ${words.length > 300 ? `${words.slice(0, 300)}…` : words}`;
}

const KEY_LIKE = /\b(?:sk|pk|rk|key|ghp|gho|xox[bp]|AIza|eyJ)[-_A-Za-z0-9.*]{10,}/g;

/** Removes known secrets and whatever looks like a key or a bearer token. */
export function redact(text: string, secrets: string[]): string {
  let result = text;
  for (const secret of secrets) result = result.replaceAll(secret, '[redacted]');
  return result
    .replaceAll(/\b(bearer|basic)\s+[-_A-Za-z0-9.=+/*]{6,}/gi, '$1 [redacted]')
    .replaceAll(/:\/\/[^/\s@]+@/g, '://[redacted]@')
    .replaceAll(KEY_LIKE, '[redacted]');
}

export interface ErrorEventInput {
  failure: ModelFailure;
  configName: string;
  tries: number;
  secrets: string[];
}

/** The last event of a failed stream. */
export function errorEvent({ failure, configName, tries, secrets }: ErrorEventInput): ModelEvent {
  const after = tries > 1 ? `, after ${tries} tries` : '';
  const advice = failure.advice === '' ? '' : ` ${failure.advice}`;
  const message = `ModelConfig ${configName}: ${failure.message}${after}.${advice}`;
  return { type: 'error', code: failure.code, message: redact(message, secrets) };
}
