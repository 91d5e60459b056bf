/** One leader among several replicas, by a coordination.k8s.io Lease (the protocol of client-go's leaderelection). */
import { backoffMs } from './backoff.ts';
import type { KubeClient } from './client.ts';
import type { Clock } from './clock.ts';
import { isAlreadyExists, isConflict } from './errors.ts';
import type { Logger } from './logger.ts';
import { LEASES, type Lease } from './resources.ts';

export interface LeaderElectionOptions {
  client: KubeClient;
  lease: { namespace: string; name: string };
  /** Unique per candidate, e.g. `<pod>_<random>`. */
  identity: string;
  /**
   * The leader's work. `signal` aborts when the lease is lost or the election ends; another candidate may lead as soon as
   * the lease runs out, so the work must stop then.
   */
  onStarted(signal: AbortSignal): Promise<void>;
  clock: Clock;
  logger: Logger;
  /** Ends the election: the work is stopped, then the lease is given back. */
  signal: AbortSignal;
  /** How long others wait for a leader that is silent. Default 15 s. */
  leaseDurationMs?: number;
  /** A leader that could not renew for so long stops. Must be less than the duration. Default 10 s. */
  renewDeadlineMs?: number;
  /** Between tries. Default 2 s. */
  retryPeriodMs?: number;
}

/** What we last saw, and when by OUR clock: the clocks of candidates are never compared. */
interface Observation {
  fingerprint: string;
  at: number;
}

/**
 * Campaigns, leads, and campaigns again after a lost lease, until the signal aborts or the work ends by itself; then
 * the lease is released, so that the next leader need not wait. Rejects only when the work rejects (the lease is
 * released then too).
 */
export async function runWithLease(options: LeaderElectionOptions): Promise<void> {
  const elector = createElector(options);
  while (!options.signal.aborted) {
    if (!(await elector.acquire())) return;
    const outcome = await lead(options, elector);
    if (outcome === 'finished') return;
  }
}

async function lead(
  options: LeaderElectionOptions,
  elector: Elector,
): Promise<'finished' | 'lost'> {
  const { logger, identity, lease } = options;
  const fields = { lease: `${lease.namespace}/${lease.name}`, identity };
  logger.info(fields, 'became leader');
  const stopWork = new AbortController();
  const stopRenewal = new AbortController();
  const workSignal = AbortSignal.any([options.signal, stopWork.signal]);
  const renewal = elector.renewUntilLost(AbortSignal.any([options.signal, stopRenewal.signal]));
  void renewal.then((lost) => {
    if (!lost) return;
    logger.warn(fields, 'lost the lease');
    stopWork.abort(new Error('the lease was lost'));
  });
  try {
    await options.onStarted(workSignal);
  } catch (error) {
    if (!workSignal.aborted) throw error;
  } finally {
    stopRenewal.abort();
    if (!(await renewal)) await elector.release();
  }
  return stopWork.signal.aborted && !options.signal.aborted ? 'lost' : 'finished';
}

type Attempt = 'ours' | 'held' | 'unknown';

interface Elector {
  /** True when the lease is ours, false when the election ended. */
  acquire(): Promise<boolean>;
  /** Resolves true when the lease was lost, false when the signal aborted while it was ours. Never rejects. */
  renewUntilLost(signal: AbortSignal): Promise<boolean>;
  release(): Promise<void>;
}

interface Timing {
  durationMs: number;
  deadlineMs: number;
  periodMs: number;
}

function createElector(options: LeaderElectionOptions): Elector {
  const { clock } = options;
  const timing: Timing = {
    durationMs: options.leaseDurationMs ?? 15_000,
    deadlineMs: options.renewDeadlineMs ?? 10_000,
    periodMs: options.retryPeriodMs ?? 2_000,
  };
  const { deadlineMs, periodMs } = timing;
  const attempt = createAttempt(options, timing);
  return {
    async acquire() {
      const { signal } = options;
      while (!signal.aborted) {
        if ((await attempt({ takeOver: true, withinMs: deadlineMs, signal })) === 'ours')
          return true;
        const pause = backoffMs(0, { initialMs: periodMs * 1.2, maxMs: periodMs * 1.2 });
        await nap(pause, { clock, signal });
      }
      return false;
    },
    async renewUntilLost(signal) {
      let renewedAt = clock.now();
      for (;;) {
        const deadline = renewedAt + deadlineMs;
        await nap(Math.max(0, Math.min(periodMs, deadline - clock.now())), { clock, signal });
        if (signal.aborted) return false;
        const startedAt = clock.now();
        if (startedAt >= deadline) return true;
        const outcome = await attempt({ takeOver: false, withinMs: deadline - startedAt, signal });
        if (outcome === 'held') return true;
        if (outcome === 'ours') renewedAt = startedAt;
      }
    },
    release: () => release(options),
  };
}

interface AttemptOptions {
  /** Take somebody else's lease when it ran out. */
  takeOver: boolean;
  /** A server that does not answer within this time counts as unknown. */
  withinMs: number;
  signal: AbortSignal;
}

/** One try to get or renew the lease. The returned function never rejects. */
function createAttempt(
  options: LeaderElectionOptions,
  { durationMs }: Timing,
): (attempt: AttemptOptions) => Promise<Attempt> {
  const { client, clock, identity, lease, logger } = options;
  let seen: Observation | undefined;

  function observe(current: Lease): Observation {
    const { renewTime, holderIdentity } = current.spec ?? {};
    const fingerprint = JSON.stringify([renewTime, holderIdentity]);
    if (seen?.fingerprint !== fingerprint) seen = { fingerprint, at: clock.now() };
    return seen;
  }

  async function write(takeOver: boolean): Promise<Attempt> {
    const now = microTime(clock.now());
    const leaseDurationSeconds = Math.ceil(durationMs / 1000);
    const held = { holderIdentity: identity, leaseDurationSeconds, renewTime: now };
    const current = await client.find(LEASES, lease);
    if (current === undefined) {
      const spec = { ...held, acquireTime: now, leaseTransitions: 0 };
      return await settled(client.create(LEASES, { ...leaseObject(lease), spec }));
    }
    const observed = observe(current);
    const holder = current.spec?.holderIdentity ?? '';
    if (holder === identity) {
      const spec = { ...current.spec, ...held };
      return await settled(client.replace(LEASES, { ...current, spec }));
    }
    const hasExpired = clock.now() >= observed.at + validMs(current, durationMs);
    if (holder !== '' && !(takeOver && hasExpired)) return 'held';
    const leaseTransitions = (current.spec?.leaseTransitions ?? 0) + 1;
    const spec = { ...held, acquireTime: now, leaseTransitions };
    return await settled(client.replace(LEASES, { ...current, spec }));
  }

  return async ({ takeOver, withinMs, signal }) => {
    const timer = new AbortController();
    const late = nap(withinMs, { clock, signal: AbortSignal.any([signal, timer.signal]) });
    try {
      return await Promise.race([write(takeOver), late.then((): Attempt => 'unknown')]);
    } catch (error) {
      logger.warn({ lease: lease.name, error: describe(error) }, 'cannot reach the lease');
      return 'unknown';
    } finally {
      timer.abort();
    }
  };
}

/** So that the next leader need not wait. A failure is logged: the lease runs out by itself. */
async function release({
  client,
  clock,
  identity,
  lease,
  logger,
}: LeaderElectionOptions): Promise<void> {
  try {
    const current = await client.find(LEASES, lease);
    if (current?.spec?.holderIdentity !== identity) return;
    const released = {
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: microTime(clock.now()),
    };
    await client.replace(LEASES, { ...current, spec: { ...current.spec, ...released } });
  } catch (error) {
    logger.warn({ lease: lease.name, error: describe(error) }, 'could not release the lease');
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A lost race is an answer, not an error. */
async function settled(write: Promise<Lease>): Promise<Attempt> {
  try {
    await write;
    return 'ours';
  } catch (error) {
    if (isConflict(error) || isAlreadyExists(error)) return 'unknown';
    throw error;
  }
}

function validMs(lease: Lease, fallback: number): number {
  const seconds = lease.spec?.leaseDurationSeconds;
  return seconds === undefined ? fallback : seconds * 1000;
}

function leaseObject(lease: { namespace: string; name: string }): Lease {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { ...lease } };
}

/** RFC 3339 with microseconds, as the Lease schema wants. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

async function nap(
  ms: number,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  await clock.sleep(ms, signal).catch(() => undefined);
}
