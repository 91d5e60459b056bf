/** Finds the one object a call names, and when it is not there says what is. */
import { isNotFound, type ResourceType } from '@kagent/kube';
import { ToolFailure } from '../tool.ts';
import type { ApiResource } from './discovery.ts';
import { closest } from './closest.ts';
import { DEFAULT_NAMESPACE, type K8sContext } from './context.ts';
import { type AnyObject, inNamespace } from './objects.ts';

/** An object by name; `namespace` is left out for cluster-scoped kinds. */
export interface Target {
  type: ResourceType<AnyObject>;
  namespace?: string;
  name: string;
}

export interface TargetArgs {
  resource_type: string;
  resource_name: string;
  namespace?: string;
}

/** Resolves kind and namespace; also takes `kind/name` as the name. Does not read the object. */
export async function targetOf(context: K8sContext, args: TargetArgs): Promise<Target> {
  const [prefix, rest] = args.resource_name.split('/');
  const resource = await context.catalog.resolve(args.resource_type);
  const name = rest !== undefined && prefix !== '' ? rest : args.resource_name;
  return { type: resource.type, name, ...scopeOf(resource, args.namespace) };
}

export function scopeOf(
  resource: Pick<ApiResource, 'type'>,
  namespace: string | undefined,
): { namespace?: string } {
  return resource.type.namespaced ? { namespace: namespace ?? DEFAULT_NAMESPACE } : {};
}

/** Rejects with `ToolFailure` that names what exists when the object does not. */
export async function getObject(context: K8sContext, target: Target): Promise<AnyObject> {
  const found = await context.kube.find(target.type, target);
  if (found === undefined) throw await notFound(context, target);
  return found;
}

/** Runs a write; when its object is not there, rejects as `getObject` does. */
export async function writing<R>(
  context: K8sContext,
  target: Target,
  write: Promise<R>,
): Promise<R> {
  try {
    return await write;
  } catch (error) {
    if (isNotFound(error)) throw await notFound(context, target);
    throw error;
  }
}

const MAX_NAMES = 30;
const MAX_LISTED = 500;

/** What can't be listed is left out: nothing is said about names that were not read. */
export async function notFound(context: K8sContext, target: Target): Promise<ToolFailure> {
  const { type, name, namespace } = target;
  const head = `${type.kind} "${name}" not found${inNamespace(namespace)}.`;
  const [elsewhere, here, missing] = await Promise.all([
    namespace === undefined ? [] : namesakes(context, target),
    context.kube.list(type, { namespace, limit: MAX_LISTED }).catch(() => undefined),
    missingNamespace(context, namespace),
  ]);
  if (elsewhere.length > 0)
    return new ToolFailure(`${head} It exists in namespace: ${elsewhere.join(', ')}.`);
  const names = here === undefined ? '' : existing(here.items, target);
  return new ToolFailure(`${head}${names}${missing}`);
}

/** Namespaces that have an object of this name. */
async function namesakes(context: K8sContext, { type, name }: Target): Promise<string[]> {
  const fieldSelector = `metadata.name=${name}`;
  const list = await context.kube.list(type, { fieldSelector }).catch(() => undefined);
  return (list?.items ?? []).flatMap((item) => item.metadata.namespace ?? []);
}

function existing(items: readonly AnyObject[], { type, name, namespace }: Target): string {
  const names = items.map((item) => item.metadata.name);
  if (names.length === 0) return ` There are no ${type.plural}${inNamespace(namespace)}.`;
  const similar = closest(name, names);
  const shown = [...new Set([...similar, ...names])].slice(0, MAX_NAMES);
  const rest = names.length > shown.length ? `, and ${names.length - shown.length} more` : '';
  return ` Existing ${type.plural}${inNamespace(namespace)}: ${shown.join(', ')}${rest}.`;
}

const NAMESPACES: ResourceType<AnyObject> = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};

/** A sentence when the namespace itself does not exist; empty when it does or can't be told. */
export async function missingNamespace(
  context: K8sContext,
  namespace: string | undefined,
): Promise<string> {
  if (namespace === undefined) return '';
  const list = await context.kube.list(NAMESPACES).catch(() => undefined);
  const names = list?.items.map((item) => item.metadata.name);
  if (names === undefined || names.length === 0 || names.includes(namespace)) return '';
  return ` Namespace "${namespace}" does not exist. Namespaces: ${names.slice(0, MAX_NAMES).join(', ')}.`;
}
