/** Writes core/v1 Events in the background; a repeated one only counts up, as kubelet and the controllers do it. */
import { isNotFound } from '@kagent/kube';
import type { Clock, KubeClient, KubeObject, Logger } from '@kagent/kube';

import { EVENTS } from './objects.ts';
import type { EventObject } from './objects.ts';
import { timeText } from './time-text.ts';

export interface EventDraft {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** `spec.containers{name}` */
  fieldPath?: string;
}

export interface EventRecorder {
  /** Returns at once; the event is written later, in order, or dropped (with a log line) when the server refuses. */
  record(regarding: KubeObject, draft: EventDraft): void;
  /** Writes what is queued, at most until `signal` aborts; later events are dropped. */
  stop(signal?: AbortSignal): Promise<void>;
}

interface Aggregate {
  event: EventObject;
  isStored: boolean;
  isQueued: boolean;
}

const MAX_AGGREGATES = 4096;
const MAX_QUEUE = 20_000;
const MAX_MESSAGE = 1024;

export interface EventRecorderOptions {
  client: KubeClient;
  /** `source.component`, e.g. `kubelet`. */
  component: string;
  host?: string;
  clock: Clock;
  logger: Logger;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, component, host, clock, logger } = options;
  const aggregates = new Map<string, Aggregate>();
  const queue: Aggregate[] = [];
  let sequence = 0;
  let isStopped = false;
  let draining: Promise<void> | undefined;

  function build(regarding: KubeObject, draft: EventDraft, now: string): EventObject {
    const { metadata } = regarding;
    sequence += 1;
    const suffix = (BigInt(clock.now()) * 1_000_000n + BigInt(sequence % 1_000_000)).toString(16);
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${metadata.name}.${suffix}`, namespace: metadata.namespace ?? 'default' },
      involvedObject: {
        apiVersion: regarding.apiVersion,
        kind: regarding.kind,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
        name: metadata.name,
        uid: metadata.uid,
        resourceVersion: metadata.resourceVersion,
        ...(draft.fieldPath === undefined ? {} : { fieldPath: draft.fieldPath }),
      },
      type: draft.type,
      reason: draft.reason,
      message: draft.message.slice(0, MAX_MESSAGE),
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: host === undefined ? { component } : { component, host },
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
  }

  async function write(aggregate: Aggregate): Promise<void> {
    const { event } = aggregate;
    const { namespace, name } = event.metadata;
    if (aggregate.isStored) {
      const body = { count: event.count, lastTimestamp: event.lastTimestamp };
      try {
        await client.patch(EVENTS, { namespace, name, patch: { type: 'merge', body } });
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    await client.create(EVENTS, event);
    aggregate.isStored = true;
  }

  async function drain(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      next.isQueued = false;
      try {
        await write(next);
      } catch (error) {
        logger.debug({ error, reason: next.event.reason }, 'an event could not be written');
      }
    }
    draining = undefined;
  }

  function enqueue(aggregate: Aggregate): void {
    if (aggregate.isQueued) return;
    if (queue.length >= MAX_QUEUE) {
      logger.warn({ reason: aggregate.event.reason }, 'too many events are waiting; one was dropped');
      return;
    }
    aggregate.isQueued = true;
    queue.push(aggregate);
    draining ??= drain();
  }

  function forget(): void {
    const oldest = aggregates.keys().next();
    if (aggregates.size > MAX_AGGREGATES && oldest.done !== true) aggregates.delete(oldest.value);
  }

  return {
    record(regarding, draft) {
      if (isStopped) return;
      const now = timeText(clock.now());
      const key = [regarding.metadata.uid, draft.type, draft.reason, draft.fieldPath, draft.message].join('\n');
      const known = aggregates.get(key);
      if (known !== undefined) {
        aggregates.delete(key);
        aggregates.set(key, known);
        known.event = { ...known.event, count: (known.event.count ?? 1) + 1, lastTimestamp: now };
        enqueue(known);
        return;
      }
      const fresh: Aggregate = { event: build(regarding, draft, now), isStored: false, isQueued: false };
      aggregates.set(key, fresh);
      forget();
      enqueue(fresh);
    },
    async stop(signal) {
      isStopped = true;
      const aborted = new Promise<void>((resolve) => {
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([draining, aborted]);
      queue.length = 0;
    },
  };
}
