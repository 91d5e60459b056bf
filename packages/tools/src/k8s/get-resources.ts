/** k8s_get_resources, k8s_get_resource_yaml and k8s_get_available_api_resources: reading any kind. */
import { resourcePath } from '@kagent/kube';
import { z } from 'zod';
import { defineTool, READ_ONLY, type ToolDefinition } from '../tool.ts';
import {
  DEFAULT_NAMESPACE,
  type K8sContext,
  namespace,
  resourceName,
  resourceType,
} from './context.ts';
import type { ApiResource } from './discovery.ts';
import { getObject, missingNamespace, notFound, targetOf } from './lookup.ts';
import { type AnyObject, presentable, refOf } from './objects.ts';
import { formatTable, readTable, TABLE_ACCEPT } from './table.ts';
import { toYaml } from './yaml.ts';

const MAX_ROWS = 500;

interface Query {
  resource: ApiResource;
  name?: string;
  /** Undefined: all namespaces, or a cluster-scoped kind. */
  namespace?: string;
  signal: AbortSignal;
}

export function createReadTools(context: K8sContext): ToolDefinition[] {
  return [getResources(context), getResourceYaml(context), getApiResources(context)];
}

function getResources(context: K8sContext): ToolDefinition {
  return defineTool({
    name: 'k8s_get_resources',
    description:
      'Lists resources of any kind (or shows one by name) as a table with their state. Works for built-in and custom kinds, several kinds separated by commas, and "all".',
    annotations: READ_ONLY,
    input: {
      resource_type: resourceType,
      resource_name: z.string().optional().describe('Only the resource of this name'),
      namespace: z
        .string()
        .optional()
        .describe('Namespace; default "default". Ignored for cluster-scoped kinds'),
      all_namespaces: z.boolean().optional().describe('Search all namespaces; wins over namespace'),
      output: z
        .enum(['wide', 'json', 'yaml', 'name'])
        .optional()
        .describe('wide (default): a table; json, yaml: whole objects, long; name: only names'),
    },
    async run(args, { signal }) {
      const [typeText, nameInType] = args.resource_type.split('/');
      const resources = await context.catalog.resolveMany(typeText ?? '');
      const isEverywhere = args.all_namespaces === true;
      const queries = resources.map((resource): Query => ({
        resource,
        name: args.resource_name ?? nameInType,
        namespace:
          isEverywhere || !resource.type.namespaced
            ? undefined
            : (args.namespace ?? DEFAULT_NAMESPACE),
        signal,
      }));
      const show =
        args.output === undefined || args.output === 'wide' ? showTable : showObjects(args.output);
      const answers = await Promise.all(queries.map((query) => show(context, query)));
      const [only] = answers;
      if (answers.length === 1 && only !== undefined) return only.text;
      const found = answers.flatMap(({ text, isEmpty }, index) =>
        isEmpty ? [] : [`[${nameOf(resources[index])}]\n${text}`],
      );
      return found.length > 0 ? found.join('\n\n') : answers.map(({ text }) => text).join('\n');
    },
  });
}

interface Answer {
  text: string;
  isEmpty: boolean;
}

function nameOf(resource: ApiResource | undefined): string {
  const { plural = '', group = '' } = resource?.type ?? {};
  return group === '' ? plural : `${plural}.${group}`;
}

async function showTable(context: K8sContext, query: Query): Promise<Answer> {
  const { resource, name, signal } = query;
  const isSearch = name !== undefined && query.namespace === undefined && resource.type.namespaced;
  const target = { namespace: query.namespace, ...(isSearch ? {} : { name }) };
  const filter: Record<string, string> = isSearch ? { fieldSelector: `metadata.name=${name}` } : {};
  const request = {
    method: 'GET',
    path: resourcePath(resource.type, target),
    query: name === undefined || isSearch ? { limit: String(MAX_ROWS), ...filter } : {},
    headers: { accept: TABLE_ACCEPT },
    signal,
  } as const;
  const response = await context.kube.raw(request).catch(async (error: unknown) => {
    if (name === undefined || !isNotFoundError(error)) throw error;
    throw await notFound(context, { type: resource.type, namespace: query.namespace, name });
  });
  const withNamespace = resource.type.namespaced && query.namespace === undefined;
  const table = readTable(response, { withNamespace, now: context.clock.now() });
  if (table.rows.length === 0) return await nothing(context, query);
  const more = table.more ? `\n[only the first ${MAX_ROWS} are shown; narrow by namespace]` : '';
  return { text: `${formatTable(table.header, table.rows)}${more}`, isEmpty: false };
}

function isNotFoundError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 404;
}

async function nothing(
  context: K8sContext,
  { resource, name, namespace: place }: Query,
): Promise<Answer> {
  const what = `${resource.type.plural}${name === undefined ? '' : ` named ${name}`}`;
  if (!resource.type.namespaced) return { text: `No ${what} found.`, isEmpty: true };
  if (place === undefined) return { text: `No ${what} found in any namespace.`, isEmpty: true };
  const missing = await missingNamespace(context, place);
  const hint = missing === '' ? ' all_namespaces=true searches everywhere.' : missing;
  return { text: `No ${what} found in namespace ${place}.${hint}`, isEmpty: true };
}

function showObjects(output: 'json' | 'yaml' | 'name') {
  return async (context: K8sContext, query: Query): Promise<Answer> => {
    const objects = await readObjects(context, query);
    if (objects.length === 0) return await nothing(context, query);
    if (output === 'name') return { text: namesText(objects, query), isEmpty: false };
    const shown = objects.map(presentable);
    const value =
      query.name !== undefined && shown.length === 1
        ? shown[0]
        : { apiVersion: 'v1', kind: 'List', items: shown };
    const text = output === 'json' ? JSON.stringify(value, null, 1) : await toYaml(value);
    return { text, isEmpty: false };
  };
}

function namesText(objects: readonly AnyObject[], { resource, namespace: place }: Query): string {
  const isAcross = place === undefined && resource.type.namespaced;
  return objects
    .map(({ metadata }) => {
      const ref = refOf(resource.type, metadata.name);
      return isAcross ? `${metadata.namespace} ${ref}` : ref;
    })
    .join('\n');
}

async function readObjects(context: K8sContext, query: Query): Promise<readonly AnyObject[]> {
  const { resource, name, namespace: place, signal } = query;
  const isSearch = place === undefined && resource.type.namespaced;
  if (name !== undefined && !isSearch)
    return [await getObject(context, { type: resource.type, namespace: place, name })];
  const fieldSelector = name === undefined ? undefined : `metadata.name=${name}`;
  return (
    await context.kube.list(resource.type, {
      namespace: place,
      fieldSelector,
      limit: MAX_ROWS,
      signal,
    })
  ).items;
}

function getResourceYaml(context: K8sContext): ToolDefinition {
  return defineTool({
    name: 'k8s_get_resource_yaml',
    description:
      'Shows one resource as YAML, without managedFields. Values of Secrets are redacted.',
    annotations: READ_ONLY,
    input: { resource_type: resourceType, resource_name: resourceName, namespace },
    async run(args) {
      const object = await getObject(context, await targetOf(context, args));
      return await toYaml(presentable(object));
    },
  });
}

function getApiResources(context: K8sContext): ToolDefinition {
  return defineTool({
    name: 'k8s_get_available_api_resources',
    description: 'Lists all kinds this cluster knows, custom ones included.',
    annotations: READ_ONLY,
    input: {},
    async run() {
      const rows = (await context.catalog.all()).map(({ type, shortNames }) => [
        type.plural,
        shortNames.join(','),
        type.group === '' ? type.version : `${type.group}/${type.version}`,
        String(type.namespaced),
        type.kind,
      ]);
      return formatTable(['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND'], rows);
    },
  });
}
