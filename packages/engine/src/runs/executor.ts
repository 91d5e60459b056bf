/**
 * Owns the live runs of one agent: starts them, lets any number of readers follow them, cancels them, keeps their leases
 * and takes over runs that another process left. Holds no timer and no connection while no run is live.
 */
import { isKagentError, KagentError, type RunEvent, type RunRecord } from '@kagent/spec';
import { untilAborted } from '../abort.ts';
import { runAgent, type AgentDefinition, type RunOutcome } from '../loop/run-agent.ts';
import type { Clock, LiveEvent, Logger, NewRun, RunStore } from '../ports.ts';
import { createJournalWriter } from './journal-writer.ts';
import { createLeaseKeeper, type LeaseKeeper } from './lease-keeper.ts';
import { createLiveRun, type LiveRun, type RequestContext } from './live-run.ts';
import { createSlots, type Slots } from './slots.ts';

export interface ExecutorOptions {
  /** `namespace/name`. */
  agent: string;
  definition: AgentDefinition;
  runs: RunStore;
  /** Name of this process in leases. */
  holder: string;
  clock: Clock;
  logger: Logger;
  settings?: Partial<ExecutorSettings>;
}

export interface ExecutorSettings {
  /** Runs that work at the same time; more are accepted and wait. */
  maxConcurrentRuns: number;
  /** Accepted runs; more are refused with `unavailable`. */
  maxLiveRuns: number;
  leaseMs: number;
  /** How often leases are renewed and cancel wishes of other processes are looked for. */
  renewMs: number;
  /** How often a run that another process works on is read. */
  pollMs: number;
  /** How long a graceful stop waits for tool calls under way. */
  graceMs: number;
}

export const DEFAULT_EXECUTOR_SETTINGS: ExecutorSettings = {
  maxConcurrentRuns: 64,
  maxLiveRuns: 1_000,
  leaseMs: 15_000,
  renewMs: 5_000,
  pollMs: 500,
  graceMs: 3_000,
};

export type StartRun = Omit<NewRun, 'agent' | 'holder' | 'leaseUntil'>;

export interface Executor {
  /**
   * Accepts a run durably and begins it. The same (user, message id) again answers the run there is and begins nothing.
   * Rejects with the store's error, or `unavailable` when the agent is stopping or has too many runs.
   */
  start(run: StartRun, request: RequestContext): Promise<{ run: RunRecord; created: boolean }>;
  /**
   * Stored events after `afterSeq` in sequence, without gap or duplicate, with deltas between them while the run is live
   * here; ends after `run-ended`. Follows the run wherever it works. Rejects when `signal` aborts.
   */
  attach(
    runId: string,
    options: { afterSeq?: number; signal: AbortSignal },
  ): AsyncIterable<LiveEvent>;
  /** The whole journal once the run has ended. */
  finished(runId: string, signal: AbortSignal): Promise<RunEvent[]>;
  /** The journal so far. */
  read(runId: string): Promise<RunEvent[]>;
  /** False when the run is unknown or has ended. */
  cancel(runId: string, by: string): Promise<boolean>;
  /** Claims the agent's runs that nobody holds and goes on with them. Answers how many. */
  resumePending(): Promise<number>;
  /** As `resumePending`, and again for a while: the leases of a process that was killed have to pass first. */
  resumeAtStart(): Promise<number>;
  /** Hands all runs over: lets tool calls under way finish for a moment, then gives the leases up. */
  stop(): Promise<void>;
  readonly liveRuns: number;
}

export function createExecutor(options: ExecutorOptions): Executor {
  return new RunExecutor(options);
}

class RunExecutor implements Executor {
  readonly #options: ExecutorOptions;
  readonly #settings: ExecutorSettings;
  readonly #live = new Map<string, LiveRun>();
  readonly #slots: Slots;
  readonly #drain = new AbortController();
  readonly #keeper: LeaseKeeper;
  /** Until then every tick looks for runs to take over. */
  #claimUntil = 0;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#settings = { ...DEFAULT_EXECUTOR_SETTINGS, ...options.settings };
    this.#slots = createSlots(this.#settings.maxConcurrentRuns);
    const { clock, logger } = options;
    this.#keeper = createLeaseKeeper({
      clock,
      logger,
      everyMs: this.#settings.renewMs,
      isNeeded: () => this.#live.size > 0 || clock.now() < this.#claimUntil,
      tick: () => this.#tick(),
    });
  }

  get liveRuns(): number {
    return this.#live.size;
  }

  async start(
    run: StartRun,
    request: RequestContext,
  ): Promise<{ run: RunRecord; created: boolean }> {
    this.#assertAccepting();
    const { runs, agent, holder } = this.#options;
    const answer = await runs.create({ ...run, agent, holder, leaseUntil: this.#leaseEnd() });
    if (answer.created) {
      const first: RunEvent = { ...run.first, seq: 1, at: answer.run.createdAt };
      this.#launch(answer.run, { request, events: [first], resumed: false });
    } else {
      await this.#adopt(answer.run);
    }
    return answer;
  }

  async *attach(
    runId: string,
    options: { afterSeq?: number; signal: AbortSignal },
  ): AsyncGenerator<LiveEvent> {
    const { runs, clock } = this.#options;
    const { signal } = options;
    let seq = options.afterSeq ?? 0;
    for (;;) {
      const live = this.#live.get(runId);
      const source = live
        ? this.#follow(live, seq, signal)
        : await untilAborted(runs.read(runId, seq), signal);
      for await (const event of source) {
        if (event.type !== 'model-delta') seq = event.seq;
        yield event;
        if (event.type === 'run-ended') return;
      }
      if (live) continue;
      const record = await runs.get(runId);
      if (record?.state !== 'running') {
        yield* await runs.read(runId, seq);
        return;
      }
      await this.#adopt(record);
      if (!this.#live.has(runId)) await clock.sleep(this.#settings.pollMs, signal);
    }
  }

  async finished(runId: string, signal: AbortSignal): Promise<RunEvent[]> {
    const live = this.#live.get(runId);
    if (live) {
      await untilAborted(live.done, signal);
      if (live.events.at(-1)?.type === 'run-ended') return live.events;
    }
    const events: RunEvent[] = [];
    for await (const event of this.attach(runId, { signal })) {
      if (event.type !== 'model-delta') events.push(event);
    }
    return events;
  }

  async read(runId: string): Promise<RunEvent[]> {
    return this.#live.get(runId)?.events ?? this.#options.runs.read(runId);
  }

  async cancel(runId: string, by: string): Promise<boolean> {
    if (!(await this.#options.runs.requestCancel(runId, by))) return false;
    const live = this.#live.get(runId);
    if (live) {
      live.controller.abort(canceled(by));
      return true;
    }
    const record = await this.#options.runs.get(runId);
    if (record) await this.#adopt(record);
    return true;
  }

  async resumePending(): Promise<number> {
    if (this.#drain.signal.aborted) return 0;
    const { runs, agent, holder } = this.#options;
    const records = await runs.claim(agent, holder, this.#leaseEnd());
    const fresh = records.filter((record) => !this.#live.has(record.runId));
    for (const record of fresh) {
      const events = await runs.read(record.runId);
      this.#launch(record, { request: { headers: {} }, events, resumed: true });
    }
    return fresh.length;
  }

  resumeAtStart(): Promise<number> {
    this.#claimAgain();
    return this.resumePending();
  }

  async stop(): Promise<void> {
    const { clock } = this.#options;
    this.#drain.abort(new Error('draining'));
    this.#slots.close();
    this.#keeper.stop();
    const done = Promise.all([...this.#live.values()].map((live) => live.done));
    await within(clock, this.#settings.graceMs, done);
    const reason = new KagentError('unavailable', 'The agent is shutting down.');
    for (const live of this.#live.values()) live.controller.abort(reason);
    await within(clock, this.#settings.graceMs, done);
  }

  #assertAccepting(): void {
    if (this.#drain.signal.aborted)
      throw new KagentError('unavailable', 'The agent is shutting down.');
    if (this.#live.size >= this.#settings.maxLiveRuns) {
      throw new KagentError(
        'unavailable',
        `The agent already has ${this.#live.size} runs; try again later.`,
      );
    }
  }

  #leaseEnd(): number {
    return this.#options.clock.now() + this.#settings.leaseMs;
  }

  #claimAgain(): void {
    const { leaseMs, renewMs } = this.#settings;
    this.#claimUntil = this.#options.clock.now() + leaseMs + 2 * renewMs;
    this.#keeper.wake();
  }

  /** Takes a running run over when its process has let the lease pass. */
  async #adopt(record: RunRecord): Promise<void> {
    if (record.state !== 'running' || this.#live.has(record.runId)) return;
    if ((record.leaseUntil ?? 0) <= this.#options.clock.now()) await this.resumePending();
  }

  async *#follow(live: LiveRun, afterSeq: number, signal: AbortSignal): AsyncGenerator<LiveEvent> {
    const queue = live.subscribe(afterSeq, signal);
    try {
      yield* queue;
    } finally {
      live.unsubscribe(queue);
    }
  }

  #launch(
    record: RunRecord,
    start: { request: RequestContext; events: RunEvent[]; resumed: boolean },
  ): void {
    const live = createLiveRun(record, start.request, start.events);
    this.#live.set(record.runId, live);
    live.done = this.#work(live, start.resumed).finally(() => {
      this.#live.delete(record.runId);
      live.closeReaders();
    });
    this.#keeper.wake();
  }

  /** Never rejects. */
  async #work(live: LiveRun, resumed: boolean): Promise<void> {
    const { runId } = live.record;
    const release = await this.#slots.take(live.controller.signal).catch(() => undefined);
    try {
      const outcome = await this.#runLoop(live, resumed);
      if (outcome === 'suspended') await this.#handOver(live);
    } catch (error) {
      const code = isKagentError(error) ? error.code : 'internal';
      this.#options.logger.warn({ runId, code, error }, 'Run left to be taken over');
      if (code !== 'conflict' && !this.#drain.signal.aborted) this.#claimAgain();
    } finally {
      release?.();
    }
  }

  async #runLoop(live: LiveRun, resumed: boolean): Promise<RunOutcome> {
    const { runs, holder, clock, logger, definition } = this.#options;
    const { runId, sessionId, userId } = live.record;
    const append = createJournalWriter({ runs, runId, holder });
    const history = live.request.newSession ? [] : await runs.history(sessionId, runId);
    if (resumed) {
      for (const event of await append([{ type: 'run-resumed', holder }])) live.publish(event);
      if (await runs.isCancelRequested(runId)) live.controller.abort(canceled('another process'));
    }
    const { headers, callerToken } = live.request;
    return runAgent(
      definition,
      {
        run: { runId, sessionId, userId },
        journal: [...live.events],
        history,
        headers,
        ...(callerToken === undefined ? {} : { callerToken }),
      },
      {
        append,
        emit: (event) => live.publish(event),
        clock,
        logger,
        drain: this.#drain.signal,
        signal: live.controller.signal,
      },
    );
  }

  async #handOver(live: LiveRun): Promise<void> {
    const { runs, holder, logger } = this.#options;
    const { runId } = live.record;
    try {
      await runs.renew(runId, holder, 0);
    } catch (error) {
      logger.warn({ runId, error }, 'Giving a run lease up failed; it will pass by itself');
    }
  }

  async #tick(): Promise<void> {
    await Promise.all([...this.#live.values()].map((live) => this.#keep(live)));
    if (this.#options.clock.now() >= this.#claimUntil) return;
    try {
      await this.resumePending();
    } catch (error) {
      this.#claimAgain();
      throw error;
    }
  }

  async #keep(live: LiveRun): Promise<void> {
    const { runs, holder, logger } = this.#options;
    const { runId } = live.record;
    try {
      if (!(await runs.renew(runId, holder, this.#leaseEnd()))) {
        live.controller.abort(new KagentError('conflict', 'The lease of the run was lost.'));
      } else if (await runs.isCancelRequested(runId)) {
        live.controller.abort(canceled('another process'));
      }
    } catch (error) {
      logger.warn({ runId, error }, 'Renewing a run lease failed');
    }
  }
}

function canceled(by: string): KagentError {
  return new KagentError('canceled', 'The run was canceled.', { data: { by } });
}

/** Waits for `work`, at most `ms`. */
async function within(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const late = clock.sleep(ms, timer.signal).catch(() => undefined);
  await Promise.race([work, late]);
  timer.abort(new Error('done'));
}
