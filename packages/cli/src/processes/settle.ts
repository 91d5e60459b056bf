/** Waiting until what comes with the platform answers, so that the first thing a person tries works. */
import {
  createInformer,
  DEPLOYMENTS,
  type KubeClient,
  type Logger,
  systemClock,
} from '@kagent/kube';
import { NAMESPACE } from './defaults.ts';

const OWN = ['kagent-tools', 'kagent-demo-model', 'k8s-agent'];
/** What is not up by then is shown by its status; the platform itself is. */
const PATIENCE_MS = 5_000;

/** Resolves when those of our own Deployments that exist are available, or after five seconds. Never rejects. */
export async function settle(kube: KubeClient, logger: Logger): Promise<void> {
  const deployments = createInformer({
    client: kube,
    type: DEPLOYMENTS,
    namespace: NAMESPACE,
    clock: systemClock,
    logger,
  });
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, PATIENCE_MS);
  const look = () => {
    const waiting = OWN.some((name) => {
      const deployment = deployments.get({ namespace: NAMESPACE, name });
      return (
        deployment && (deployment.status?.availableReplicas ?? 0) < (deployment.spec?.replicas ?? 1)
      );
    });
    if (!waiting) resolve();
  };
  deployments.synced.then(look, resolve);
  deployments.onChange(() => {
    if (deployments.hasSynced) look();
  });
  await settled;
  clearTimeout(timer);
  await deployments.stop();
}
