/** What every reconciler of the controller works with. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, KubeClient, KubeObject, Logger, ResourceType } from '@kagent/kube';
import type { AgentPlatform } from './agent/desired.ts';
import { FIELD_MANAGER } from './children.ts';
import type { DependencyIndex } from './dependencies.ts';
import type { McpServerImages } from './mcp-server/desired.ts';
import type { ToolDiscovery, ToolRegistry } from './options.ts';
import type { Sources } from './sources.ts';

export interface ControllerContext {
  client: KubeClient;
  sources: Sources;
  platform: AgentPlatform;
  mcpServerImages: McpServerImages;
  discovery: ToolDiscovery;
  toolRegistry: ToolRegistry;
  discoveryIntervalMs: number;
  clock: Clock;
  logger: Logger;
}

export type Reconcile = (
  key: string,
  signal: AbortSignal,
) => Promise<void | { requeueAfterMs: number }>;

/** Makes the reconcile function of one kind; `dependencies` is its own index. */
export type ReconcileFactory = (
  context: ControllerContext,
  dependencies: DependencyIndex,
) => Reconcile;

/** Writes the status of an object when it differs from the one that was read. */
export async function updateStatus<T extends KubeObject & { status?: unknown }>(
  context: Pick<ControllerContext, 'client'>,
  type: ResourceType<T>,
  change: { object: T; status: Record<string, unknown>; signal: AbortSignal },
): Promise<void> {
  const { object, status, signal } = change;
  const current = (object.status ?? {}) as Record<string, unknown>;
  const isSame = Object.entries(status).every(([key, value]) =>
    isDeepStrictEqual(current[key], value),
  );
  if (isSame) return;
  const { namespace, name } = object.metadata;
  await context.client.patch(
    type,
    {
      ...(namespace === undefined ? {} : { namespace }),
      name,
      patch: { type: 'merge', body: { status } },
    },
    { subresource: 'status', fieldManager: FIELD_MANAGER, signal },
  );
}
