/** k8s_describe_resource: everything needed to understand one object's state, in one text. */
import { type Condition, type Event, isKubeError, type Pod } from '@kagent/kube';
import { defineTool, READ_ONLY, type ToolDefinition } from '../../tool.ts';
import { type K8sContext, namespace, resourceName, resourceType } from '../context.ts';
import { eventsOf, eventTable } from '../events.ts';
import { explainKubeError } from '../explain.ts';
import { getObject, targetOf } from '../lookup.ts';
import { type AnyObject, isSecret, presentable, recordOf } from '../objects.ts';
import { podsOf } from '../pods-of.ts';
import { formatTable } from '../table.ts';
import { age } from '../time.ts';
import { toYaml } from '../yaml.ts';
import { describePod, podStatus } from './pod.ts';
import { conditionTable, fields, pairs, section } from './sections.ts';

export function createDescribeTools(context: K8sContext): ToolDefinition[] {
  return [
    defineTool({
      name: 'k8s_describe_resource',
      description:
        'Describes one resource: what is wanted, its state, conditions, containers and how they ended, its pods, its events. The first thing to look at when something fails.',
      annotations: READ_ONLY,
      input: { resource_type: resourceType, resource_name: resourceName, namespace },
      async run(args) {
        const object = await getObject(context, await targetOf(context, args));
        const [events, pods] = await Promise.all([
          readable(eventsOf(context, object)),
          readable(podsOf(context, object)),
        ]);
        return await describe(object, { events, pods, now: context.clock.now() });
      },
    }),
  ];
}

/** What was read, or why it could not be. */
type Readable<T> = { items: readonly T[] } | { problem: string };

interface Surroundings {
  events: Readable<Event>;
  /** Of a workload or service. */
  pods: Readable<Pod>;
  now: number;
}

/** A description is worth having without them, but must not claim that there are none. */
async function readable<T>(reading: Promise<readonly T[]>): Promise<Readable<T>> {
  try {
    return { items: await reading };
  } catch (error) {
    if (!isKubeError(error)) throw error;
    return { problem: explainKubeError(error) };
  }
}

function readableSection<T>(
  title: string,
  read: Readable<T>,
  format: (items: readonly T[]) => string,
): string {
  return 'problem' in read ? `${title}:  not known. ${read.problem}` : format(read.items);
}

async function describe(object: AnyObject, { events, pods, now }: Surroundings): Promise<string> {
  const status = recordOf(object['status']);
  const conditions = status['conditions'] as Condition[] | undefined;
  const isPod = object.kind === 'Pod' && object.apiVersion === 'v1';
  const body = isPod ? describePod(object as unknown as Pod, now) : await describeAny(object);
  return [
    header(object, now),
    ...body,
    section('Conditions', conditionTable(Array.isArray(conditions) ? conditions : undefined, now)),
    readableSection('Pods', pods, (items) => section('Pods', podTable(items, now))),
    readableSection('Events', events, (items) =>
      items.length === 0
        ? 'Events:  <none>'
        : section('Events', eventTable(items, { now, withNamespace: false, withObject: false })),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function header(object: AnyObject, now: number): string {
  const { metadata } = object;
  const owners = (metadata.ownerReferences ?? [])
    .map(({ kind, name }) => `${kind}/${name}`)
    .join(', ');
  const shown = presentable(object).metadata;
  return fields([
    ['Name', metadata.name],
    ['Namespace', metadata.namespace],
    ['Kind', `${object.kind} (${object.apiVersion})`],
    [
      'Created',
      metadata.creationTimestamp &&
        `${metadata.creationTimestamp} (${age(metadata.creationTimestamp, now)} ago)`,
    ],
    [
      'Being Deleted',
      metadata.deletionTimestamp &&
        `since ${metadata.deletionTimestamp}, finalizers: ${(metadata.finalizers ?? []).join(', ') || 'none'}`,
    ],
    ['Labels', pairs(metadata.labels)],
    ['Annotations', pairs(shown.annotations)],
    ['Controlled By', owners],
  ]);
}

const SHOWN_ELSEWHERE = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/** Spec and status of any kind as YAML; a Secret shows the size of its values only. */
async function describeAny(object: AnyObject): Promise<string[]> {
  const shown = presentable(object);
  const { conditions: _, ...status } = recordOf(shown['status']);
  const parts: string[] = [];
  for (const [field, value] of Object.entries(shown)) {
    if (SHOWN_ELSEWHERE.has(field) || value === undefined || value === null) continue;
    const title = field.charAt(0).toUpperCase() + field.slice(1);
    if (typeof value !== 'object') parts.push(fields([[title, String(value)]]));
    else if (isSecret(object))
      parts.push(
        section(
          title,
          fields(Object.entries(recordOf(value)).map(([key, text]) => [key, String(text)])),
        ),
      );
    else parts.push(section(title, (await toYaml(value)).trimEnd()));
  }
  if (Object.keys(status).length > 0)
    parts.push(section('Status', (await toYaml(status)).trimEnd()));
  return parts;
}

const MAX_PODS = 30;

function podTable(pods: readonly Pod[], now: number): string {
  if (pods.length === 0) return '';
  const rows = pods.slice(0, MAX_PODS).map((pod) => {
    const statuses = pod.status?.containerStatuses ?? [];
    const total = pod.spec?.containers.length ?? statuses.length;
    return [
      pod.metadata.name,
      `${statuses.filter(({ ready }) => ready).length}/${total}`,
      podStatus(pod),
      String(statuses.reduce((sum, { restartCount }) => sum + restartCount, 0)),
      age(pod.metadata.creationTimestamp, now),
    ];
  });
  const more = pods.length > MAX_PODS ? `\n[and ${pods.length - MAX_PODS} more]` : '';
  return formatTable(['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE'], rows) + more;
}
