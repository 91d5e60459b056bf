/** Every shipped scenario: painted as promised, not solved by itself, solved by its solution, removed without a trace. */
import { createKubeClient, NAMESPACES, NODES, systemClock } from '@kagent/kube';
import type { KubeClient } from '@kagent/kube';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { ExpectStatic } from 'vitest';

import { summarisePod } from '../builtin/columns/pods.ts';
import type { JsonObject } from '../schema/json.ts';
import { startTestCluster } from '../testing/test-cluster.ts';
import { EVENTS, PODS } from '../workloads/objects.ts';
import { PERSISTENT_VOLUMES } from '../workloads/storage-objects.ts';
import { checkScenario } from './check-scenario.ts';
import { readShippedScenario, shippedScenarioNames, withoutAnswers } from './library.ts';
import { namespacesOf, SCENARIOS } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { solveScenario } from './solve-scenario.ts';

const names = await shippedScenarioNames();
const PACE = 32;
const POLL = { interval: 25, timeout: 20_000 };

async function start(client: KubeClient, name: string, check: ExpectStatic): Promise<Scenario> {
  const scenario = await readShippedScenario(name);
  if (scenario === undefined) throw new Error(`${name} is not shipped`);
  await client.raw({
    method: 'POST',
    path: '/apis/cluster.kagent.dev/v1alpha1/scenarios',
    query: { fieldValidation: 'Strict' },
    body: withoutAnswers(scenario),
  });
  await check
    .poll(async () => (await client.get(SCENARIOS, { name })).status, POLL)
    .toMatchObject({ phase: 'Running' });
  return scenario;
}

async function stop(client: KubeClient, name: string, check: ExpectStatic): Promise<void> {
  await client.delete(SCENARIOS, { name });
  await check.poll(() => client.find(SCENARIOS, { name }), POLL).toBeUndefined();
}

/** STATUS of the pods as `kubectl get pods` shows it, with the text that is expected of each. */
async function statuses(client: KubeClient, key: string): Promise<string[]> {
  const [namespace = '', prefix = ''] = key.split('/');
  const { items } = await client.list(PODS, { namespace });
  return items
    .filter(({ metadata }) => metadata.name.startsWith(prefix))
    .map((pod) => summarisePod(pod as unknown as JsonObject).status);
}

describe('shipped scenarios', () => {
  let cluster: Awaited<ReturnType<typeof startTestCluster>>;
  let client: KubeClient;

  beforeAll(async () => {
    cluster = await startTestCluster({ simulationPace: PACE });
    client = createKubeClient(cluster.transport());
  });

  afterAll(() => cluster.stop());

  it.concurrent.for(names)('%s', async (name, { expect }) => {
    const scenario = await start(client, name, expect);
    const { spec } = scenario;

    for (const [key, expected] of Object.entries(spec.shows ?? {})) {
      const allowed = expected.split('|');
      await expect
        .poll(async () => {
          const found = await statuses(client, key);
          return found.length > 0 && found.every((one) => allowed.includes(one))
            ? 'as promised'
            : found;
        }, POLL)
        .toBe('as promised');
    }
    const before = await checkScenario(client, scenario, Date.now());
    expect(before.solved, JSON.stringify(before)).toBe(false);

    const { status } = await client.get(SCENARIOS, { name });
    const signal = AbortSignal.timeout(POLL.timeout);
    await solveScenario(client, scenario, { clock: systemClock, signal });
    await expect
      .poll(
        async () =>
          (await checkScenario(client, scenario, Date.now())).checks.filter(
            ({ passed }) => !passed,
          ),
        POLL,
      )
      .toEqual([]);

    await stop(client, name, expect);
    const own = new Set(namespacesOf(spec));
    const left = (await client.list(NAMESPACES)).items.filter(({ metadata }) =>
      own.has(metadata.name),
    );
    const nodes = new Set(status?.nodes);
    const machines = (await client.list(NODES)).items.filter(({ metadata }) =>
      nodes.has(metadata.name),
    );
    const events = (await client.list(EVENTS)).items.filter(({ involvedObject }) =>
      nodes.has(involvedObject.name ?? ''),
    );
    const volumes = (await client.list(PERSISTENT_VOLUMES)).items.filter(({ spec: { claimRef } }) =>
      own.has(claimRef?.namespace ?? ''),
    );
    expect([...left, ...machines, ...events, ...volumes]).toEqual([]);
  });
});
