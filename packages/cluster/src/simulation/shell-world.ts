/** What a simulated container looks like from the inside: its variables, files below its mounts, and its network. */
import { ConfigProblem } from '../node/config-problem.ts';
import type { ConfigSource, PodFacts } from '../node/config-source.ts';
import { readMounted, volumeFiles } from '../node/volumes.ts';
import type { VolumeInput } from '../node/volumes.ts';
import type { Container, Pod, Volume } from '../workloads/objects.ts';
import { reachFrom, serviceNamed } from './network.ts';
import type { NetworkView } from './network.ts';
import type { SimulatedContainer } from './simulated-container.ts';
import type { SimulatedPod } from './simulated-pod.ts';
import type { ShellNetwork, ShellWorld } from './simulated-shell.ts';

export interface ShellWorldOptions {
  pod: SimulatedPod;
  container: SimulatedContainer;
  view: NetworkView;
  config: ConfigSource;
  /** Status code of a GET to a port of a pod that listens there. */
  answer(pod: Pod, port: number, path: string): number | undefined;
  now: number;
  /** Bytes of the node's disk. */
  disk: number;
}

/** Undefined when the container does not run. */
export function shellWorldOf(options: ShellWorldOptions): ShellWorld | undefined {
  const { facts, pod } = options.pod;
  const { run, record } = options.container;
  if (run === undefined) return undefined;
  const { container } = record;
  const { namespace = '', name } = pod.metadata;
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  return {
    namespace,
    pod: name,
    podIP: facts.podIP,
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOSTNAME: name,
      ...run.plan.env,
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      KUBERNETES_SERVICE_PORT: '443',
      HOME: '/root',
    },
    plan: run.plan,
    program: words.length === 0 ? `/app/${container.name}` : words.join(' '),
    now: options.now,
    disk: options.disk,
    network: networkOf(pod, options),
    ...mountedFiles(facts, container, options.config),
  };
}

function networkOf(pod: Pod, { view, answer }: ShellWorldOptions): ShellNetwork {
  return {
    address(host) {
      const named = serviceNamed(host, pod);
      const service = named && view.service(named.namespace, named.name);
      if (service === undefined) return undefined;
      const { namespace = '', name } = service.metadata;
      const ips = view
        .slices(namespace, name)
        .flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses));
      const { clusterIP = 'None' } = service.spec ?? {};
      return {
        name: `${name}.${namespace}.svc.cluster.local`,
        ips: clusterIP === 'None' ? ips : [clusterIP],
      };
    },
    get(address, path) {
      const reached = reachFrom(view, pod, address);
      if (reached === 'outside') return { error: `dial tcp ${address}: i/o timeout` };
      if ('error' in reached) return reached;
      return { status: answer(reached.pod, reached.port, path) };
    },
  };
}

function namesIn(input: VolumeInput, volume: Volume): string[] {
  try {
    return [...volumeFiles(input, volume).keys()];
  } catch (error) {
    if (error instanceof ConfigProblem) return [];
    throw error;
  }
}

/** Content and paths of mounted files. Tokens are not shown: nobody here has one. */
function mountedFiles(
  facts: PodFacts,
  container: Container,
  source: ConfigSource,
): { read(path: string): Uint8Array | undefined; files(): string[] } {
  const input: VolumeInput = { facts, source, token: () => '(simulated)' };
  return {
    read: (path) => readMounted(input, container, path),
    files: () =>
      (container.volumeMounts ?? []).flatMap(({ name, mountPath, subPath = '' }) => {
        const root = mountPath.replace(/\/$/, '');
        const volume = facts.pod.spec.volumes?.find((candidate) => candidate.name === name);
        const names = volume === undefined ? [] : namesIn(input, volume);
        if (names.includes(subPath)) return [root];
        const below = subPath === '' ? '' : `${subPath}/`;
        const shown = names.filter((path) => path.startsWith(below));
        return [`${root}/`, ...shown.map((path) => `${root}/${path.slice(below.length)}`)];
      }),
  };
}
