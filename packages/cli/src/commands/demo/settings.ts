/** What all `kagent demo` commands share: the cluster they talk to, and the scenario they are about. */
import {
  parseScenario,
  readShippedScenario,
  type Scenario,
  SCENARIOS,
  shippedScenarioNames,
} from '@kagent/cluster';
import {
  createHttpTransport,
  createKubeClient,
  CRDS,
  isNotFound,
  type KubeClient,
} from '@kagent/kube';
import { KagentError } from '@kagent/spec';
import { readGivenFile } from '../../files.ts';
import { connectionFor, KUBECONFIG_SETTINGS } from '../../kubernetes/connection.ts';
import { readSettings, type Values } from '../../settings.ts';

export const DEMO_SETTINGS = {
  home: KUBECONFIG_SETTINGS.home,
  kubeconfig: KUBECONFIG_SETTINGS.kubeconfig,
};

export type DemoFlags = Record<string, unknown> & { filename?: string; output?: string };

export function readDemoSettings(flags: DemoFlags): Values<typeof DEMO_SETTINGS> {
  return readSettings(DEMO_SETTINGS, flags, process.env);
}

/** A client of the embedded cluster; a cluster that knows no scenarios is refused with the next step. */
export async function demoClient(flags: DemoFlags): Promise<KubeClient> {
  const settings = readDemoSettings(flags);
  const { transport } = await connectionFor({ ...settings, namespace: undefined }, process.env);
  const client = createKubeClient(createHttpTransport(transport));
  const crd = { name: `${SCENARIOS.plural}.${SCENARIOS.group}` };
  if ((await client.find(CRDS, crd)) !== undefined) return client;
  throw new KagentError(
    'unavailable',
    'This cluster is not an embedded one: it knows no scenarios, and its nodes cannot be simulated. ' +
      'Start one with `kagent up` (or `kagent cluster`) and leave --kubeconfig and KUBECONFIG out.',
  );
}

/** The scenario of a file, or the shipped one of that name; an unknown name is answered with names like it. */
export async function readScenario(
  name: string | undefined,
  filename: string | undefined,
): Promise<Scenario> {
  if (filename !== undefined) return readScenarioFile(filename);
  if (name === undefined)
    throw new KagentError(
      'invalid_argument',
      'Name a scenario (see `kagent demo list`) or give a file with -f.',
    );
  const scenario = await readShippedScenario(name);
  if (scenario !== undefined) return scenario;
  const near = closest(name, await shippedScenarioNames());
  const hint = near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
  throw new KagentError(
    'not_found',
    `There is no scenario "${name}".${hint} \`kagent demo list\` shows all.`,
  );
}

async function readScenarioFile(filename: string): Promise<Scenario> {
  const text = await readGivenFile(filename);
  try {
    return parseScenario(text, filename);
  } catch (error) {
    throw new KagentError('invalid_argument', String((error as Error).message), { cause: error });
  }
}

/** Names that share a word with `wanted` or differ in few letters, best first. */
function closest(wanted: string, names: readonly string[]): string[] {
  const words = new Set(wanted.split('-').filter((word) => word.length > 2));
  const scored = names.map((name) => {
    const shared = name.split('-').filter((word) => words.has(word)).length;
    return { name, score: distance(wanted, name) - shared * 6 };
  });
  return scored
    .filter(({ name, score }) => score <= Math.max(3, name.length / 4))
    .toSorted((a, b) => a.score - b.score)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Levenshtein. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + cost));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The scenario as the cluster has it. */
export async function findRunning(client: KubeClient, name: string): Promise<Scenario | undefined> {
  try {
    return await client.find(SCENARIOS, { name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
