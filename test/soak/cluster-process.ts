/** The embedded Kubernetes as a process that can be killed; tells its kubeconfig when it is ready. */
import { type ImageRule, startCluster } from '@kagent/cluster';
import { silentLogger } from '@kagent/kube';

/** An image whose containers run until they are stopped. */
const idle: ImageRule = {
  name: 'idle',
  matches: ({ image }) => image === 'example.com/idle:1',
  run: {
    mode: 'tenant',
    async start() {
      const ended = Promise.withResolvers<number>();
      return { exited: ended.promise, stop: async () => ended.resolve(0) };
    },
  },
};

const home = process.argv[2] ?? '';
const cluster = await startCluster({
  storage: { sqlite: `${home}/cluster.db` },
  dataDir: `${home}/cluster`,
  images: [idle],
  logger: silentLogger,
});
process.on('disconnect', () => process.exit(0));
process.send?.({ kubeconfig: cluster.kubeconfig });
