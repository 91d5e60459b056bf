/**
 * Who asks. The embedded platform has one local person; identity headers of the older system still choose a user id, so
 * that scripts and agents keep working. The listener's own guards (loopback, Host) are what protects it.
 */
import type { FastifyRequest } from 'fastify';

export const DEFAULT_USER = 'admin@kagent.dev';

export interface Principal {
  userId: string;
  /** True when the caller named the user itself (query or header) instead of falling to the default. */
  explicit: boolean;
  /** `ns__NS__name` of the calling agent. */
  agentId?: string;
}

/** `?user_id=`, else `X-User-Id`, else the local user. */
export function principalOf(request: FastifyRequest): Principal {
  const fromQuery = new URL(request.url, 'http://localhost').searchParams.get('user_id');
  const userId = fromQuery || header(request, 'x-user-id');
  const agentId = header(request, 'x-agent-name');
  return {
    userId: userId || DEFAULT_USER,
    explicit: Boolean(userId),
    ...(agentId ? { agentId } : {}),
  };
}

export function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Kubernetes ref of an agent from either spelling: `ns/name`, `ns__NS__name`, or a bare name in `defaultNamespace`. */
export function agentRef(text: string, defaultNamespace: string): string {
  if (text.includes('__NS__')) return text.replace('__NS__', '/').replaceAll('_', '-');
  return text.includes('/') ? text : `${defaultNamespace}/${text}`;
}

/** The older system's identifier: `kagent/k8s-agent` becomes `kagent__NS__k8s_agent`. */
export function agentIdentifier(ref: string): string {
  return ref.replace('/', '__NS__').replaceAll('-', '_');
}
