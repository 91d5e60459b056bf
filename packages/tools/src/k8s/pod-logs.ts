/** k8s_get_pod_logs. */
import { type ContainerStatus, isKubeError, PODS, type Pod } from '@kagent/kube';
import { z } from 'zod';
import { limitText } from '../limit-text.ts';
import { defineTool, READ_ONLY, type ToolDefinition, ToolFailure } from '../tool.ts';
import { DEFAULT_NAMESPACE, type K8sContext } from './context.ts';
import { explainKubeError } from './explain.ts';
import { getObject, type Target, targetOf } from './lookup.ts';
import { recordOf } from './objects.ts';
import { podsOf } from './pods-of.ts';

const DEFAULT_TAIL = 50;

export function createLogTools(context: K8sContext): ToolDefinition[] {
  return [
    defineTool({
      name: 'k8s_get_pod_logs',
      description:
        'Shows the last lines of a container\'s log. Also takes "deployment/NAME" for one of its pods.',
      annotations: READ_ONLY,
      input: {
        pod_name: z.string().describe('Name of the pod, or KIND/NAME of what runs it'),
        namespace: z.string().optional().describe('Namespace; default "default"'),
        container: z.string().optional().describe('Container; default: the first one'),
        tail_lines: z
          .number()
          .int()
          .min(1)
          .max(5000)
          .optional()
          .describe('How many lines from the end; default 50'),
        previous: z.boolean().optional().describe('The log of the run before the last restart'),
      },
      async run(args, { signal }) {
        const pod = await findPod(context, {
          name: args.pod_name,
          namespace: args.namespace ?? DEFAULT_NAMESPACE,
        });
        const containers = containerNames(pod);
        const container = args.container ?? defaultContainer(pod, containers);
        if (container !== undefined && !containers.includes(container))
          throw new ToolFailure(
            `Pod "${pod.metadata.name}" has no container "${container}". Containers: ${containers.join(', ')}.`,
          );
        const tailLines = args.tail_lines ?? DEFAULT_TAIL;
        const text = await readLog(context, {
          pod,
          container,
          tailLines,
          previous: args.previous,
          signal,
        });
        return (
          notes(pod, { asked: args, container, containers }) +
          (text === '' ? 'The log is empty.' : text)
        );
      },
    }),
  ];
}

/** A pod by name, or the newest pod of `kind/name`. */
async function findPod(
  context: K8sContext,
  { name, namespace }: { name: string; namespace: string },
): Promise<Pod> {
  const [kind, rest] = name.split('/');
  const target: Target =
    kind !== undefined && rest !== undefined
      ? await targetOf(context, { resource_type: kind, resource_name: rest, namespace })
      : { type: PODS as unknown as Target['type'], namespace, name };
  const object = await getObject(context, target);
  if (target.type.plural === 'pods') return object as unknown as Pod;
  const pods = await podsOf(context, object);
  const newest = pods.toSorted((a, b) => startOf(b) - startOf(a))[0];
  if (newest === undefined)
    throw new ToolFailure(
      `${object.kind} "${object.metadata.name}" has no pods in namespace ${namespace}.`,
    );
  return newest;
}

function startOf(pod: Pod): number {
  return Date.parse(pod.metadata.creationTimestamp ?? '') || 0;
}

function containerNames(pod: Pod): string[] {
  return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].map(
    ({ name }) => name,
  );
}

function defaultContainer(pod: Pod, containers: readonly string[]): string | undefined {
  return pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'] ?? containers[0];
}

async function readLog(
  context: K8sContext,
  options: {
    pod: Pod;
    container?: string;
    tailLines: number;
    previous?: boolean;
    signal: AbortSignal;
  },
): Promise<string> {
  const { pod, ...rest } = options;
  try {
    let text = '';
    for await (const chunk of await context.kube.logs(pod.metadata, rest)) text += chunk;
    return limitText(text.trimEnd(), { keep: 'end', advice: 'Ask for fewer tail_lines.' });
  } catch (error) {
    if (!isKubeError(error) || error.code !== 400) throw error;
    const state = stateOf(statusOf(pod, options.container));
    throw new ToolFailure(
      `${explainKubeError(error)}${state === '' ? '' : ` The container is ${state}.`} k8s_describe_resource shows its state and events.`,
    );
  }
}

function statusOf(pod: Pod, container: string | undefined): ContainerStatus | undefined {
  const all = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ];
  return all.find(({ name }) => name === container);
}

function stateOf(status: ContainerStatus | undefined): string {
  const { waiting, terminated } = status?.state ?? {};
  if (waiting !== undefined)
    return `waiting: ${waiting.reason ?? 'unknown'}${waiting.message === undefined ? '' : ` (${waiting.message})`}`;
  if (terminated !== undefined)
    return `terminated: ${terminated.reason ?? ''} exit code ${terminated.exitCode}`;
  return '';
}

function notes(
  pod: Pod,
  options: {
    asked: { pod_name: string; container?: string; previous?: boolean };
    container?: string;
    containers: string[];
  },
): string {
  const lines: string[] = [];
  const { asked, container, containers } = options;
  if (asked.pod_name !== pod.metadata.name) lines.push(`[pod ${pod.metadata.name}]`);
  if (asked.container === undefined && containers.length > 1)
    lines.push(
      `[container ${container}; others: ${containers.filter((name) => name !== container).join(', ')}]`,
    );
  const status = statusOf(pod, container);
  if ((status?.restartCount ?? 0) > 0 && asked.previous !== true) {
    const last = recordOf(status?.lastState?.terminated) as { exitCode?: number; reason?: string };
    const ended =
      last.exitCode === undefined
        ? ''
        : `; the last run ended with exit code ${last.exitCode} (${last.reason ?? 'unknown'})`;
    lines.push(`[restarted ${status?.restartCount} times${ended}; previous=true shows its log]`);
  }
  return lines.map((line) => `${line}\n`).join('');
}
