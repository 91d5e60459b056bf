/** Repairs that only look right do not pass, and people see with kubectl what they would see in a real cluster. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { createKubeClient } from '@kagent/kube';
import type { KubeClient } from '@kagent/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestCluster } from '../testing/test-cluster.ts';
import { checkScenario } from './check-scenario.ts';
import { readShippedScenario, withoutAnswers } from './library.ts';
import { SCENARIOS } from './scenario.ts';
import type { Scenario, SolutionStep } from './scenario.ts';
import { solveScenario } from './solve-scenario.ts';
import { systemClock } from '@kagent/kube';

const KUBECTL = resolve(import.meta.dirname, '../../../../node_modules/.kagent-bin/kubectl');
const POLL = { interval: 25, timeout: 20_000 };
const run = promisify(execFile);

const deployment = (namespace: string, name: string, body: unknown): SolutionStep => ({
  patch: { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name, type: 'strategic', body },
});
const template = (container: Record<string, unknown>) => ({
  spec: { template: { spec: { containers: [container] } } },
});

const TRAPS: [scenario: string, trap: string, steps: SolutionStep[], criterion: string][] = [
  [
    'quota-exceeded',
    'deleting the quota',
    [
      {
        delete: {
          apiVersion: 'v1',
          kind: 'ResourceQuota',
          namespace: 'campaigns',
          name: 'team-quota',
        },
      },
    ],
    'the quota is as it was',
  ],
  [
    'imagepull-typo',
    'going back to the old release',
    [
      deployment(
        'catalog',
        'catalog-api',
        template({ name: 'api', image: 'registry.acme.io/catalog/api:1.9.2' }),
      ),
    ],
    'all replicas run 1.9.3 or newer',
  ],
  [
    'oomkilled-limit',
    'taking the limit away',
    [
      deployment(
        'recommendations',
        'recommender',
        template({ name: 'recommender', resources: { $patch: 'replace' } }),
      ),
    ],
    'there still is a memory limit, of at most 1Gi',
  ],
  [
    'networkpolicy-blocks-db',
    'deleting the policies',
    ['default-deny', 'points-db'].map((name) => ({
      delete: {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        namespace: 'loyalty',
        name,
      },
    })),
    'everything else is still denied',
  ],
];

describe('repairs of scenarios', () => {
  let cluster: Awaited<ReturnType<typeof startTestCluster>>;
  let client: KubeClient;
  let home: string;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'scenario-'));
    cluster = await startTestCluster({ simulationPace: 32 });
    client = createKubeClient(cluster.transport());
    await writeFile(join(home, 'kubeconfig'), cluster.kubeconfig, { mode: 0o600 });
  });

  afterAll(async () => {
    await cluster.stop();
    await rm(home, { recursive: true, force: true });
  });

  async function start(name: string): Promise<Scenario> {
    const scenario = await readShippedScenario(name);
    if (scenario === undefined) throw new Error(`${name} is not shipped`);
    await client.create(SCENARIOS, withoutAnswers(scenario));
    await expect
      .poll(async () => (await client.get(SCENARIOS, { name })).status?.phase, POLL)
      .toBe('Running');
    return scenario;
  }

  async function kubectl(...args: string[]): Promise<string> {
    const options = { env: { HOME: home, KUBECONFIG: join(home, 'kubeconfig') } };
    return (await run(KUBECTL, args, options)).stdout;
  }

  it.each(TRAPS)('%s: %s does not pass', async (name, _, steps, criterion) => {
    const scenario = await start(name);
    const { spec } = scenario;
    const trap = { ...scenario, spec: { ...spec, solution: { steps } } };
    await solveScenario(client, trap, { clock: systemClock, signal: AbortSignal.timeout(5000) });
    await expect
      .poll(async () => {
        const { checks } = await checkScenario(client, scenario, Date.now());
        return checks.find((check) => check.name === criterion)?.passed;
      }, POLL)
      .toBe(false);
  });

  it('shows a crash loop as kubectl shows one', async () => {
    await start('crashloop-missing-config');
    const pods = await kubectl('get', 'pods', '-n', 'shop');
    expect(pods).toMatch(/checkout-\S+ +0\/1 +CrashLoopBackOff +1\d \(\S+ ago\) +52m/);
    const described = await kubectl('describe', 'pods', '-n', 'shop', '-l', 'app=checkout');
    for (const text of [
      /State: +Waiting\n +Reason: +CrashLoopBackOff/,
      /Last State: +Terminated\n +Reason: +Error\n +Exit Code: +1/,
      /Scheduled +5\dm +default-scheduler +Successfully assigned shop\/checkout-/,
      /BackOff +\S+ \(x\d+ over 5\dm\) +kubelet +.*Back-off restarting failed container checkout in pod checkout-/,
    ])
      expect(described).toMatch(text);
    const log = await kubectl('logs', '-n', 'shop', '-l', 'app=checkout', '--previous');
    expect(log).toContain('required key PAYMENT_GATEWAY_URL missing value');
  });

  it('tells what an autoscaler of Kubernetes would, and scales once it can', async () => {
    const scenario = await start('hpa-wrong-target');
    const described = await kubectl('describe', 'hpa', '-n', 'storefront');
    expect(described).toMatch(/AbleToScale +False +FailedGetScale +the HPA controller was unable/);
    expect(described).toMatch(
      /FailedGetScale +\S+ \(x2\d\d over 5\dm\) +horizontal-pod-autoscaler +deployments.apps "storefront" not found/,
    );
    await solveScenario(client, scenario, {
      clock: systemClock,
      signal: AbortSignal.timeout(5000),
    });
    await expect
      .poll(() => kubectl('get', 'hpa', '-n', 'storefront'), POLL)
      .toMatch(/Deployment\/storefront-web +cpu: 7\d%\/70% +2 +8 +5 /);
    // The event about it is lost, as on a real cluster: the autoscaler was spoken of too often before.
  });

  it('lets people look around inside a container', async () => {
    await start('service-selector-mismatch');
    const inside = (...command: string[]) =>
      kubectl('exec', '-n', 'basket', 'deploy/gateway', '--', ...command);
    expect(await inside('sh', '-c', 'hostname && printenv KUBERNETES_SERVICE_PORT')).toMatch(
      /^gateway-\S+\n443\n$/,
    );
    expect(await inside('nslookup', 'basket')).toContain('basket.basket.svc.cluster.local');
    await expect(inside('curl', '-sS', 'http://basket/')).rejects.toThrow(
      /Failed to connect to basket port 80[^]*exit code 7/,
    );
    await expect(inside('psql')).rejects.toThrow(/exec: "psql": executable file not found/);
    expect(await kubectl('get', 'endpoints', '-n', 'basket')).toMatch(/basket +<none>/);
  });

  it('shows a pod that fits nowhere as kubectl shows one', async () => {
    await start('pending-taint');
    const described = await kubectl('describe', 'pods', '-n', 'ml');
    expect(described).toMatch(/Status: +Pending/);
    expect(described).toMatch(/PodScheduled +False/);
    expect(described).toMatch(
      /FailedScheduling +\S+ \(x\d over 3\dm\) +default-scheduler +0\/3 nodes are available: 1 Insufficient nvidia.com\/gpu, 2 node\(s\) had untolerated taint\(s\)/,
    );
  });
});
