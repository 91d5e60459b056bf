/**
 * Circuit breaker per endpoint: after several failed calls in a row an endpoint gets a pause, so that many agents do
 * not queue up behind a dead provider. One call is let through after the pause; its outcome decides.
 */

export interface Breaker {
  /** Milliseconds until a call is allowed; 0 when it is allowed now. Letting one through after a pause takes the trial. */
  enter(now: number): number;
  /** The endpoint answered, whatever it said. */
  succeeded(): void;
  /** The endpoint was ill (no connection, 5xx) in all tries of a call. */
  failed(now: number): void;
  /** The call ended without saying anything about the endpoint, e.g. it was cancelled. */
  left(): void;
}

/** One breaker for each base URL. Owned by the composition root and shared by the models of a process. */
export interface Breakers {
  for(endpoint: string): Breaker;
}

export interface BreakerOptions {
  /** Failed calls in a row that open it. Default 5. */
  threshold?: number;
  /** Milliseconds of pause. Default 15,000. */
  pauseMs?: number;
}

/** Makes an empty set of breakers. State lives in the returned value only. */
export function createBreakers(options: BreakerOptions = {}): Breakers {
  const breakers = new Map<string, Breaker>();
  return {
    for(endpoint) {
      let breaker = breakers.get(endpoint);
      if (breaker === undefined) {
        breaker = createBreaker(options);
        breakers.set(endpoint, breaker);
      }
      return breaker;
    },
  };
}

function createBreaker({ threshold = 5, pauseMs = 15_000 }: BreakerOptions): Breaker {
  let failures = 0;
  let openUntil = 0;
  let trial = false;
  return {
    enter(now) {
      if (failures < threshold) return 0;
      if (now < openUntil) return openUntil - now;
      if (trial) return pauseMs;
      trial = true;
      return 0;
    },
    succeeded() {
      failures = 0;
      trial = false;
    },
    failed(now) {
      failures += 1;
      trial = false;
      if (failures >= threshold) openUntil = now + pauseMs;
    },
    left() {
      trial = false;
    },
  };
}
