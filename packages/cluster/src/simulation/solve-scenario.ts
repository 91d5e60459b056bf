/** Carries out the reference repair of a scenario: the proof that it can be solved. */
import { isNotFound, isTooManyRequests } from '@kagent/kube';
import type { Clock, KubeClient, ResourceType } from '@kagent/kube';

import { PODS } from '../workloads/objects.ts';
import { applyObject, createKindFinder, deleteReference, patchObject } from './object-access.ts';
import type { Scenario, SolutionStep } from './scenario.ts';

const EVICT_RETRY_MS = 200;

/** Runs the steps in order. Rejects when one is refused, or with the signal's reason. */
export async function solveScenario(
  client: KubeClient,
  scenario: Scenario,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const kinds = createKindFinder(client);
  for (const step of scenario.spec.solution?.steps ?? []) {
    if (step.patch !== undefined) await patchObject(client, kinds, step.patch);
    if (step.apply !== undefined) await applyObject(client, kinds, step.apply);
    if (step.delete !== undefined) await deleteReference(client, kinds, step.delete);
    if (step.evict !== undefined) await evict(client, step.evict, { clock, signal });
  }
}

async function evict(
  client: KubeClient,
  { namespace = 'default', selector, node }: NonNullable<SolutionStep['evict']>,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  for (;;) {
    const { items } = await client.list(PODS, {
      namespace,
      ...(selector === undefined ? {} : { labelSelector: selector }),
      ...(node === undefined ? {} : { fieldSelector: `spec.nodeName=${node}` }),
    });
    const left = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    if (left.length === 0) return;
    for (const { metadata } of left) {
      const eviction = {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: metadata.name, namespace },
      };
      await client
        .create(PODS as ResourceType, eviction, { subresource: 'eviction' })
        .catch((error: unknown) => {
          if (!isTooManyRequests(error) && !isNotFound(error)) throw error;
        });
    }
    await clock.sleep(EVICT_RETRY_MS, signal);
  }
}
