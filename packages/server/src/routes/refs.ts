/** Names and namespaces in paths and bodies. */
import { KagentError } from '@kagent/spec';
import type { FastifyRequest } from 'fastify';

export interface NamedParams {
  Params: { namespace: string; name: string };
}

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export function namedParams(request: FastifyRequest<NamedParams>): {
  namespace: string;
  name: string;
} {
  const { namespace, name } = request.params;
  return { namespace, name };
}

/** `ns/name` or `name`; rejects with `invalid_argument` when it is neither. */
export function parseRef(
  ref: string,
  defaultNamespace: string,
): { namespace: string; name: string } {
  const parts = ref.split('/');
  const [namespace, name] = parts.length === 1 ? [defaultNamespace, parts[0]] : parts;
  if (
    parts.length > 2 ||
    !namespace ||
    !name ||
    !SUBDOMAIN.test(name) ||
    !SUBDOMAIN.test(namespace)
  ) {
    throw new KagentError(
      'invalid_argument',
      `Invalid Ref: "${ref}" is not name or namespace/name`,
    );
  }
  return { namespace, name };
}

/** The same object with its namespace filled in. */
export function inNamespace<
  T extends { metadata: { name: string; namespace?: string | undefined } },
>(body: T, defaultNamespace: string): T & { metadata: { namespace: string } } {
  return {
    ...body,
    metadata: { ...body.metadata, namespace: body.metadata.namespace || defaultNamespace },
  };
}
