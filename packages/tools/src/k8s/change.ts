/** k8s_scale, k8s_patch_resource, k8s_patch_status and k8s_delete_resource: changing one object. */
import { isKubeError, type Patch } from '@kagent/kube';
import { z } from 'zod';
import { CHANGES, defineTool, SETS, type ToolDefinition, ToolFailure } from '../tool.ts';
import {
  DEFAULT_NAMESPACE,
  FIELD_MANAGER,
  type K8sContext,
  namespace,
  resourceName,
  resourceType,
} from './context.ts';
import { getObject, type Target, targetOf, writing } from './lookup.ts';
import { inNamespace, recordOf, refOf } from './objects.ts';
import { parseYamlDocuments } from './yaml.ts';

export function createChangeTools(context: K8sContext): ToolDefinition[] {
  return [scale(context), patchResource(context), patchStatus(context), deleteResource(context)];
}

function scale(context: K8sContext): ToolDefinition {
  return defineTool({
    name: 'k8s_scale',
    description: 'Sets the number of replicas of a Deployment (or of "statefulset/NAME").',
    annotations: SETS,
    input: {
      name: z.string().describe('Name of the Deployment, or KIND/NAME'),
      namespace,
      replicas: z.number().int().min(0).describe('How many pods there shall be'),
    },
    async run({ name, namespace: place, replicas }) {
      const [kind, rest] = name.split('/');
      const target = await targetOf(context, {
        resource_type: rest === undefined ? 'deployments.apps' : (kind ?? ''),
        resource_name: rest ?? name,
        namespace: place ?? DEFAULT_NAMESPACE,
      });
      const spec = recordOf((await getObject(context, target))['spec']);
      if (target.type.group === 'apps' && target.type.plural === 'daemonsets')
        throw new ToolFailure('A DaemonSet runs one pod per node and has no replicas.');
      const before = typeof spec['replicas'] === 'number' ? spec['replicas'] : 1;
      const patch: Patch = { type: 'merge', body: { spec: { replicas } } };
      await context.kube.patch(target.type, { ...target, patch }, { fieldManager: FIELD_MANAGER });
      return `${refOf(target.type, target.name)}${inNamespace(target.namespace)} scaled from ${before} to ${replicas}.`;
    },
  });
}

const patchText = z.string().describe('The patch as JSON or YAML text');

async function parsePatch(text: string): Promise<unknown> {
  const [body, ...others] = await parseYamlDocuments(text);
  if (typeof body !== 'object' || body === null || others.length > 0)
    throw new ToolFailure(
      'patch has to be one JSON or YAML object (for patch_type=json: an array of operations).',
    );
  return body;
}

function patchResource(context: K8sContext): ToolDefinition {
  return defineTool({
    name: 'k8s_patch_resource',
    description: 'Changes some fields of one resource and leaves the others as they are.',
    annotations: CHANGES,
    input: {
      resource_type: resourceType,
      resource_name: resourceName,
      patch: patchText,
      patch_type: z
        .enum(['strategic', 'merge', 'json'])
        .optional()
        .describe(
          'strategic (default; lists merge by key; for custom kinds the same as merge), merge (RFC 7386), json (RFC 6902)',
        ),
      namespace,
    },
    async run(args) {
      const target = await targetOf(context, args);
      const body = await parsePatch(args.patch);
      return await applyPatch(context, target, patchOf(args.patch_type ?? 'strategic', body));
    },
  });
}

function patchOf(type: Patch['type'], body: unknown): Patch {
  if (type !== 'json') {
    if (Array.isArray(body))
      throw new ToolFailure('patch is an array: use patch_type=json for RFC 6902 operations.');
    return { type, body };
  }
  if (!Array.isArray(body))
    throw new ToolFailure(
      'patch_type=json needs an array of operations, e.g. [{"op":"replace","path":"/spec/replicas","value":2}].',
    );
  return { type, body };
}

async function applyPatch(context: K8sContext, target: Target, patch: Patch): Promise<string> {
  const before = await getObject(context, target);
  const send = (wanted: Patch) =>
    writing(
      context,
      target,
      context.kube.patch(
        target.type,
        { ...target, patch: wanted },
        { fieldManager: FIELD_MANAGER },
      ),
    );
  const after = await send(patch).catch(async (error: unknown) => {
    if (patch.type !== 'strategic' || !isKubeError(error) || error.code !== 415) throw error;
    return await send({ ...patch, type: 'merge' });
  });
  const isSame = after.metadata.resourceVersion === before.metadata.resourceVersion;
  return `${refOf(target.type, target.name)}${inNamespace(target.namespace)} ${isSame ? 'not changed: it already was like that' : 'patched'}.`;
}

function patchStatus(context: K8sContext): ToolDefinition {
  return defineTool({
    name: 'k8s_patch_status',
    description:
      'Merges a patch into the status subresource of one resource. Controllers own status; use with care.',
    annotations: SETS,
    input: {
      resource_type: resourceType,
      resource_name: resourceName,
      patch: z.string().describe('JSON or YAML text, e.g. {"status":{"phase":"Ready"}}'),
      namespace,
    },
    async run(args) {
      const target = await targetOf(context, args);
      const patch: Patch = { type: 'merge', body: await parsePatch(args.patch) };
      await getObject(context, target);
      const options = { fieldManager: FIELD_MANAGER, subresource: 'status' };
      try {
        await context.kube.patch(target.type, { ...target, patch }, options);
      } catch (error) {
        if (!isKubeError(error) || error.code !== 404) throw error;
        throw new ToolFailure(
          `${target.type.kind} has no status subresource; use k8s_patch_resource.`,
        );
      }
      return `Status of ${refOf(target.type, target.name)}${inNamespace(target.namespace)} patched.`;
    },
  });
}

function deleteResource(context: K8sContext): ToolDefinition {
  return defineTool({
    name: 'k8s_delete_resource',
    description: 'Deletes one resource and, in the background, what it owns. Can not be undone.',
    annotations: SETS,
    input: { resource_type: resourceType, resource_name: resourceName, namespace },
    async run(args) {
      const target = await targetOf(context, args);
      await writing(
        context,
        target,
        context.kube.delete(target.type, target, { propagationPolicy: 'Background' }),
      );
      const left = await context.kube.find(target.type, target).catch(() => undefined);
      const what = `${refOf(target.type, target.name)}${inNamespace(target.namespace)}`;
      if (left?.metadata.deletionTimestamp === undefined) return `${what} deleted.`;
      const finalizers = left.metadata.finalizers ?? [];
      const waits =
        finalizers.length > 0 ? ` It waits for the finalizers ${finalizers.join(', ')}.` : '';
      return `${what} is being deleted.${waits}`;
    },
  });
}
