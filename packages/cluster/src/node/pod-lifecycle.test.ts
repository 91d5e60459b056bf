import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { CONFIG_MAPS, EVENTS, PODS, SERVICES } from '../workloads/objects.ts';
import type { Container, Pod, PodSpec } from '../workloads/objects.ts';
import {
  eventually,
  isReady,
  podOf,
  scriptImage,
  startTestPlatform,
} from './testing/test-platform.ts';
import type { TestPlatform } from './testing/test-platform.ts';
import type { ContainerContext } from './tenant.ts';

/** A pod whose only container is a shell script of this machine. */
function shellPod(
  name: string,
  script: string,
  spec: Partial<PodSpec> & { container?: object } = {},
) {
  const { container, ...rest } = spec;
  const pod = podOf(name, { containers: [{ name: 'main', image: 'x', ...container }], ...rest });
  const command = JSON.stringify(['/bin/sh', '-c', script]);
  pod.metadata.annotations = { 'kagent.dev/local-command': command };
  return pod;
}

const forever = scriptImage('forever', () => new Promise<number>(() => {}));
const extraEnv = { PATH: '/usr/bin:/bin' };

async function messages(platform: TestPlatform): Promise<string[]> {
  const { items } = await platform.client.list(EVENTS, { namespace: 'default' });
  return items.map(({ reason, message }) => `${reason}: ${message}`);
}

function ended(pod: Pod | undefined) {
  return pod?.status?.containerStatuses?.[0]?.state?.terminated;
}

function waitingOf(pod: Pod | undefined) {
  return pod?.status?.containerStatuses?.[0]?.state?.waiting;
}

const ready = (pod: Pod | undefined, type: string) =>
  pod?.status?.conditions?.find((condition) => condition.type === type);

/** https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/ */
describe('hooks of a container', () => {
  it('run after the start and before the end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hooks-'));
    await using platform = await startTestPlatform({ workloads: false, extraEnv });
    const say = (word: string) => ({
      exec: { command: ['/bin/sh', '-c', `echo ${word} >> ${folder}/said`] },
    });
    const lifecycle = { postStart: say('begin'), preStop: say('end') };
    const pod = shellPod('p', 'trap "exit 0" TERM; while :; do sleep 0.01; done', {
      container: { lifecycle },
    });
    await platform.client.create(PODS, pod);
    await eventually(() => platform.pod('p'), isReady);
    expect(await readFile(join(folder, 'said'), 'utf8')).toBe('begin\n');
    await platform.client.delete(PODS, { namespace: 'default', name: 'p' });
    await eventually(
      () => platform.pod('p'),
      (found) => found === undefined,
    );
    expect(await readFile(join(folder, 'said'), 'utf8')).toBe('begin\nend\n');
    await rm(folder, { recursive: true });
  });

  it('kill the container when the first one fails, and only complain when the last one does', async () => {
    await using platform = await startTestPlatform({ workloads: false, extraEnv });
    const fails = { exec: { command: ['/bin/false'] } };
    const script = 'while :; do sleep 0.01; done';
    const container = { lifecycle: { postStart: fails, preStop: fails } };
    await platform.client.create(
      PODS,
      shellPod('p', script, { container, restartPolicy: 'Never' }),
    );
    const pod = await eventually(
      () => platform.pod('p'),
      (found) => ended(found) !== undefined,
    );
    expect(ended(pod)).toMatchObject({ exitCode: 143, reason: 'Error' });
    const told = await eventually(
      () => messages(platform),
      (all) => all.includes('FailedPreStopHook: PreStopHook failed'),
    );
    expect(told).toContain('FailedPostStartHook: PostStartHook failed');
    expect(told).toContain('Killing: FailedPostStartHook');
  });
});

describe('the life of a pod', () => {
  it('fails when it is active longer than it may be', async () => {
    await using platform = await startTestPlatform({ images: [forever], workloads: false });
    const spec = { containers: [{ name: 'c', image: 'forever' }], activeDeadlineSeconds: 1 };
    await platform.client.create(PODS, podOf('p', spec));
    const pod = await eventually(
      () => platform.pod('p'),
      (found) => found?.status?.phase === 'Failed' && ended(found) !== undefined,
    );
    expect(pod?.status).toMatchObject({
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    });
  });

  it('stops sidecars last, the last one first (KEP-753)', async () => {
    const stopped: string[] = [];
    const noting = scriptImage('noting', (context: ContainerContext) => {
      context.signal.addEventListener('abort', () => stopped.push(context.containerName));
      return new Promise<number>(() => {});
    });
    await using platform = await startTestPlatform({ images: [noting], workloads: false });
    const sidecar = (name: string): Container => ({
      name,
      image: 'noting',
      restartPolicy: 'Always',
    });
    const spec = {
      initContainers: [sidecar('first'), sidecar('second')],
      containers: [{ name: 'main', image: 'noting' }],
    };
    await platform.client.create(PODS, podOf('p', spec));
    await eventually(() => platform.pod('p'), isReady);
    await platform.client.delete(PODS, { namespace: 'default', name: 'p' });
    await eventually(
      () => platform.pod('p'),
      (found) => found === undefined,
    );
    expect(stopped).toEqual(['main', 'second', 'first']);
  });

  it('is ready only when its readiness gates are open', async () => {
    await using platform = await startTestPlatform({ images: [forever], workloads: false });
    const readinessGates = [{ conditionType: 'test.dev/gate' }];
    const spec = { containers: [{ name: 'c', image: 'forever' }], readinessGates };
    await platform.client.create(PODS, podOf('p', spec));
    const closed = await eventually(
      () => platform.pod('p'),
      (pod) => ready(pod, 'ContainersReady')?.status === 'True',
    );
    expect(ready(closed, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "test.dev/gate" does not exist.',
    });
    const conditions = [
      ...(closed?.status?.conditions ?? []),
      { type: 'test.dev/gate', status: 'True' },
    ];
    const patch = { type: 'merge' as const, body: { status: { conditions } } };
    const target = { namespace: 'default', name: 'p', patch };
    await platform.client.patch(PODS, target, { subresource: 'status' });
    await eventually(() => platform.pod('p'), isReady);
  });

  it('runs debug containers once, and keeps them', async () => {
    const once = scriptImage('once', () => 4);
    await using platform = await startTestPlatform({ images: [forever, once], workloads: false });
    const spec = { containers: [{ name: 'c', image: 'forever' }] };
    await platform.client.create(PODS, podOf('p', spec));
    await eventually(() => platform.pod('p'), isReady);
    const add = (ephemeralContainers: object[], containers?: object[]) =>
      platform.client.patch(
        PODS,
        {
          namespace: 'default',
          name: 'p',
          patch: { type: 'merge', body: { spec: { ephemeralContainers, containers } } },
        },
        { subresource: 'ephemeralcontainers' },
      );
    const [debug] = [{ name: 'debug', image: 'once', targetContainerName: 'c' }];
    const changed = await add([debug!], [{ name: 'other', image: 'x' }]);
    expect(changed.spec.containers).toMatchObject([{ name: 'c', image: 'forever' }]);
    const pod = await eventually(
      () => platform.pod('p'),
      (found) => found?.status?.ephemeralContainerStatuses?.[0]?.state?.terminated !== undefined,
    );
    expect(pod?.status?.ephemeralContainerStatuses).toMatchObject([
      { name: 'debug', restartCount: 0, state: { terminated: { exitCode: 4, reason: 'Error' } } },
    ]);
    expect(isReady(pod)).toBe(true);
    await expect(add([])).rejects.toThrow(
      'existing ephemeral containers "debug" may not be removed',
    );
  });

  it('ends at once with the node when its grace period is shorter than the patience of the node', async () => {
    await using platform = await startTestPlatform({ workloads: false, extraEnv });
    const script = 'trap "" TERM; while :; do sleep 0.01; done';
    const spec = { terminationGracePeriodSeconds: 0 };
    await platform.client.create(PODS, shellPod('p', script, spec));
    await eventually(() => platform.pod('p'), isReady);
    const begin = Date.now();
    await platform.halt();
    expect(Date.now() - begin).toBeLessThan(2000);
  });

  it('ends sooner when a second deletion has less patience', async () => {
    await using platform = await startTestPlatform({ workloads: false, extraEnv });
    const script = 'trap "" TERM; while :; do sleep 0.01; done';
    await platform.client.create(PODS, shellPod('p', script));
    await eventually(() => platform.pod('p'), isReady);
    for (const gracePeriodSeconds of [600, 1])
      await platform.client.delete(
        PODS,
        { namespace: 'default', name: 'p' },
        { gracePeriodSeconds },
      );
    const gone = await eventually(
      () => platform.pod('p'),
      (pod) => pod === undefined,
    );
    expect(gone).toBeUndefined();
  });

  it.each([
    { exit: 7, comesBack: true },
    { exit: 8, comesBack: false },
  ])(
    'restarts by exit code $exit as the rules of a container say (KEP-5307)',
    async ({ exit, comesBack }) => {
      const runs: number[] = [];
      const image = scriptImage('exits', () => {
        runs.push(exit);
        return runs.length === 1 ? exit : new Promise<number>(() => {});
      });
      await using platform = await startTestPlatform({ images: [image], workloads: false });
      const container: Container = {
        name: 'c',
        image: 'exits',
        restartPolicy: 'Never',
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [7] } }],
      };
      await platform.client.create(
        PODS,
        podOf('p', { containers: [container], restartPolicy: 'Never' }),
      );
      const pod = await eventually(
        () => platform.pod('p'),
        (found) => (comesBack ? isReady(found) : found?.status?.phase === 'Failed'),
      );
      expect(pod?.status?.containerStatuses?.[0]?.restartCount).toBe(comesBack ? 1 : 0);
    },
  );
});

describe('what a container finds', () => {
  it('is its message file, or its log where that is the fallback', async () => {
    await using platform = await startTestPlatform({ workloads: false, extraEnv });
    const wrote = shellPod('wrote', 'echo written >/dev/termination-log; exit 1', {
      restartPolicy: 'Never',
    });
    const container = { terminationMessagePolicy: 'FallbackToLogsOnError' };
    const logged = shellPod('logged', 'echo logged; exit 1', { restartPolicy: 'Never', container });
    await Promise.all([wrote, logged].map((pod) => platform.client.create(PODS, pod)));
    for (const [name, message] of [
      ['wrote', 'written'],
      ['logged', 'logged\n'],
    ]) {
      const pod = await eventually(
        () => platform.pod(name!),
        (found) => ended(found) !== undefined,
      );
      expect(ended(pod)).toMatchObject({ exitCode: 1, reason: 'Error', message });
    }
  });

  it.each([
    {
      links: true,
      has: {
        WEB_PORT: 'tcp://10.96.0.77:80',
        WEB_PORT_80_TCP: 'tcp://10.96.0.77:80',
        WEB_PORT_80_TCP_ADDR: '10.96.0.77',
        WEB_PORT_80_TCP_PORT: '80',
        WEB_PORT_80_TCP_PROTO: 'tcp',
        WEB_SERVICE_HOST: '10.96.0.77',
        WEB_SERVICE_PORT: '80',
        WEB_SERVICE_PORT_HTTP: '80',
      },
    },
    { links: false, has: {} },
  ])('are variables of Services when enableServiceLinks is $links', async ({ links, has }) => {
    const folder = await mkdtemp(join(tmpdir(), 'links-'));
    await using platform = await startTestPlatform({ extraEnv });
    await platform.client.create(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { clusterIP: '10.96.0.77', ports: [{ name: 'http', port: 80 }] },
    });
    await eventually(
      () => platform.node.resolve('web.default', 80),
      (at) => at !== undefined,
    );
    const spec = { enableServiceLinks: links, restartPolicy: 'Never' };
    await platform.client.create(PODS, shellPod('p', `env > ${folder}/env`, spec));
    await eventually(
      () => platform.pod('p'),
      (pod) => pod?.status?.phase === 'Succeeded',
    );
    const lines = (await readFile(join(folder, 'env'), 'utf8')).split('\n');
    const found = lines.filter((line) => line.startsWith('WEB_')).map((line) => line.split('='));
    expect(Object.fromEntries(found)).toEqual(has);
    await rm(folder, { recursive: true });
  });

  it('are no variables of Services in a tenant, which has names to resolve', async () => {
    let env: Record<string, string> = {};
    const image = scriptImage('env', (context) => {
      env = context.env;
      return 0;
    });
    await using platform = await startTestPlatform({ images: [image] });
    await platform.client.create(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'default' },
      spec: { clusterIP: '10.96.0.77', ports: [{ name: 'http', port: 80 }] },
    });
    await eventually(
      () => platform.node.resolve('web.default', 80),
      (at) => at !== undefined,
    );
    const spec = { restartPolicy: 'Never', containers: [{ name: 'c', image: 'env' }] };
    await platform.client.create(PODS, podOf('p', spec));
    await eventually(
      () => platform.pod('p'),
      (pod) => pod?.status?.phase === 'Succeeded',
    );
    expect(env).toMatchObject({ HOSTNAME: 'p' });
    expect(Object.keys(env).filter((name) => name.startsWith('WEB_'))).toEqual([]);
  });

  it('are files with their modes, also by subPathExpr', async () => {
    await using platform = await startTestPlatform({ workloads: false, extraEnv });
    await platform.client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'files', namespace: 'default' },
      data: { run: 'r', plain: 'p' },
    });
    const items = [
      { key: 'run', path: 'bin/run', mode: 0o755 },
      { key: 'plain', path: 'plain' },
    ];
    const volumes = [
      { name: 'files', configMap: { name: 'files', defaultMode: 0o640, items } },
      { name: 'scratch', emptyDir: {} },
    ];
    const container = {
      env: [{ name: 'ME', value: 'me' }],
      volumeMounts: [
        { name: 'files', mountPath: '/files' },
        { name: 'scratch', mountPath: '/scratch', subPathExpr: 'of-$(ME)' },
      ],
    };
    await platform.client.create(
      PODS,
      shellPod('p', 'echo > /scratch/x; sleep 60', { volumes, container }),
    );
    const pod = await eventually(() => platform.pod('p'), isReady);
    const folder = join(platform.dataDir, 'pods', pod?.metadata.uid ?? '', 'volumes');
    const mode = async (path: string) =>
      ((await stat(join(folder, path))).mode & 0o777).toString(8);
    expect(await mode('files/bin/run')).toBe('755');
    expect(await mode('files/plain')).toBe('640');
    await eventually(
      () =>
        stat(join(folder, 'scratch/of-me/x')).then(
          () => true,
          () => false,
        ),
      (isThere) => isThere,
    );
    expect(pod?.status?.containerStatuses?.[0]?.volumeMounts).toContainEqual({
      name: 'files',
      mountPath: '/files',
    });
  });

  it('are not there while a variable of their path has no value', async () => {
    await using platform = await startTestPlatform({ workloads: false, extraEnv });
    const fieldPath = "metadata.annotations['folder']";
    const container = {
      env: [{ name: 'FOLDER', valueFrom: { fieldRef: { fieldPath } } }],
      volumeMounts: [{ name: 'scratch', mountPath: '/scratch', subPathExpr: '$(FOLDER)/x' }],
    };
    const volumes = [{ name: 'scratch', emptyDir: {} }];
    await platform.client.create(PODS, shellPod('p', 'sleep 60', { volumes, container }));
    const waits = await eventually(
      () => platform.pod('p'),
      (pod) => waitingOf(pod)?.message !== undefined,
    );
    expect(waitingOf(waits)).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'missing value for FOLDER',
    });
    const change = (folder: string) =>
      platform.client.patch(PODS, {
        namespace: 'default',
        name: 'p',
        patch: { type: 'merge', body: { metadata: { annotations: { folder } } } },
      });
    await change('/tmp');
    const message = async () => waitingOf(await platform.pod('p'))?.message;
    await expect.poll(message).toBe('error SubPath `/tmp/x` must not be an absolute path');
    await change('a');
    expect(isReady(await eventually(() => platform.pod('p'), isReady))).toBe(true);
  });

  it('tell of labels and annotations as they are now', async () => {
    await using platform = await startTestPlatform({ workloads: false, extraEnv });
    const items = [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }];
    const volumes = [{ name: 'about', downwardAPI: { items } }];
    const container = { volumeMounts: [{ name: 'about', mountPath: '/about' }] };
    await platform.client.create(PODS, shellPod('p', 'sleep 60', { volumes, container }));
    const { metadata } = (await eventually(() => platform.pod('p'), isReady))!;
    const patch = { type: 'merge', body: { metadata: { labels: { color: 'blue' } } } } as const;
    await platform.client.patch(PODS, { namespace: 'default', name: 'p', patch });
    const file = join(platform.dataDir, 'pods', metadata.uid ?? '', 'volumes/about/labels');
    const read = (): Promise<string> => readFile(file, 'utf8');
    await expect.poll(read).toContain('color="blue"');
  });

  it.each([
    {
      allowHostPath: false,
      type: '',
      problem: /: hostPath volumes are not allowed on this node \(option allowHostPath\)$/,
    },
    {
      allowHostPath: true,
      type: 'File',
      problem: /: hostPath type check failed: \S+ is not a file$/,
    },
  ])(
    'are no folders of this machine where that is not allowed or not right: $allowHostPath, $type',
    async ({ allowHostPath, type, problem }) => {
      await using platform = await startTestPlatform({ workloads: false, extraEnv, allowHostPath });
      const volumes = [{ name: 'host', hostPath: { path: tmpdir(), type } }];
      await platform.client.create(PODS, shellPod('p', 'sleep 60', { volumes }));
      const prefix = 'FailedMount: MountVolume.SetUp failed for volume "host" : ';
      const told = await eventually(
        () => messages(platform),
        (all) => all.some((text) => text.startsWith(prefix)),
      );
      expect(told.find((text) => text.startsWith(prefix))).toMatch(problem);
    },
  );

  it('are folders of this machine where that is allowed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'host-'));
    const path = join(folder, 'made');
    await using platform = await startTestPlatform({
      workloads: false,
      extraEnv,
      allowHostPath: true,
    });
    const volumes = [{ name: 'host', hostPath: { path, type: 'DirectoryOrCreate' } }];
    const container = { volumeMounts: [{ name: 'host', mountPath: '/host' }] };
    const pod = shellPod('p', 'echo hi > /host/x; sleep 60', { volumes, container });
    await platform.client.create(PODS, pod);
    const text = await eventually(
      () => readFile(join(path, 'x'), 'utf8').catch(() => ''),
      (found) => found !== '',
    );
    expect(text).toBe('hi\n');
    await rm(folder, { recursive: true, force: true });
  });
});
