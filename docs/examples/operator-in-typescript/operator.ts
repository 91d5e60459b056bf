/**
 * A small operator: keeps a ConfigMap and a Deployment for each Website and reports ready replicas. It knows nothing of the
 * cluster it runs on; everything it needs comes with the kubeconfig.
 */
import {
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type KubeConfig,
  makeInformer,
  type KubernetesListObject,
  type KubernetesObject,
  type V1Deployment,
} from '@kubernetes/client-node';

export interface Website extends KubernetesObject {
  spec: { html: string; replicas: number };
  status?: { readyReplicas: number };
}

const WEBSITES = { group: 'example.com', version: 'v1', plural: 'websites' };

/** Follows Websites and their Deployments until the signal aborts. */
export async function runOperator(config: KubeConfig, signal: AbortSignal): Promise<void> {
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const custom = config.makeApiClient(CustomObjectsApi);

  async function reconcile(namespace: string, name: string): Promise<void> {
    const website = (await custom.getNamespacedCustomObject({
      ...WEBSITES,
      namespace,
      name,
    })) as Website;
    await ensure(
      () => core.createNamespacedConfigMap({ namespace, body: pageOf(website) }),
      () => core.replaceNamespacedConfigMap({ namespace, name, body: pageOf(website) }),
    );
    await ensure(
      () => apps.createNamespacedDeployment({ namespace, body: deploymentOf(website) }),
      () => apps.replaceNamespacedDeployment({ namespace, name, body: deploymentOf(website) }),
    );
    const { status } = await apps.readNamespacedDeployment({ namespace, name });
    const readyReplicas = status?.readyReplicas ?? 0;
    if (website.status?.readyReplicas === readyReplicas) return;
    await custom.replaceNamespacedCustomObjectStatus({
      ...WEBSITES,
      namespace,
      name,
      body: { ...website, status: { readyReplicas } },
    });
  }

  const queue = { last: Promise.resolve() };
  const enqueue = ({ metadata }: KubernetesObject): void => {
    const { namespace = '', name = '' } = metadata ?? {};
    queue.last = queue.last.then(() => reconcile(namespace, name)).catch(ignoreGone);
  };
  const websites = makeInformer<Website>(
    config,
    '/apis/example.com/v1/websites',
    () =>
      custom.listCustomObjectForAllNamespaces({
        ...WEBSITES,
        resourcePlural: WEBSITES.plural,
      }) as Promise<KubernetesListObject<Website>>,
  );
  const deployments = makeInformer<V1Deployment>(config, '/apis/apps/v1/deployments', () =>
    apps.listDeploymentForAllNamespaces(),
  );
  for (const verb of ['add', 'update'] as const) {
    websites.on(verb, enqueue);
    deployments.on(verb, enqueue);
  }
  await Promise.all([websites.start(), deployments.start()]);
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await Promise.all([websites.stop(), deployments.stop()]);
  await queue.last;
}

async function ensure(create: () => Promise<unknown>, replace: () => Promise<unknown>) {
  try {
    await create();
  } catch (error) {
    if (codeOf(error) !== 409) throw error;
    await replace();
  }
}

/** Deleted meanwhile, or written by somebody else: the next event brings it back. */
function ignoreGone(error: unknown): void {
  const code = codeOf(error);
  if (code !== 404 && code !== 409) throw error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function ownerOf({ metadata }: Website) {
  const { name = '', uid = '' } = metadata ?? {};
  return [{ apiVersion: 'example.com/v1', kind: 'Website', name, uid, controller: true }];
}

function pageOf(website: Website) {
  const { name = '' } = website.metadata ?? {};
  return {
    metadata: { name, ownerReferences: ownerOf(website) },
    data: { 'index.html': website.spec.html },
  };
}

function deploymentOf(website: Website): V1Deployment {
  const { name = '' } = website.metadata ?? {};
  const labels = { website: name };
  return {
    metadata: { name, ownerReferences: ownerOf(website) },
    spec: {
      replicas: website.spec.replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'example.com/web:1',
              volumeMounts: [{ name: 'page', mountPath: '/page' }],
            },
          ],
          volumes: [{ name: 'page', configMap: { name } }],
        },
      },
    },
  };
}
