/** k8s_rollout: the life of a workload's revisions. */
import type { Patch } from '@kagent/kube';
import { z } from 'zod';
import { CHANGES, defineTool, type ToolDefinition, ToolFailure } from '../../tool.ts';
import {
  FIELD_MANAGER,
  type K8sContext,
  namespace,
  resourceName,
  resourceType,
} from '../context.ts';
import { getObject, type Target, targetOf } from '../lookup.ts';
import { type AnyObject, inNamespace, refOf } from '../objects.ts';
import { formatTable } from '../table.ts';
import { revisionsOf } from './revisions.ts';
import { rolloutStatus } from './status.ts';

const KINDS = ['deployments', 'statefulsets', 'daemonsets'];

export function createRolloutTools(context: K8sContext): ToolDefinition[] {
  return [
    defineTool({
      name: 'k8s_rollout',
      description:
        'Manages the rollout of a Deployment, StatefulSet or DaemonSet: status (as of now), history, restart, pause, resume, undo (back to the revision before).',
      annotations: CHANGES,
      input: {
        action: z
          .enum(['status', 'history', 'restart', 'pause', 'resume', 'undo'])
          .describe('What to do'),
        resource_type: resourceType,
        resource_name: resourceName,
        namespace,
      },
      async run(args) {
        const target = await targetOf(context, args);
        if (target.type.group !== 'apps' || !KINDS.includes(target.type.plural))
          throw new ToolFailure(
            `${target.type.kind} has no rollout; use a Deployment, StatefulSet or DaemonSet.`,
          );
        const object = await getObject(context, target);
        return await ACTIONS[args.action](context, target, object);
      },
    }),
  ];
}

type Action = (context: K8sContext, target: Target, object: AnyObject) => Promise<string>;

const ACTIONS: Record<'status' | 'history' | 'restart' | 'pause' | 'resume' | 'undo', Action> = {
  status: async (_context, _target, object) => rolloutStatus(object),

  async history(context, target, object) {
    const revisions = await revisionsOf(context, object);
    if (revisions.length === 0) return `${describeTarget(target)} has no rollout history.`;
    const rows = revisions.map(({ revision, cause, images }) => [String(revision), cause, images]);
    return formatTable(['REVISION', 'CHANGE-CAUSE', 'IMAGES'], rows);
  },

  async restart(context, target, object) {
    if (isPaused(object))
      throw new ToolFailure(`${describeTarget(target)} is paused: resume it first.`);
    const annotations = {
      'kubectl.kubernetes.io/restartedAt': new Date(context.clock.now()).toISOString(),
    };
    await patch(context, target, {
      type: 'merge',
      body: { spec: { template: { metadata: { annotations } } } },
    });
    return `${describeTarget(target)} restarted; k8s_rollout action=status shows the progress.`;
  },

  pause: (context, target, object) => setPaused(context, target, { object, paused: true }),

  resume: (context, target, object) => setPaused(context, target, { object, paused: false }),

  async undo(context, target, object) {
    if (isPaused(object))
      throw new ToolFailure(`${describeTarget(target)} is paused: resume it first.`);
    const previous = (await revisionsOf(context, object)).at(-2);
    if (previous === undefined)
      throw new ToolFailure(`${describeTarget(target)} has no earlier revision to go back to.`);
    await patch(context, target, previous.restore);
    return `${describeTarget(target)} rolled back to revision ${previous.revision}; k8s_rollout action=status shows the progress.`;
  },
};

function describeTarget(target: Target): string {
  return `${refOf(target.type, target.name)}${inNamespace(target.namespace)}`;
}

function isPaused(object: AnyObject): boolean {
  return (object['spec'] as { paused?: boolean } | undefined)?.paused === true;
}

async function patch(context: K8sContext, target: Target, body: Patch): Promise<void> {
  await context.kube.patch(
    target.type,
    { ...target, patch: body },
    { fieldManager: FIELD_MANAGER },
  );
}

async function setPaused(
  context: K8sContext,
  target: Target,
  { object, paused }: { object: AnyObject; paused: boolean },
): Promise<string> {
  if (target.type.plural !== 'deployments')
    throw new ToolFailure(
      `Only a Deployment can be paused and resumed, not a ${target.type.kind}.`,
    );
  const word = paused ? 'paused' : 'resumed';
  if (isPaused(object) === paused)
    return `${describeTarget(target)} is already ${paused ? 'paused' : 'running'}.`;
  await patch(context, target, { type: 'merge', body: { spec: { paused: paused ? true : null } } });
  return `${describeTarget(target)} ${word}.`;
}
