/** A whole cluster for one test: in memory, on a free port, isolated from all others. */
import { startCluster } from '../start-cluster.ts';
import type { Cluster, ClusterOptions } from '../start-cluster.ts';

/**
 * Starts a cluster with memory storage on a free port, without a container engine. Many can run at once. Use `await using` or
 * call `stop`.
 */
export async function startTestCluster(
  options: Partial<ClusterOptions> = {},
): Promise<Cluster & AsyncDisposable> {
  const cluster = await startCluster({
    storage: 'memory',
    port: 0,
    containerEngine: 'none',
    ...options,
  });
  return { ...cluster, [Symbol.asyncDispose]: () => cluster.stop() };
}
