/**
 * RunStore over the server's REST (`run-api.ts` of `@kagent/spec`): the journal of an engine in its own process. Rides
 * out a server that restarts: calls are repeated with back-off, and every call may be repeated.
 */
import {
  CancelRunResponse,
  ClaimRunsResponse,
  CreateRunResponse,
  ERROR_CODES,
  EventsResponse,
  isKagentError,
  KagentError,
  RenewLeaseResponse,
  repeatedAppend,
  RunStateResponse,
  type AppendEventsRequest,
  type CancelRunRequest,
  type ClaimRunsRequest,
  type CreateRunRequest,
  type ErrorCode,
  type RenewLeaseRequest,
} from '@kagent/spec';
import { z } from 'zod';
import type { Clock, RunStore } from '../ports.ts';
import { withRetry } from './retry.ts';

export interface HttpRunStoreOptions {
  /** Of the server, without path, e.g. `http://kagent-controller.kagent:8083`. */
  baseUrl: string;
  fetch: typeof globalThis.fetch;
  /** Asked before every request, so that tokens may change. */
  headers(): Promise<Record<string, string>> | Record<string, string>;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  /** Ends all waiting, for a process that stops. */
  signal: AbortSignal;
  /** How long an append is repeated; a run outlives a server that is away this long. Default 10 minutes. */
  appendGiveUpMs?: number;
  /** The same for everything somebody waits for. Default 10 s. */
  giveUpMs?: number;
  /** For one request. Default 30 s. */
  requestTimeoutMs?: number;
}

const Failure = z.looseObject({
  error: z.string(),
  code: z.enum(ERROR_CODES).optional().catch(undefined),
});

/** Statuses that say the server (or what stands before it) is away for now. */
const AWAY = new Set([408, 425, 429, 500, 502, 503, 504]);

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_argument',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  409: 'conflict',
  413: 'payload_too_large',
};

type Body =
  | CreateRunRequest
  | AppendEventsRequest
  | ClaimRunsRequest
  | RenewLeaseRequest
  | CancelRunRequest;

interface Call<T> {
  path: string;
  body?: Body;
  data: z.ZodType<T>;
  giveUpMs?: number;
}

type Caller = <T>(request: Call<T>) => Promise<T>;

/** Rejects with the server's coded error, or `unavailable` when it stays away. */
export function createHttpRunStore(options: HttpRunStoreOptions): RunStore {
  const call: Caller = (request) => send(options, request);
  const reads = readCalls(call);
  return { ...reads, ...leaseCalls(call, options.appendGiveUpMs ?? 600_000, reads) };
}

const runPath = (runId: string) => `/api/runs/${encodeURIComponent(runId)}`;

type Reads = Pick<RunStore, 'get' | 'read' | 'history' | 'requestCancel' | 'isCancelRequested'>;

function readCalls(call: Caller): Reads {
  const state = (runId: string) =>
    orUndefined(call({ path: runPath(runId), data: RunStateResponse }));
  const events = async (path: string) => (await call({ path, data: EventsResponse })).events;
  return {
    get: async (runId) => (await state(runId))?.run,
    read: (runId, afterSeq = 0) => events(`${runPath(runId)}/events?after=${afterSeq}`),
    history: (sessionId, exceptRunId) => {
      const except = encodeURIComponent(exceptRunId);
      return events(`/api/sessions/${encodeURIComponent(sessionId)}/run-history?except=${except}`);
    },
    async requestCancel(runId, by) {
      const path = `${runPath(runId)}/cancel`;
      return (await call({ path, body: { by }, data: CancelRunResponse })).recorded;
    },
    isCancelRequested: async (runId) => (await state(runId))?.cancelRequested ?? false,
  };
}

function leaseCalls(
  call: Caller,
  appendGiveUpMs: number,
  reads: Reads,
): Omit<RunStore, keyof Reads> {
  /** Last sequence number of the runs this process writes: it tells a repeated append from a new one. */
  const lastSeq = new Map<string, number>();
  const know = (runId: string, seq: number) =>
    lastSeq.set(runId, Math.max(seq, lastSeq.get(runId) ?? 0));

  /** One append a run at a time: only then does `afterSeq` tell a repeat from a new append of equal events. */
  const turns = new Map<string, Promise<unknown>>();
  async function inTurn<T>(runId: string, work: () => Promise<T>): Promise<T> {
    const turn = (turns.get(runId) ?? Promise.resolve()).then(work, work);
    turns.set(runId, turn);
    try {
      return await turn;
    } finally {
      if (turns.get(runId) === turn) turns.delete(runId);
    }
  }

  const append: RunStore['append'] = async (runId, holder, events) => {
    const afterSeq = lastSeq.get(runId) ?? (await reads.get(runId))?.lastSeq ?? 0;
    const answer = await call({
      path: `${runPath(runId)}/events`,
      body: { holder, events, afterSeq },
      data: EventsResponse,
      giveUpMs: appendGiveUpMs,
    });
    const stored = repeatedAppend(answer.events, events);
    if (!stored) throw new KagentError('conflict', `Run ${runId} went on in another process.`);
    const last = stored.at(-1);
    if (last?.type === 'run-ended') lastSeq.delete(runId);
    else if (last) know(runId, last.seq);
    return stored;
  };

  return {
    async create(newRun) {
      const answer = await call({ path: '/api/runs', body: newRun, data: CreateRunResponse });
      if (answer.created) know(newRun.runId, answer.run.lastSeq);
      return answer;
    },
    append: (runId, holder, events) => inTurn(runId, () => append(runId, holder, events)),
    async claim(agent, holder, leaseUntil) {
      const body = { agent, holder, leaseUntil };
      const { runs } = await call({ path: '/api/runs/claim', body, data: ClaimRunsResponse });
      for (const run of runs) know(run.runId, run.lastSeq);
      return runs;
    },
    async renew(runId, holder, leaseUntil) {
      const body = { holder, leaseUntil };
      const path = `${runPath(runId)}/renew`;
      const { held } = await call({ path, body, data: RenewLeaseResponse });
      if (!held || leaseUntil === 0) lastSeq.delete(runId);
      return held;
    },
  };
}

async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isKagentError(error) && error.code === 'not_found') return undefined;
    throw error;
  }
}

function send<T>(options: HttpRunStoreOptions, call: Call<T>): Promise<T> {
  return withRetry(() => sendOnce(options, call), {
    clock: options.clock,
    random: options.random,
    giveUpAfterMs: call.giveUpMs ?? options.giveUpMs ?? 10_000,
    isTransient: (error) => isKagentError(error) && error.code === 'unavailable',
    signal: options.signal,
  });
}

async function sendOnce<T>(options: HttpRunStoreOptions, call: Call<T>): Promise<T> {
  const limit = new AbortController();
  const onStop = () => limit.abort(options.signal.reason);
  options.signal.throwIfAborted();
  options.signal.addEventListener('abort', onStop, { once: true });
  const late = new KagentError('unavailable', 'The server did not answer in time.');
  const timeoutMs = options.requestTimeoutMs ?? 30_000;
  options.clock.sleep(timeoutMs, limit.signal).then(
    () => limit.abort(late),
    () => undefined,
  );
  try {
    const { status, text } = await exchange(options, call, limit.signal);
    return parseAnswer(status, text, call);
  } finally {
    options.signal.removeEventListener('abort', onStop);
    limit.abort(late);
  }
}

async function exchange<T>(
  options: HttpRunStoreOptions,
  call: Call<T>,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  const headers = await options.headers();
  try {
    const response = await options.fetch(`${options.baseUrl}${call.path}`, {
      method: call.body ? 'POST' : 'GET',
      headers: { Accept: 'application/json', 'Content-Type': 'application/json', ...headers },
      ...(call.body ? { body: JSON.stringify(call.body) } : {}),
      signal,
    });
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    throw new KagentError('unavailable', `The server at ${options.baseUrl} can't be reached.`, {
      cause,
    });
  }
}

function parseAnswer<T>(status: number, text: string, call: Call<T>): T {
  const value = parseJson(text);
  if (status >= 200 && status < 300) {
    const envelope = z.looseObject({ data: call.data }).safeParse(value);
    if (envelope.success) return envelope.data.data;
    throw new KagentError('internal', `The server's answer to ${call.path} is not as agreed.`, {
      cause: envelope.error,
    });
  }
  const failure = Failure.safeParse(value);
  const message = failure.success ? failure.data.error : `The server answered HTTP ${status}.`;
  if (AWAY.has(status)) throw new KagentError('unavailable', message);
  const code = failure.success ? failure.data.code : undefined;
  throw new KagentError(code ?? CODE_OF_STATUS[status] ?? 'internal', message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
