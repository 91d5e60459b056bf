/** What simulated containers and nodes use, for metrics.k8s.io: the image table with a little life in it. */
import type { MetricsSource, NodeUsage, PodUsage } from '../node/metrics-source.ts';
import { hashText, noise } from './fill.ts';
import { durationMs } from './scenario.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import type { SimulatedContainer } from './simulated-container.ts';

const WINDOW_MS = 15_000;
/** What the system itself uses on a node. */
const SYSTEM = { cpu: 0.12, memory: 900 * 2 ** 20 };

/** Changes every window by up to a tenth. */
function sway(value: number, name: string, now: number): number {
  return value * (0.95 + noise(hashText(name) + Math.floor(now / WINDOW_MS)) * 0.1);
}

/** Cores a container uses: its own, and its share of what all that run the image do together. */
export function cpuOf(cluster: SimulatedCluster, { run, record }: SimulatedContainer): number {
  if (run === undefined) return 0;
  if (run.plan.load === 0) return run.plan.cpu;
  let sharers = 0;
  for (const pod of cluster.pods())
    for (const other of pod.containers())
      if (other.record.ready && other.record.container.image === record.container.image)
        sharers += 1;
  return run.plan.cpu + run.plan.load / Math.max(1, sharers);
}

function podsOf(cluster: SimulatedCluster, now: number): (PodUsage & { node: string })[] {
  const found: (PodUsage & { node: string })[] = [];
  for (const simulated of cluster.pods()) {
    const { pod } = simulated;
    if (simulated.isFrozen || pod.metadata.deletionTimestamp !== undefined) continue;
    const containers = simulated.containers().flatMap((container) => {
      const { run, record } = container;
      if (run === undefined) return [];
      const cpu = cpuOf(cluster, container);
      const { memory, memoryLimit = Number.POSITIVE_INFINITY } = run.plan;
      const { name } = record.container;
      const growth = durationMs(run.plan.run.growth, 20_000);
      const share = Math.min(1, 0.3 + (0.7 * (now - run.startedAt)) / Math.max(1, growth));
      const used = Math.min(memoryLimit, sway(memory * share, `${simulated.key}/${name}/m`, now));
      return [{ name, cpu: sway(cpu, `${simulated.key}/${name}`, now), memory: Math.round(used) }];
    });
    if (containers.length === 0) continue;
    const { namespace = '', name } = pod.metadata;
    found.push({
      namespace,
      name,
      containers,
      time: now,
      windowMs: WINDOW_MS,
      node: pod.spec.nodeName ?? '',
    });
  }
  return found;
}

function nodesOf(cluster: SimulatedCluster, now: number): NodeUsage[] {
  const pods = podsOf(cluster, now);
  return cluster
    .nodeNames()
    .filter((name) => !cluster.isSilent(name))
    .map((name) => {
      const own = pods.filter(({ node }) => node === name).flatMap(({ containers }) => containers);
      const sum = (key: 'cpu' | 'memory') => own.reduce((total, one) => total + one[key], 0);
      return {
        name,
        cpu: sway(SYSTEM.cpu, name, now) + sum('cpu'),
        memory: Math.round(sway(SYSTEM.memory, `${name}/m`, now) + sum('memory')),
        time: now,
        windowMs: WINDOW_MS,
      };
    });
}

/** Usage in all scenarios that run. */
export function createUsage(
  clusters: () => Iterable<SimulatedCluster>,
  now: () => number,
): MetricsSource {
  return {
    nodes: () => [...clusters()].flatMap((cluster) => nodesOf(cluster, now())),
    pods: () =>
      [...clusters()].flatMap((cluster) =>
        podsOf(cluster, now()).map(({ node: _node, ...usage }) => usage),
      ),
  };
}
