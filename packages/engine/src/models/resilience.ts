/**
 * Makes one logical model call out of several tries: retries with jitter and `retry-after`, a circuit breaker, timeouts,
 * and failures as the last event. Nothing is retried once a delta was emitted, because a reader has seen it.
 */
import type { Clock, Logger, ModelEvent, ModelRequest } from '../ports.ts';
import type { Breaker } from './breaker.ts';
import { classify, errorEvent, ModelFailure, redact } from './failure.ts';

/** One try. Yields deltas and the end; throws on failure. Must stop when the signal aborts. */
export type Attempt = (request: ModelRequest, watch: Watch) => AsyncIterable<ModelEvent>;

/** How a try reports life and learns that it is over. */
export interface Watch {
  signal: AbortSignal;
  /** Something arrived from the provider. */
  alive(): void;
}

export interface ResilienceLimits {
  /** Tries of one call, the first included. */
  maxTries: number;
  /** Longest time spent waiting between the tries of one call, milliseconds. */
  maxWaitMs: number;
  /** Longest time until the first sign of life, milliseconds. */
  firstByteMs: number;
  /** Longest silence after it, milliseconds. */
  idleMs: number;
  /** Longest time of one try, milliseconds. */
  totalMs: number;
}

export const DEFAULT_LIMITS: ResilienceLimits = {
  maxTries: 4,
  maxWaitMs: 45_000,
  firstByteMs: 300_000,
  idleMs: 120_000,
  totalMs: 1_800_000,
};

export interface ResilienceInput {
  attempt: Attempt;
  request: ModelRequest;
  configName: string;
  modelId: string;
  host: string;
  breaker: Breaker;
  limits: ResilienceLimits;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  logger: Logger;
  secrets: string[];
}

/** Never throws; `end` or `error` comes last, exactly once. */
export async function* streamWithResilience(input: ResilienceInput): AsyncGenerator<ModelEvent> {
  const { request, clock, breaker, limits } = input;
  let waited = 0;
  const fail = (failure: ModelFailure, tries: number): ModelEvent =>
    errorEvent({ failure, configName: input.configName, tries, secrets: input.secrets });

  const pause = breaker.enter(clock.now());
  if (pause > 0) {
    yield fail(pausedFailure(input.host, pause), 1);
    return;
  }
  let reported = false;
  try {
    for (let tries = 1; ; tries++) {
      let emitted = false;
      try {
        for await (const event of watched(input)) {
          emitted = true;
          yield event;
        }
        breaker.succeeded();
        reported = true;
        return;
      } catch (error) {
        if (request.signal.aborted) {
          yield fail(canceled(), 1);
          return;
        }
        const failure = classify(error, {
          host: input.host,
          modelId: input.modelId,
          now: clock.now(),
        });
        const delay = retryDelay({ failure, tries, random: input.random });
        const again =
          !emitted &&
          failure.retryable &&
          tries < limits.maxTries &&
          waited + delay <= limits.maxWaitMs;
        logFailure({ input, failure, tries, again, delay });
        if (!again) {
          if (failure.endpointIll) breaker.failed(clock.now());
          else breaker.succeeded();
          reported = true;
          yield fail(failure, tries);
          return;
        }
        waited += delay;
        if (!(await slept(clock, delay, request.signal))) {
          yield fail(canceled(), 1);
          return;
        }
      }
    }
  } finally {
    if (!reported) breaker.left();
  }
}

function canceled(): ModelFailure {
  return new ModelFailure({ code: 'canceled', reason: 'the call was cancelled' });
}

function pausedFailure(host: string, pauseMs: number): ModelFailure {
  return new ModelFailure({
    code: 'model_unreachable',
    reason: `the provider at ${host} failed several times in a row; calls to it pause for ${Math.ceil(pauseMs / 1000)} s`,
    advice: 'Check that it is running and that the base URL of the ModelConfig is right.',
  });
}

/** Exponential from 0.5 s, jittered down to its half; `retry-after` is a lower bound. */
function retryDelay({
  failure,
  tries,
  random,
}: {
  failure: ModelFailure;
  tries: number;
  random: () => number;
}): number {
  const backoff = Math.min(8000, 500 * 2 ** (tries - 1)) * (0.5 + random() / 2);
  return Math.max(backoff, failure.retryAfterMs ?? 0);
}

async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch {
    return false;
  }
}

/** One try under its timeouts. Ending early (consumer left, failure) aborts the request. */
async function* watched(input: ResilienceInput): AsyncGenerator<ModelEvent> {
  const { clock, limits, request } = input;
  const over = new AbortController();
  const started = clock.now();
  let lastSign = started;
  let limit = limits.firstByteMs;
  let timeout: ModelFailure | undefined;
  const signal = AbortSignal.any([request.signal, over.signal]);

  const guard = async (): Promise<void> => {
    for (;;) {
      const now = clock.now();
      const deadline = Math.min(lastSign + limit, started + limits.totalMs);
      if (now >= deadline) {
        timeout = timeoutFailure({
          host: input.host,
          total: now >= started + limits.totalMs,
          limits,
          limit,
        });
        over.abort(timeout);
        return;
      }
      // The deadline comes nearer with the first sign of life, so no sleep is longer than the shorter limit.
      if (!(await slept(clock, Math.min(deadline - now, limits.idleMs), signal))) return;
    }
  };
  const guarding = guard();
  try {
    const alive = (): void => {
      lastSign = clock.now();
      limit = limits.idleMs;
    };
    yield* input.attempt(request, { signal, alive });
  } catch (error) {
    throw timeout ?? error;
  } finally {
    over.abort();
    await guarding;
  }
}

interface TimeoutInput {
  host: string;
  total: boolean;
  limit: number;
  limits: ResilienceLimits;
}

function timeoutFailure({ host, total, limit, limits }: TimeoutInput): ModelFailure {
  const seconds = Math.round((total ? limits.totalMs : limit) / 1000);
  const silent = limit === limits.idleMs ? 'model_stream_cut' : 'model_unreachable';
  return new ModelFailure({
    code: silent,
    reason: total
      ? `the provider at ${host} did not finish within ${seconds} s`
      : `the provider at ${host} sent nothing for ${seconds} s`,
    advice: total
      ? 'Raise the timeout of the ModelConfig if the model needs longer.'
      : 'Check the state of the provider.',
    retryable: !total,
    endpointIll: !total,
  });
}

interface FailureLog {
  input: ResilienceInput;
  failure: ModelFailure;
  tries: number;
  again: boolean;
  delay: number;
}

function logFailure({ input, failure, tries, again, delay }: FailureLog): void {
  const fields = {
    modelConfig: input.configName,
    model: input.modelId,
    host: input.host,
    code: failure.code,
    reason: redact(failure.message, input.secrets),
    tries,
    ...(again ? { retryInMs: Math.round(delay) } : {}),
    ...(failure.code === 'internal'
      ? { cause: redact(describe(failure.cause), input.secrets) }
      : {}),
  };
  if (again) input.logger.info(fields, 'model call failed, trying again');
  else input.logger.warn(fields, 'model call failed');
}

function describe(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}
