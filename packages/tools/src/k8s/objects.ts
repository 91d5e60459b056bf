/** Objects of kinds known at run time only, and how they are shown. */
import type { KubeObject } from '@kagent/kube';
import { z } from 'zod';

export type AnyObject = KubeObject & { [field: string]: unknown };

/** A JSON object, or an empty one when the value is anything else. */
export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

export const ObjectHead = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({
    name: z.string().min(1).optional(),
    generateName: z.string().min(1).optional(),
    namespace: z.string().min(1).optional(),
  }),
});
export type ObjectHead = z.infer<typeof ObjectHead>;

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The object as a model may see it: without managedFields and the copy that kubectl keeps of it in an annotation, and
 * with `<redacted, N bytes>` for every value of a Secret.
 */
export function presentable(object: AnyObject): AnyObject {
  const { managedFields: _, annotations, ...metadata } = object.metadata;
  const { [LAST_APPLIED]: __, ...shown } = annotations ?? {};
  const result: AnyObject = {
    ...object,
    metadata: { ...metadata, ...(Object.keys(shown).length > 0 ? { annotations: shown } : {}) },
  };
  return isSecret(object) ? redactSecret(result) : result;
}

export function isSecret(object: { apiVersion?: string; kind: string }): boolean {
  return (
    object.kind === 'Secret' && (object.apiVersion === undefined || object.apiVersion === 'v1')
  );
}

function redactSecret(secret: AnyObject): AnyObject {
  const result = { ...secret };
  for (const [field, encoding] of [
    ['data', 'base64'],
    ['stringData', 'utf8'],
  ] as const) {
    const data = result[field];
    if (data === undefined) continue;
    result[field] = Object.fromEntries(
      Object.entries(recordOf(data)).map(([key, value]) => [key, redacted(value, encoding)]),
    );
  }
  return result;
}

export function redacted(value: unknown, encoding: 'base64' | 'utf8'): string {
  const bytes = typeof value === 'string' ? Buffer.byteLength(value, encoding) : 0;
  return `<redacted, ${bytes} bytes>`;
}

/** `deployment.apps/web`, as kubectl prints it. */
export function refOf(type: { group: string; kind: string }, name: string): string {
  const kind = type.kind.toLowerCase();
  return `${type.group === '' ? kind : `${kind}.${type.group}`}/${name}`;
}

/** ` in namespace x`, or nothing for cluster-scoped kinds. */
export function inNamespace(namespace: string | undefined): string {
  return namespace === undefined ? '' : ` in namespace ${namespace}`;
}
