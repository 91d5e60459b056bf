/** k8s_apply_manifest, k8s_create_resource and k8s_create_resource_from_url: YAML into the cluster, document by document. */
import { isKubeError, type KubeObject, type ResourceType } from '@kagent/kube';
import { z } from 'zod';
import {
  ADDS,
  defineTool,
  SETS,
  type ToolCallContext,
  type ToolDefinition,
  ToolFailure,
  type ToolOutput,
} from '../tool.ts';
import { DEFAULT_NAMESPACE, FIELD_MANAGER, type K8sContext } from './context.ts';
import { explainKubeError } from './explain.ts';
import { fetchManifest } from './fetch-manifest.ts';
import { type AnyObject, inNamespace, ObjectHead, recordOf, refOf } from './objects.ts';
import { parseYamlDocuments } from './yaml.ts';

export function createManifestTools(context: K8sContext): ToolDefinition[] {
  return [
    defineTool({
      name: 'k8s_apply_manifest',
      description:
        'Creates what a YAML manifest describes, or changes it to match (server-side apply). Takes several documents.',
      annotations: SETS,
      input: { manifest: z.string().describe('YAML or JSON, documents separated by ---') },
      run: async ({ manifest }, call) =>
        await writeAll(context, { documents: await readManifest(manifest), write: apply, call }),
    }),
    defineTool({
      name: 'k8s_create_resource',
      description:
        'Creates what a YAML manifest describes; what exists already is left alone and reported.',
      annotations: ADDS,
      input: { yaml_content: z.string().describe('YAML or JSON, documents separated by ---') },
      run: async ({ yaml_content }, call) =>
        await writeAll(context, {
          documents: await readManifest(yaml_content),
          write: create,
          call,
        }),
    }),
    defineTool({
      name: 'k8s_create_resource_from_url',
      description: 'Creates what the manifest at an http(s) address describes.',
      annotations: { ...ADDS, openWorldHint: true },
      input: {
        url: z.string().describe('http or https address of a YAML manifest'),
        namespace: z
          .string()
          .optional()
          .describe('Namespace for documents that name none; default "default"'),
      },
      async run({ url, namespace }, call) {
        const documents = await readManifest(
          await fetchManifest(context.fetch, { url, signal: call.signal }),
        );
        return await writeAll(context, { documents, namespace, write: create, call });
      },
    }),
  ];
}

const MAX_MANIFEST = 1024 * 1024;

/** Every document is checked before anything is written. Lists are taken apart. */
async function readManifest(text: string): Promise<ObjectHead[]> {
  if (text.length > MAX_MANIFEST)
    throw new ToolFailure('The manifest is larger than 1 MiB; split it.');
  const documents = (await parseYamlDocuments(text)).flatMap((document) => {
    const { kind, items } = recordOf(document);
    return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)
      ? (items as unknown[])
      : [document];
  });
  if (documents.length === 0) throw new ToolFailure('The manifest is empty.');
  return documents.map((document, index) => {
    const head = ObjectHead.safeParse(document);
    if (head.success) return head.data;
    const problems = head.error.issues.map(
      (issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`,
    );
    throw new ToolFailure(
      `Document ${index + 1} of the manifest is not a Kubernetes object: ${problems.join('; ')}. Nothing was written.`,
    );
  });
}

type Write = (
  context: K8sContext,
  target: { type: ResourceType<AnyObject>; object: AnyObject },
) => Promise<string>;

/** Goes on after a failure: documents may be independent. One line a document; an error when any failed. */
async function writeAll(
  context: K8sContext,
  options: {
    documents: readonly ObjectHead[];
    namespace?: string;
    write: Write;
    call: ToolCallContext;
  },
): Promise<ToolOutput> {
  const lines: string[] = [];
  let isError = false;
  let hasNewKinds = false;
  for (const head of options.documents) {
    try {
      const type = await kindOf(context, head, hasNewKinds);
      const place = head.metadata.namespace ?? options.namespace ?? DEFAULT_NAMESPACE;
      const { namespace: _, ...metadata } = head.metadata;
      const object = {
        ...head,
        metadata: { ...metadata, ...(type.namespaced ? { namespace: place } : {}) },
      } as unknown as AnyObject;
      lines.push(await options.write(context, { type, object }));
      hasNewKinds ||= type.kind === 'CustomResourceDefinition';
    } catch (error) {
      if (options.call.signal.aborted) throw error;
      isError = true;
      const name = head.metadata.name ?? head.metadata.generateName ?? '(no name)';
      lines.push(`${head.kind} "${name}" failed: ${messageOf(error)}`);
    }
  }
  return { text: lines.join('\n'), isError };
}

function messageOf(error: unknown): string {
  if (isKubeError(error)) return explainKubeError(error);
  if (error instanceof ToolFailure) return error.message;
  throw error;
}

const NEW_KIND_TRIES = 10;
const NEW_KIND_PAUSE_MS = 500;

/** After a CustomResourceDefinition in the same manifest its kind takes a moment to be served. */
async function kindOf(
  context: K8sContext,
  head: ObjectHead,
  isMaybeNew: boolean,
): Promise<ResourceType<AnyObject>> {
  for (let left = isMaybeNew ? NEW_KIND_TRIES : 0; ; left -= 1) {
    if (isMaybeNew) context.catalog.expectChange();
    const type = await context.catalog.ofManifest(head);
    if (type !== undefined) return type;
    if (left <= 0) break;
    await context.clock.sleep(NEW_KIND_PAUSE_MS);
  }
  throw new ToolFailure(
    `the cluster has no kind ${head.kind} in ${head.apiVersion}. k8s_get_available_api_resources lists what it has; a custom kind needs its CustomResourceDefinition first.`,
  );
}

const apply: Write = async ({ kube }, { type, object }) => {
  const { name, namespace } = object.metadata;
  if (name === undefined)
    throw new ToolFailure('apply needs metadata.name; use k8s_create_resource for generateName.');
  const before = await kube.find(type, { namespace, name });
  const { managedFields: _, resourceVersion: __, uid: ___, ...metadata } = object.metadata;
  const wanted: AnyObject = { ...object, metadata };
  const after = await kube.apply(type, wanted, { fieldManager: FIELD_MANAGER, force: true });
  return `${refOf(type, name)} ${outcomeOf(before, after)}${inNamespace(namespace)}`;
};

function outcomeOf(before: KubeObject | undefined, after: KubeObject): string {
  if (before === undefined) return 'created';
  return before.metadata.resourceVersion === after.metadata.resourceVersion
    ? 'unchanged'
    : 'configured';
}

const create: Write = async ({ kube }, { type, object }) => {
  const created = await kube.create(type, object, { fieldManager: FIELD_MANAGER });
  return `${refOf(type, created.metadata.name)} created${inNamespace(created.metadata.namespace)}`;
};
