/** k8s_get_events, and the events of one object for describe. */
import { type Event, EVENTS } from '@kagent/kube';
import { z } from 'zod';
import { defineTool, READ_ONLY, type ToolDefinition } from '../tool.ts';
import type { K8sContext } from './context.ts';
import { missingNamespace } from './lookup.ts';
import type { AnyObject } from './objects.ts';
import { formatTable } from './table.ts';
import { age } from './time.ts';

const MAX_EVENTS = 200;

export function createEventTools(context: K8sContext): ToolDefinition[] {
  return [
    defineTool({
      name: 'k8s_get_events',
      description:
        'Lists what happened lately, oldest first: scheduling, pulling images, starting, failing, probes.',
      annotations: READ_ONLY,
      input: { namespace: z.string().optional().describe('Namespace; default: all namespaces') },
      async run({ namespace }, { signal }) {
        const { items } = await context.kube.list(EVENTS, { namespace, signal });
        if (items.length === 0) {
          const place = namespace === undefined ? 'any namespace' : `namespace ${namespace}`;
          return `No events found in ${place}.${await missingNamespace(context, namespace)}`;
        }
        const events = items.toSorted(byTime);
        const shown = events.slice(-MAX_EVENTS);
        const cut =
          events.length > shown.length
            ? `[only the last ${MAX_EVENTS} of ${events.length} events]\n`
            : '';
        return (
          cut +
          eventTable(shown, { now: context.clock.now(), withNamespace: namespace === undefined })
        );
      },
    }),
  ];
}

/** Oldest first. Rejects when they can't be listed: "none" and "not known" are different answers. */
export async function eventsOf(context: K8sContext, object: AnyObject): Promise<Event[]> {
  const { name, namespace, uid } = object.metadata;
  const terms = [`involvedObject.name=${name}`, `involvedObject.kind=${object.kind}`];
  const { items } = await context.kube.list(EVENTS, { namespace, fieldSelector: terms.join(',') });
  return items
    .filter((event) => uid === undefined || (event.involvedObject.uid ?? uid) === uid)
    .toSorted(byTime);
}

function timeOf(event: Event): string {
  return (
    event.series?.lastObservedTime ??
    event.lastTimestamp ??
    event.eventTime ??
    event.firstTimestamp ??
    event.metadata.creationTimestamp ??
    ''
  );
}

function byTime(a: Event, b: Event): number {
  return (Date.parse(timeOf(a)) || 0) - (Date.parse(timeOf(b)) || 0);
}

function countOf(event: Event): string {
  const count = event.series?.count ?? event.count ?? 1;
  return count > 1 ? ` (x${count})` : '';
}

export function eventTable(
  events: readonly Event[],
  options: { now: number; withNamespace: boolean; withObject?: boolean },
): string {
  const withObject = options.withObject ?? true;
  const header = ['LAST-SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'];
  const rows = events.map((event) => [
    age(timeOf(event), options.now) + countOf(event),
    event.type ?? '',
    event.reason ?? '',
    `${(event.involvedObject.kind ?? '').toLowerCase()}/${event.involvedObject.name ?? ''}`,
    (event.message ?? '').trim().replace(/\s*\n\s*/g, ' '),
  ]);
  const pick = (row: string[]) => (withObject ? row : row.filter((_, index) => index !== 3));
  const namespaced = (row: string[], first: string) =>
    options.withNamespace ? [first, ...row] : row;
  return formatTable(
    namespaced(pick(header), 'NAMESPACE'),
    rows.map((row, index) => namespaced(pick(row), events[index]?.metadata.namespace ?? '')),
  );
}
