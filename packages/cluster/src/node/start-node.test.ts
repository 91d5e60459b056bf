import { describe, expect, it } from 'vitest';

import { CONFIG_MAPS, EVENTS, NODES, PODS, SECRETS } from '../workloads/objects.ts';
import type { EventObject, Pod } from '../workloads/objects.ts';
import {
  eventually,
  isReady,
  podOf,
  readinessProbe,
  scriptImage,
  startTestPlatform,
  webImage,
} from './testing/test-platform.ts';
import type { TestPlatform } from './testing/test-platform.ts';
import type { ContainerContext } from './tenant.ts';

const web = {
  name: 'web',
  image: 'web:1',
  ports: [{ name: 'http', containerPort: 8080 }],
  readinessProbe,
};

async function eventsOf(platform: TestPlatform, name: string): Promise<EventObject[]> {
  const { items } = await platform.client.list(EVENTS, { namespace: 'default' });
  return items.filter(({ involvedObject }) => involvedObject.name === name);
}

async function reasonsOf(platform: TestPlatform, name: string): Promise<string[]> {
  return (await eventsOf(platform, name)).map(({ reason }) => reason ?? '');
}

function waiting(pod: Pod | undefined): string | undefined {
  return pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason;
}

describe('startNode', () => {
  it('registers a Node that is Ready', async () => {
    await using platform = await startTestPlatform({ workloads: false });
    const node = await platform.client.get(NODES, { name: 'node-1' });
    expect(node.status).toMatchObject({
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'Ready', status: 'True' }),
      ]),
      addresses: expect.arrayContaining([{ type: 'Hostname', address: 'node-1' }]),
    });
  });

  it('binds a pod, runs it as a tenant and shows it ready before its initial delay', async () => {
    await using platform = await startTestPlatform({ workloads: false });
    const start = Date.now();
    await platform.client.create(PODS, podOf('web', { containers: [web] }));
    const pod = await eventually(() => platform.pod('web'), isReady);
    expect(Date.now() - start).toBeLessThan(3000);
    expect(pod?.spec.nodeName).toBe('node-1');
    expect(pod?.status).toMatchObject({
      phase: 'Running',
      podIP: expect.stringMatching(/^127\.\d+\.\d+\.\d+$/),
      qosClass: 'BestEffort',
      containerStatuses: [
        { name: 'web', ready: true, started: true, restartCount: 0, imageID: 'web' },
      ],
    });
    const types = pod?.status?.conditions?.map(({ type, status }) => `${type}=${status}`);
    expect(types?.toSorted()).toEqual([
      'ContainersReady=True',
      'Initialized=True',
      'PodReadyToStartContainers=True',
      'PodScheduled=True',
      'Ready=True',
    ]);
    await eventually(
      () => reasonsOf(platform, 'web'),
      (reasons) =>
        ['Scheduled', 'Pulled', 'Created', 'Started'].every((reason) => reasons.includes(reason)),
    );
    const answer = await fetch(`http://${pod?.status?.podIP}:8080/`);
    expect(await answer.json()).toMatchObject({ pod: 'web' });
  });

  it('refuses a pod that was given to it past the scheduler and wants a port somebody has', async () => {
    await using platform = await startTestPlatform({
      workloads: false,
      images: [scriptImage('forever', () => new Promise<number>(() => {}))],
    });
    const wanting = (name: string, hostIP: string) => {
      const ports = [{ containerPort: 80, hostPort: 8099, hostIP }];
      return podOf(name, {
        nodeName: 'node-1',
        containers: [{ name: 'main', image: 'forever', ports }],
      });
    };
    await platform.client.create(PODS, wanting('first', '127.0.0.1'));
    await eventually(() => platform.pod('first'), isReady);
    await platform.client.create(PODS, wanting('second', '127.0.0.2'));
    await eventually(() => platform.pod('second'), isReady);
    await platform.client.create(PODS, wanting('third', '0.0.0.0'));
    const refused = await eventually(
      () => platform.pod('third'),
      (pod) => pod?.status?.phase === 'Failed',
    );
    expect(refused?.status).toMatchObject({
      reason: 'NodePorts',
      message:
        "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    });
  });

  it('needs two status writes at most from creation to Ready', async () => {
    await using platform = await startTestPlatform({ workloads: false });
    const created = await platform.client.create(PODS, podOf('web', { containers: [web] }));
    const pod = await eventually(() => platform.pod('web'), isReady);
    const writes = await platform.client.watch(PODS, {
      resourceVersion: created.metadata.resourceVersion,
      timeoutSeconds: 0,
    });
    const versions: string[] = [];
    for await (const event of writes) {
      if (event.type !== 'MODIFIED') continue;
      versions.push(event.type);
      if (event.object.metadata.resourceVersion === pod?.metadata.resourceVersion) break;
    }
    expect(versions.length).toBeLessThanOrEqual(3);
  });

  it('gives env, files and the service account to a tenant', async () => {
    const seen: ContainerContext[] = [];
    const image = webImage((context) => seen.push(context));
    await using platform = await startTestPlatform({ images: [image], extraEnv: { PATH: '/bin' } });
    const namespace = 'default';
    await platform.client.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'key', namespace },
      data: { token: Buffer.from('s3cret').toString('base64') },
    });
    await platform.client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace },
      data: { 'config.json': '{"a":1}', MODE: 'fast' },
    });
    const container = {
      ...web,
      args: ['--name=$(NAME)', '$$(NAME)'],
      envFrom: [{ prefix: 'CFG_', configMapRef: { name: 'settings' } }],
      env: [
        { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'key', key: 'token' } } },
        { name: 'URL', value: 'http://$(NAME):8080/$(CFG_MODE)' },
      ],
      volumeMounts: [{ name: 'config', mountPath: '/config' }],
    };
    const volumes = [{ name: 'config', configMap: { name: 'settings' } }];
    await platform.client.create(PODS, podOf('web', { containers: [container], volumes }));
    await eventually(() => platform.pod('web'), isReady);
    const [context] = seen;
    expect(context?.env).toMatchObject({
      PATH: '/bin',
      NAME: 'web',
      TOKEN: 's3cret',
      URL: 'http://web:8080/fast',
      CFG_MODE: 'fast',
      HOSTNAME: 'web',
    });
    expect(context?.args).toEqual(['--name=web', '$(NAME)']);
    expect(context?.readFile('/config/config.json')).toBe('{"a":1}');
    expect(context?.readFile('/config/none')).toBeUndefined();
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    expect(context?.readFile(`${folder}/namespace`)).toBe('default');
    expect(context?.readFile(`${folder}/token`)).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('waits with CreateContainerConfigError and heals when the Secret appears', async () => {
    await using platform = await startTestPlatform({ workloads: false });
    const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'later', key: 'k' } } }];
    await platform.client.create(PODS, podOf('web', { containers: [{ ...web, env }] }));
    const stuck = await eventually(
      () => platform.pod('web'),
      (pod) => waiting(pod) === 'CreateContainerConfigError',
    );
    expect(stuck?.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(
      'secret "later" not found',
    );
    expect(stuck?.status?.phase).toBe('Pending');
    await eventually(
      () => reasonsOf(platform, 'web'),
      (reasons) => reasons.includes('Failed'),
    );
    await platform.client.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'later', namespace: 'default' },
      data: { k: 'djE=' },
    });
    const healed = await eventually(() => platform.pod('web'), isReady);
    expect(healed?.status?.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  it('says what to do about an image nobody registered, and runs the local command once it is given', async () => {
    await using platform = await startTestPlatform({ workloads: false });
    const container = { name: 'app', image: 'docker.io/library/nginx:1' };
    await platform.client.create(PODS, podOf('app', { containers: [container] }));
    const stuck = await eventually(
      () => platform.pod('app'),
      (pod) => waiting(pod) === 'ErrImagePull',
    );
    const message = stuck?.status?.containerStatuses?.[0]?.state?.waiting?.message;
    expect(message).toContain('registered images only');
    expect(message).toContain('kagent.dev/local-command');
    const command = JSON.stringify([
      process.execPath,
      '-e',
      'console.log("up"); setInterval(() => {}, 1000)',
    ]);
    const body = { metadata: { annotations: { 'kagent.dev/local-command': command } } };
    await platform.client.patch(PODS, {
      namespace: 'default',
      name: 'app',
      patch: { type: 'merge', body },
    });
    await eventually(() => platform.pod('app'), isReady);
  });

  it('runs init containers one after the other before the rest', async () => {
    const order: string[] = [];
    const step = scriptImage('step', (context) => {
      order.push(context.containerName);
      return 0;
    });
    await using platform = await startTestPlatform({
      workloads: false,
      images: [step, webImage(() => order.push('web'))],
    });
    const initContainers = ['one', 'two'].map((name) => ({ name, image: 'step' }));
    await platform.client.create(PODS, podOf('web', { initContainers, containers: [web] }));
    const pod = await eventually(() => platform.pod('web'), isReady);
    expect(order).toEqual(['one', 'two', 'web']);
    expect(
      pod?.status?.initContainerStatuses?.map(({ state }) => state?.terminated?.reason),
    ).toEqual(['Completed', 'Completed']);
  });

  it('becomes unready when the readiness probe fails, and kills on a failed liveness probe', async () => {
    await using platform = await startTestPlatform({ workloads: false });
    const probe = { httpGet: { path: '/', port: 'http' }, periodSeconds: 1, failureThreshold: 1 };
    await platform.client.create(
      PODS,
      podOf('web', { containers: [{ ...web, readinessProbe: probe, livenessProbe: probe }] }),
    );
    const pod = await eventually(() => platform.pod('web'), isReady);
    await fetch(`http://${pod?.status?.podIP}:8080/fail`);
    const restarted = await eventually(
      () => platform.pod('web'),
      (found) => isReady(found) && found?.status?.containerStatuses?.[0]?.restartCount === 1,
    );
    expect(restarted?.status?.containerStatuses?.[0]?.lastState?.terminated).toBeDefined();
    const events = await eventually(
      () => eventsOf(platform, 'web'),
      (found) =>
        found.some(({ reason }) => reason === 'Killing') &&
        found.some(({ reason }) => reason === 'Unhealthy'),
    );
    expect(events.find(({ reason }) => reason === 'Unhealthy')?.message).toContain(
      'statuscode: 500',
    );
  });

  it('ends a deleted pod and removes it', async () => {
    let isAborted = false;
    const image = webImage((context) =>
      context.signal.addEventListener('abort', () => (isAborted = true)),
    );
    await using platform = await startTestPlatform({ workloads: false, images: [image] });
    await platform.client.create(PODS, podOf('web', { containers: [web] }));
    await eventually(() => platform.pod('web'), isReady);
    await platform.client.delete(PODS, { namespace: 'default', name: 'web' });
    await eventually(
      () => platform.pod('web'),
      (pod) => pod === undefined,
    );
    expect(isAborted).toBe(true);
    await eventually(
      () => reasonsOf(platform, 'web'),
      (reasons) => reasons.includes('Killing'),
    );
  });

  it('finishes a pod that runs to completion', async () => {
    const images = [scriptImage('ok', () => 0), scriptImage('bad', () => 7)];
    await using platform = await startTestPlatform({ workloads: false, images });
    for (const image of ['ok', 'bad']) {
      await platform.client.create(
        PODS,
        podOf(image, { restartPolicy: 'Never', containers: [{ name: 'c', image }] }),
      );
    }
    const ok = await eventually(
      () => platform.pod('ok'),
      (pod) => pod?.status?.phase === 'Succeeded',
    );
    expect(ok?.status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'PodCompleted',
    });
    const bad = await eventually(
      () => platform.pod('bad'),
      (pod) => pod?.status?.phase === 'Failed',
    );
    expect(bad?.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 7,
      reason: 'Error',
    });
  });

  it('shows a start that fails as termination message', async () => {
    const broken = {
      name: 'broken',
      matches: () => true,
      run: { mode: 'tenant' as const, start: () => Promise.reject(new Error('no config')) },
    };
    await using platform = await startTestPlatform({ workloads: false, images: [broken] });
    await platform.client.create(
      PODS,
      podOf('x', { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] }),
    );
    const pod = await eventually(
      () => platform.pod('x'),
      (found) => found?.status?.phase === 'Failed',
    );
    expect(pod?.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: 'no config',
    });
  });

  it('does not start a pod whose node selector no node has', async () => {
    await using platform = await startTestPlatform({ workloads: false });
    await platform.client.create(
      PODS,
      podOf('gpu', { nodeSelector: { gpu: 'yes' }, containers: [web] }),
    );
    const pod = await eventually(
      () => platform.pod('gpu'),
      (found) => found?.status?.conditions !== undefined,
    );
    expect(pod?.spec.nodeName).toBeUndefined();
    expect(pod?.status?.conditions?.[0]).toMatchObject({
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
    });
    await platform.client.create(
      PODS,
      podOf('linux', { nodeSelector: { 'kubernetes.io/os': 'linux' }, containers: [web] }),
    );
    await eventually(() => platform.pod('linux'), isReady);
  });

  it('starts existing pods again under their names after a restart', async () => {
    await using first = await startTestPlatform({ workloads: false });
    await first.client.create(PODS, podOf('web', { containers: [web] }));
    const before = await eventually(() => first.pod('web'), isReady);
    await first.halt();
    expect(isReady(await first.pod('web'))).toBe(true);
    const { storage, dataDir } = first;
    await using second = await startTestPlatform({ workloads: false, storage, dataDir });
    const after = await eventually(
      () => second.pod('web'),
      (pod) => isReady(pod) && pod?.status?.containerStatuses?.[0]?.restartCount === 1,
    );
    expect(after?.metadata.uid).toBe(before?.metadata.uid);
    expect(after?.status?.podIP).toBe(before?.status?.podIP);
    expect(after?.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
      reason: 'Unknown',
    });
  });

  it('removes what is being deleted and leaves what is finished alone after a restart', async () => {
    const runs: string[] = [];
    const once = scriptImage('once', (context) => {
      runs.push(context.podName);
      return 0;
    });
    await using first = await startTestPlatform({ workloads: false, images: [once] });
    await first.client.create(
      PODS,
      podOf('job', { restartPolicy: 'Never', containers: [{ name: 'c', image: 'once' }] }),
    );
    await eventually(
      () => first.pod('job'),
      (pod) => pod?.status?.phase === 'Succeeded',
    );
    await first.halt();
    await first.client.create(
      PODS,
      podOf('doomed', { nodeName: 'node-1', containers: [{ name: 'c', image: 'once' }] }),
    );
    await first.client.delete(PODS, { namespace: 'default', name: 'doomed' });
    const { storage, dataDir } = first;
    await using second = await startTestPlatform({
      workloads: false,
      images: [once],
      storage,
      dataDir,
    });
    await eventually(
      () => second.pod('doomed'),
      (pod) => pod === undefined,
    );
    expect((await second.pod('job'))?.status?.phase).toBe('Succeeded');
    expect(runs).toEqual(['job']);
  });
});
