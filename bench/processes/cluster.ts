/** The embedded Kubernetes as a child process that tells what it uses; nothing of the platform is loaded. */
import { type ClusterOptions, startCluster } from '../../packages/cluster/src/start-cluster.ts';

export interface ClusterReady {
  kubeconfig: string;
  /** Bytes, right after the start. */
  rss: number;
}

export interface ClusterUsage {
  rss: number;
  /** Milliseconds of CPU since the start. */
  cpu: number;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as ClusterOptions;
const cluster = await startCluster(settings);

process.on('message', ({ gc = false }: { gc?: boolean }) => {
  void usage(gc).then((answer) => process.send?.(answer));
});
process.once('disconnect', () => {
  void cluster.stop().finally(() => process.exit(0));
});
const { kubeconfig } = cluster;
process.send?.({ kubeconfig, rss: process.memoryUsage.rss() } satisfies ClusterReady);

async function usage(gc: boolean): Promise<ClusterUsage> {
  if (gc)
    for (let round = 0; round < 3; round += 1)
      await globalThis.gc?.({ type: 'major', execution: 'async' });
  const { user, system } = process.cpuUsage();
  return { rss: process.memoryUsage.rss(), cpu: (user + system) / 1000 };
}
