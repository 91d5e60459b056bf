/** The operator against a whole Kubernetes: API server, controllers, garbage collection and pods that really start. */
import { readFileSync } from 'node:fs';
import { type Cluster, type ImageRule, startCluster } from '@kagent/cluster';
import {
  ApiextensionsV1Api,
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  loadYaml,
  type V1CustomResourceDefinition,
} from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runOperator } from './operator.ts';

const WEBSITES = { group: 'example.com', version: 'v1', plural: 'websites', namespace: 'default' };
const CRD = readFileSync(new URL('website-crd.yaml', import.meta.url), 'utf8');

/** What the image is here: a function instead of a container. It logs the page it would serve. */
const web: ImageRule = {
  name: 'web',
  matches: ({ image }) => image.startsWith('example.com/web:'),
  run: {
    mode: 'tenant',
    async start(context) {
      context.log(`serving ${context.readFile('/page/index.html') ?? 'nothing'}`);
      const ended = Promise.withResolvers<number>();
      return { exited: ended.promise, stop: async () => ended.resolve(0) };
    },
  },
};

let cluster: Cluster;
let config: KubeConfig;
let stopping: AbortController;
let operator: Promise<void>;

beforeEach(async () => {
  cluster = await startCluster({ storage: 'memory', images: [web] });
  config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig);
  const body = loadYaml<V1CustomResourceDefinition>(CRD);
  await config.makeApiClient(ApiextensionsV1Api).createCustomResourceDefinition({ body });
  stopping = new AbortController();
  operator = runOperator(config, stopping.signal);
});
afterEach(async () => {
  stopping.abort();
  await operator;
  await cluster.stop();
});

const website = (name: string, spec: object) => ({
  ...WEBSITES,
  body: { apiVersion: 'example.com/v1', kind: 'Website', metadata: { name }, spec },
});

describe('the Website operator', () => {
  it('brings a website up and reports its ready replicas', async () => {
    const custom = config.makeApiClient(CustomObjectsApi);
    await custom.createNamespacedCustomObject(website('shop', { html: 'hello', replicas: 2 }));
    await expect
      .poll(() => custom.getNamespacedCustomObject({ ...WEBSITES, name: 'shop' }), {
        interval: 20,
        timeout: 5000,
      })
      .toMatchObject({ status: { readyReplicas: 2 } });
    const core = config.makeApiClient(CoreV1Api);
    const { items } = await core.listNamespacedPod({ namespace: 'default' });
    const name = items[0]?.metadata?.name ?? '';
    expect(await core.readNamespacedPodLog({ namespace: 'default', name })).toBe('serving hello\n');
  });

  it('leaves nothing behind when a website is deleted', async () => {
    const custom = config.makeApiClient(CustomObjectsApi);
    const apps = config.makeApiClient(AppsV1Api);
    const count = async () =>
      (await apps.listNamespacedDeployment({ namespace: 'default' })).items.length;
    await custom.createNamespacedCustomObject(website('shop', { html: 'hello' }));
    await expect.poll(count, { interval: 20, timeout: 5000 }).toBe(1);
    await custom.deleteNamespacedCustomObject({ ...WEBSITES, name: 'shop' });
    await expect.poll(count, { interval: 20, timeout: 5000 }).toBe(0);
  });

  it('is kept by its rules from scaling down in one leap', async () => {
    const custom = config.makeApiClient(CustomObjectsApi);
    await custom.createNamespacedCustomObject(website('shop', { html: 'hello', replicas: 5 }));
    const body = [{ op: 'replace', path: '/spec/replicas', value: 1 }];
    await expect(
      custom.patchNamespacedCustomObject({ ...WEBSITES, name: 'shop', body }),
    ).rejects.toThrow('scale down one step at a time');
  });
});
