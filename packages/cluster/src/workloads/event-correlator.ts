/**
 * Keeps events from flooding the cluster, by the rules of every Kubernetes component
 * (https://pkg.go.dev/k8s.io/client-go/tools/record#EventCorrelator): many alike become one, and who talks about the same
 * object all the time is no longer heard.
 */
import type { Clock } from '@kagent/kube';

/** Tells apart what happens to an object. */
export interface EventFacts {
  /** Whatever identifies what it is about. */
  object: string;
  type: string;
  reason: string;
  fieldPath: string;
  message: string;
}

export interface Correlation {
  /** Events of one key are repetitions of one event. */
  key: string;
  message: string;
  /** It stands for several events that differ in their message. */
  isCombined: boolean;
  /** It must not be written; it counts all the same. */
  isDropped: boolean;
}

export interface EventCorrelator {
  correlate(facts: EventFacts): Correlation;
}

const REMEMBERED = 4096;
/** From the tenth message on, within ten minutes of each other. */
const MAX_ALIKE = 10;
const ALIKE_MS = 600_000;
const BURST = 25;
const REFILL_MS = 300_000;

interface Alike {
  messages: Set<string>;
  last: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Puts the entry last, and forgets the one that was used longest ago. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > REMEMBERED && oldest.done !== true) map.delete(oldest.value);
}

export function createEventCorrelator(clock: Clock): EventCorrelator {
  const alike = new Map<string, Alike>();
  const buckets = new Map<string, Bucket>();

  function isTooMany(object: string, now: number): boolean {
    const { tokens, at } = buckets.get(object) ?? { tokens: BURST, at: now };
    const available = Math.min(BURST, tokens + (now - at) / REFILL_MS);
    const isDropped = available < 1;
    remember(buckets, object, { tokens: isDropped ? available : available - 1, at: now });
    return isDropped;
  }

  return {
    correlate({ object, type, reason, fieldPath, message }) {
      const now = clock.now();
      const group = [object, type, reason].join('\n');
      const known = alike.get(group);
      const messages =
        known === undefined || now - known.last > ALIKE_MS ? new Set<string>() : known.messages;
      messages.add(message);
      remember(alike, group, { messages, last: now });
      const isDropped = isTooMany(object, now);
      if (messages.size < MAX_ALIKE) {
        return {
          key: [group, fieldPath, message].join('\n'),
          message,
          isCombined: false,
          isDropped,
        };
      }
      messages.delete(message);
      const combined = `(combined from similar events): ${message}`;
      return { key: group, message: combined, isCombined: true, isDropped };
    },
  };
}
