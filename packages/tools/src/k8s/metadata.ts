/** k8s_label_resource, k8s_annotate_resource, k8s_remove_label and k8s_remove_annotation. */
import type { Patch } from '@kagent/kube';
import { z } from 'zod';
import { defineTool, SETS, type ToolDefinition, ToolFailure } from '../tool.ts';
import {
  FIELD_MANAGER,
  type K8sContext,
  namespace,
  resourceName,
  resourceType,
} from './context.ts';
import { getObject, type TargetArgs, targetOf } from './lookup.ts';
import { inNamespace, recordOf, refOf } from './objects.ts';

type Field = 'labels' | 'annotations';

export function createMetadataTools(context: K8sContext): ToolDefinition[] {
  const target = { resource_type: resourceType, resource_name: resourceName };
  return [
    defineTool({
      name: 'k8s_label_resource',
      description: 'Adds or overwrites labels of one resource.',
      annotations: SETS,
      input: {
        ...target,
        labels: z.string().describe('key=value pairs separated by spaces, e.g. app=web tier=front'),
        namespace,
      },
      run: (args) => merge(context, args, { field: 'labels', values: parsePairs(args.labels) }),
    }),
    defineTool({
      name: 'k8s_annotate_resource',
      description: 'Adds or overwrites annotations of one resource.',
      annotations: SETS,
      input: {
        ...target,
        annotations: z
          .string()
          .describe('key=value pairs separated by spaces; quote values with spaces: note="a b"'),
        namespace,
      },
      run: (args) =>
        merge(context, args, { field: 'annotations', values: parsePairs(args.annotations) }),
    }),
    defineTool({
      name: 'k8s_remove_label',
      description: 'Removes one label of one resource.',
      annotations: SETS,
      input: { ...target, label_key: z.string().describe('Key of the label'), namespace },
      run: (args) =>
        merge(context, args, { field: 'labels', values: { [bareKey(args.label_key)]: null } }),
    }),
    defineTool({
      name: 'k8s_remove_annotation',
      description: 'Removes one annotation of one resource.',
      annotations: SETS,
      input: { ...target, annotation_key: z.string().describe('Key of the annotation'), namespace },
      run: (args) =>
        merge(context, args, {
          field: 'annotations',
          values: { [bareKey(args.annotation_key)]: null },
        }),
    }),
  ];
}

/** kubectl writes a removal as `key-`. */
function bareKey(key: string): string {
  return key.replace(/-$/, '');
}

async function merge(
  context: K8sContext,
  args: TargetArgs,
  { field, values }: { field: Field; values: Record<string, string | null> },
): Promise<string> {
  const target = await targetOf(context, args);
  const before = (await getObject(context, target)).metadata[field] ?? {};
  const changes = Object.entries(values).filter(([key, value]) => (before[key] ?? null) !== value);
  const what = `${refOf(target.type, target.name)}${inNamespace(target.namespace)}`;
  if (changes.length === 0) return `${what} not changed: its ${field} already were like that.`;
  const patch: Patch = {
    type: 'merge',
    body: { metadata: { [field]: Object.fromEntries(changes) } },
  };
  await context.kube.patch(target.type, { ...target, patch }, { fieldManager: FIELD_MANAGER });
  const told = changes.map(([key, value]) => {
    const was = before[key] === undefined ? '' : ` (was ${before[key]})`;
    return value === null ? `${key} removed${was}` : `${key}=${value}${was}`;
  });
  return `${what}: ${field} ${told.join(', ')}.`;
}

/** `a=1 b="two words"`, commas between pairs are fine; or a JSON object. */
function parsePairs(text: string): Record<string, string> {
  if (text.trim().startsWith('{')) return parseObject(text);
  const pairs: Record<string, string> = {};
  for (const [, key = '', quoted, plain = ''] of text.matchAll(
    /([^\s=,]+)=(?:"([^"]*)"|([^\s]*))/g,
  ))
    pairs[key] = quoted ?? plain.replace(/,$/, '');
  const rest = text.replace(/([^\s=,]+)=(?:"[^"]*"|[^\s]*)/g, '').replace(/[\s,]/g, '');
  if (Object.keys(pairs).length === 0 || rest !== '')
    throw new ToolFailure(`Can't read "${text}": give key=value pairs separated by spaces.`);
  return pairs;
}

function parseObject(text: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ToolFailure(`Can't read "${text}": it is not valid JSON.`);
  }
  return Object.fromEntries(
    Object.entries(recordOf(value)).map(([key, item]) => [key, String(item)]),
  );
}
