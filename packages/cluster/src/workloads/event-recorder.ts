/**
 * Writes core/v1 Events in the background; a repeated one only counts up, as kubelet and the controllers do it. Those of
 * kube-scheduler have the form of events.k8s.io/v1: an action and a series instead of a count.
 */
import { isNotFound } from '@kagent/kube';
import type { Clock, KubeClient, KubeObject, Logger } from '@kagent/kube';

import { createEventCorrelator } from './event-correlator.ts';
import type { EventCorrelator } from './event-correlator.ts';
import { EVENTS } from './objects.ts';
import type { EventObject } from './objects.ts';
import { microTimeText, timeText } from './time-text.ts';

export interface EventDraft {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** `spec.containers{name}` */
  fieldPath?: string;
  /** What was done or tried, in one word; makes it an event of events.k8s.io. */
  action?: string;
}

export interface EventRecorder {
  /** Returns at once; the event is written later, in order, or dropped (with a log line) when the server refuses. */
  record(regarding: KubeObject, draft: EventDraft): void;
  /** Writes what is queued, at most until `signal` aborts; later events are dropped. */
  stop(signal?: AbortSignal): Promise<void>;
}

export interface EventRecorderOptions {
  client: KubeClient;
  /** `source.component`, e.g. `kubelet`; events with an action have it as `reportingComponent`. */
  component: string;
  host?: string;
  clock: Clock;
  logger: Logger;
}

/** One event and its repetitions. */
interface Aggregate {
  event: EventObject;
  isStored: boolean;
  isQueued: boolean;
}

/** Events that may still count up; older ones start a new event. */
const MAX_AGGREGATES = 1024;
const MAX_QUEUE = 20_000;
const MAX_MESSAGE = 1024;

const ALONE = { isCombined: false, isDropped: false };

function repeated(event: EventObject, message: string, now: number): EventObject {
  if (event.action === undefined)
    return { ...event, message, count: (event.count ?? 1) + 1, lastTimestamp: timeText(now) };
  const series = { count: (event.series?.count ?? 1) + 1, lastObservedTime: microTimeText(now) };
  return { ...event, series };
}

class BackgroundRecorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator: EventCorrelator;
  /** By what makes events the same; the one that was repeated last is last. */
  readonly #aggregates = new Map<string, Aggregate>();
  #queue: Aggregate[] = [];
  #sequence = 0;
  #isStopped = false;
  #draining: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#correlator = createEventCorrelator(options.clock);
  }

  record(regarding: KubeObject, draft: EventDraft): void {
    if (this.#isStopped) return;
    const { clock } = this.#options;
    const { namespace = '', name, uid = '', resourceVersion } = regarding.metadata;
    const object = [regarding.kind, namespace, name, uid].join('/');
    const { type, reason, fieldPath = '', action } = draft;
    const { key, message, isCombined, isDropped } =
      action === undefined
        ? this.#correlator.correlate({ object, type, reason, fieldPath, message: draft.message })
        : {
            ...ALONE,
            key: [object, resourceVersion, type, reason].join('\n'),
            message: draft.message,
          };
    const known = this.#aggregates.get(key);
    this.#aggregates.delete(key);
    const aggregate = known ?? {
      event: this.#build(regarding, { ...draft, message }, isCombined),
      isStored: false,
      isQueued: false,
    };
    if (known !== undefined) known.event = repeated(known.event, message, clock.now());
    this.#aggregates.set(key, aggregate);
    const oldest = this.#aggregates.keys().next();
    if (this.#aggregates.size > MAX_AGGREGATES && oldest.done !== true)
      this.#aggregates.delete(oldest.value);
    if (!isDropped) this.#enqueue(aggregate);
  }

  async stop(signal?: AbortSignal): Promise<void> {
    this.#isStopped = true;
    const aborted = new Promise<void>((resolve) => {
      if (signal?.aborted === true) resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([this.#draining, aborted]);
    this.#queue = [];
  }

  #build(regarding: KubeObject, draft: EventDraft, isCombined: boolean): EventObject {
    const { clock } = this.#options;
    const { namespace, name, uid, resourceVersion } = regarding.metadata;
    this.#sequence += 1;
    const now = clock.now();
    const suffix = (BigInt(now) * 1_000_000n + BigInt(this.#sequence % 1_000_000)).toString(16);
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${suffix}`, namespace: namespace ?? 'default' },
      involvedObject: {
        apiVersion: regarding.apiVersion,
        kind: regarding.kind,
        ...(namespace === undefined ? {} : { namespace }),
        name,
        uid,
        resourceVersion,
        ...(draft.fieldPath === undefined ? {} : { fieldPath: draft.fieldPath }),
      },
      type: draft.type,
      reason: draft.reason,
      message: draft.message.slice(0, MAX_MESSAGE),
      ...this.#stamp(draft.action, now),
      ...(isCombined && { reportingComponent: '' }),
    };
  }

  #stamp(action: string | undefined, now: number): Partial<EventObject> {
    const { component, host } = this.#options;
    if (action !== undefined) {
      return {
        action,
        eventTime: microTimeText(now),
        reportingComponent: component,
        reportingInstance: `${component}-${host ?? 'embedded'}`,
      };
    }
    return {
      count: 1,
      firstTimestamp: timeText(now),
      lastTimestamp: timeText(now),
      source: host === undefined ? { component } : { component, host },
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
  }

  #enqueue(aggregate: Aggregate): void {
    if (aggregate.isQueued) return;
    if (this.#queue.length >= MAX_QUEUE) {
      this.#options.logger.warn(
        { reason: aggregate.event.reason },
        'too many events are waiting; one was dropped',
      );
      return;
    }
    aggregate.isQueued = true;
    this.#queue.push(aggregate);
    this.#draining ??= this.#drain();
  }

  /** One at a time: events must not crowd out the writes they are about. */
  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const aggregate of batch) {
        aggregate.isQueued = false;
        try {
          await this.#write(aggregate);
        } catch (error) {
          const { reason } = aggregate.event;
          this.#options.logger.debug(
            { error: String(error), reason },
            'an event could not be written',
          );
        }
      }
    }
    this.#draining = undefined;
  }

  async #write(aggregate: Aggregate): Promise<void> {
    const { client } = this.#options;
    const { event } = aggregate;
    const { namespace, name } = event.metadata;
    if (aggregate.isStored) {
      try {
        const body = await this.#change(event);
        await client.patch(EVENTS, { namespace, name, patch: { type: 'merge', body } });
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    await client.create(EVENTS, event);
    aggregate.isStored = true;
  }

  async #change(event: EventObject): Promise<Partial<EventObject>> {
    const { series, message, lastTimestamp } = event;
    if (series !== undefined) return { series };
    const { namespace, name } = event.metadata;
    // what is stored may have counted further
    const stored = (await this.#options.client.get(EVENTS, { namespace, name })).count ?? 0;
    return { count: Math.max(event.count ?? 1, stored + 1), message, lastTimestamp };
  }
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new BackgroundRecorder(options);
}
