/** Tells whether a scenario is repaired, by its criteria and the state of the cluster. */
import type { KubeClient, KubeObject, ResourceType } from '@kagent/kube';

import { compileExpression } from '../schema/cel-expression.ts';
import { isObject } from '../schema/json.ts';
import { ENDPOINT_SLICES, NAMESPACES, PODS, SERVICES } from '../workloads/objects.ts';
import type { EndpointSlice, Pod, Service } from '../workloads/objects.ts';
import { behaviourOf } from './assess.ts';
import { fill } from './fill.ts';
import { connectFrom } from './network.ts';
import type { NetworkPolicy, NetworkView } from './network.ts';
import { createKindFinder, readReference } from './object-access.ts';
import type { KindFinder } from './object-access.ts';
import type { Check, Scenario } from './scenario.ts';

export interface CheckResult {
  name: string;
  passed: boolean;
  /** What was expected, or what is still wrong. */
  message: string;
}

export interface ScenarioResult {
  solved: boolean;
  checks: CheckResult[];
}

const POLICIES: ResourceType<KubeObject & NetworkPolicy> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  namespaced: true,
};

interface Context {
  client: KubeClient;
  kinds: KindFinder;
  scenario: Scenario;
  now: number;
}

/** Evaluates all criteria, in order, each on its own. A scenario without criteria is never solved. Rejects only when the cluster does not answer. */
export async function checkScenario(
  client: KubeClient,
  scenario: Scenario,
  now: number,
): Promise<ScenarioResult> {
  const context = { client, kinds: createKindFinder(client), scenario, now };
  const checks: CheckResult[] = [];
  for (const check of scenario.spec.verify ?? []) checks.push(await evaluate(context, check));
  return { solved: checks.length > 0 && checks.every(({ passed }) => passed), checks };
}

async function evaluate(context: Context, check: Check): Promise<CheckResult> {
  const problem = await problemOf(context, check);
  const { name, why } = check;
  if (problem === undefined) return { name, passed: true, message: why ?? 'as it should be' };
  return { name, passed: false, message: why === undefined ? problem : `${why} (${problem})` };
}

async function problemOf(context: Context, check: Check): Promise<string | undefined> {
  if (check.connects !== undefined) return connectionProblem(context, check.connects);
  if (check.unchanged !== undefined) return changeProblem(context, check.unchanged);
  return expressionProblem(context, check);
}

async function expressionProblem(context: Context, check: Check): Promise<string | undefined> {
  const values: Record<string, unknown> = { now: new Date(context.now).toISOString() };
  for (const [name, reference] of Object.entries(check.get ?? {})) {
    values[name] = await readReference(context.client, context.kinds, reference);
  }
  const text = check.that ?? 'false';
  try {
    const expression = compileExpression(text, { variables: Object.keys(values) });
    return expression.evaluate(values).value === true ? undefined : `not true: ${text}`;
  } catch (error) {
    // a field that is not there yet reads as an error: the criterion does not hold
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    return `not true: ${text} (${reason})`;
  }
}

/** Whether all that `wanted` says is so in `actual`; the server may have added to it. */
function contains(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((item, index) => contains(actual[index], item))
    );
  }
  if (isObject(wanted)) {
    return (
      isObject(actual) &&
      Object.entries(wanted).every(([key, value]) => contains(actual[key], value))
    );
  }
  return actual === wanted || String(actual) === String(wanted);
}

async function changeProblem(
  { client, kinds, scenario }: Context,
  references: NonNullable<Check['unchanged']>,
): Promise<string | undefined> {
  for (const reference of references) {
    const { kind, name = '', namespace } = reference;
    const original = scenario.spec.objects.find(
      (object) =>
        object.kind === kind &&
        object.metadata.name === name &&
        object.metadata.namespace === namespace,
    );
    const current = await readReference(client, kinds, reference);
    const shown = `${kind.toLowerCase()}/${name}`;
    if (current === null || Array.isArray(current)) return `${shown} was deleted`;
    if (original === undefined) continue;
    const {
      metadata: _metadata,
      status: _status,
      ...wanted
    } = original as KubeObject & { status?: unknown };
    if (!contains(current, wanted)) return `${shown} was changed`;
  }
  return undefined;
}

async function readNetwork({ client, scenario }: Context): Promise<NetworkView & { pods: Pod[] }> {
  const [pods, services, slices, policies, namespaces] = await Promise.all([
    client.list(PODS),
    client.list(SERVICES),
    client.list(ENDPOINT_SLICES),
    client.list(POLICIES),
    client.list(NAMESPACES),
  ]);
  const named = <T extends KubeObject>(items: T[], namespace: string, name: string) =>
    items.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
  return {
    pods: pods.items,
    service: (namespace, name): Service | undefined => named(services.items, namespace, name),
    slices: (namespace, service): EndpointSlice[] =>
      slices.items.filter(
        ({ metadata }) =>
          metadata.namespace === namespace &&
          metadata.labels?.['kubernetes.io/service-name'] === service,
      ),
    pod: (namespace, name) => named(pods.items, namespace, name),
    at: (ip) => ({
      service: services.items.find(({ spec }) => spec?.clusterIP === ip),
      pod: pods.items.find(({ status }) => status?.podIP === ip),
    }),
    namespace: (name) => namespaces.items.find(({ metadata }) => metadata.name === name),
    policies: (namespace) =>
      policies.items.filter(({ metadata }) => metadata.namespace === namespace),
    listens: (pod, port) =>
      pod.spec.containers.some((container) => {
        const isRunning = pod.status?.containerStatuses?.some(
          ({ name, state }) => name === container.name && state?.running !== undefined,
        );
        const env = Object.fromEntries(
          (container.env ?? []).map(({ name, value = '' }) => [name, value]),
        );
        const listens =
          behaviourOf(scenario.spec.images ?? [], container.image ?? '')?.listens ?? [];
        return (
          isRunning === true &&
          listens.some((one) => Number(fill(String(one.port), { env })) === port)
        );
      }),
  };
}

async function connectionProblem(
  context: Context,
  { from, to }: NonNullable<Check['connects']>,
): Promise<string | undefined> {
  const view = await readNetwork(context);
  const { items } = await context.client.list(PODS, {
    namespace: from.namespace,
    labelSelector: from.selector,
  });
  const running = items.filter(
    ({ metadata, status }) =>
      status?.phase === 'Running' && metadata.deletionTimestamp === undefined,
  );
  if (running.length === 0) return `no pod of ${from.namespace} with ${from.selector} runs`;
  for (const pod of running) {
    const problem = connectFrom(view, pod, to);
    if (problem !== undefined) return `${pod.metadata.name}: ${problem}`;
  }
  return undefined;
}
