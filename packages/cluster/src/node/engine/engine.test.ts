import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { CONFIG_MAPS, EVENTS, PODS } from '../../workloads/objects.ts';
import type { Pod } from '../../workloads/objects.ts';
import { createFakeEngine } from '../testing/fake-engine.ts';
import { eventually, isReady, podOf, startTestPlatform } from '../testing/test-platform.ts';
import type { TestPlatform } from '../testing/test-platform.ts';

const app = { name: 'app', image: 'registry.test/app:1', imagePullPolicy: 'IfNotPresent' };

async function messages(platform: TestPlatform): Promise<string[]> {
  const { items } = await platform.client.list(EVENTS, { namespace: 'default' });
  return items.map(({ reason, message }) => `${reason}: ${message}`);
}

function stateOf(pod: Pod | undefined) {
  return pod?.status?.containerStatuses?.[0]?.state;
}

/** The word behind another one in a command line. */
function after(line: string, word: string): string[] {
  const words = line.split(' ');
  return words.flatMap((candidate, index) => (candidate === word ? [words[index + 1] ?? ''] : []));
}

describe('a container engine', () => {
  it('runs an image that no rule knows, with ports, limits, files and variables of the pod', async () => {
    await using engine = await createFakeEngine();
    await engine.set('image');
    await using platform = await startTestPlatform({ workloads: false, engineEnv: engine.env });
    await platform.client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'default' },
      data: { 'a.conf': 'A' },
    });
    const container = {
      ...app,
      command: ['/bin/app', '--name=$(NAME)'],
      args: ['serve'],
      workingDir: '/srv',
      ports: [{ containerPort: 8080 }],
      env: [
        { name: 'NAME', value: 'one' },
        { name: 'SECRET', value: 's3cret' },
        { name: 'MULTI', value: 'line 1\nline 2' },
        { name: '1-odd+name', value: 'x' },
        { name: '#odd', value: 'y' },
      ],
      lifecycle: { preStop: { httpGet: { port: 9090 } } },
      resources: { limits: { cpu: '500m', memory: '64Mi' } },
      securityContext: { runAsUser: 1000, readOnlyRootFilesystem: true },
      volumeMounts: [{ name: 'settings', mountPath: '/etc/app', readOnly: true }],
    };
    const volumes = [{ name: 'settings', configMap: { name: 'settings' } }];
    await platform.client.create(PODS, podOf('app', { containers: [container], volumes }));
    const pod = await eventually(() => platform.pod('app'), isReady);
    const { uid } = pod!.metadata;
    expect(pod?.status?.containerStatuses?.[0]).toMatchObject({
      containerID: 'podman://0123abcd',
      imageID: 'sha256:f00',
    });
    const [run = ''] = await engine.calls('run');
    expect(after(run, '--name')).toEqual([`kagent_app_default_app_${uid}_0`]);
    expect(after(run, '--publish')).toEqual([
      `${pod?.status?.podIP}:8080:8080/tcp`,
      `${pod?.status?.podIP}:9090:9090/tcp`,
    ]);
    expect(after(run, '--cpus')).toEqual(['0.5']);
    expect(after(run, '--memory')).toEqual([`${64 * 2 ** 20}b`]);
    expect(after(run, '--user')).toEqual(['1000']);
    expect(after(run, '--workdir')).toEqual(['/srv']);
    expect(after(run, '--entrypoint')).toEqual(['/bin/app']);
    expect(after(run, '--env')).toEqual(['MULTI', '#odd']);
    expect(after(run, '--label')).toContain('io.kubernetes.pod.name=app');
    expect(run).toMatch(/source=\S+\/volumes\/settings,destination=\/etc\/app,readonly/);
    expect(run.endsWith(' registry.test/app:1 --name=one serve')).toBe(true);
    expect(run).not.toContain('s3cret');
    expect(await engine.read('env')).toContain('SECRET=s3cret\n');
    expect(await engine.read('env')).toContain('1-odd+name=x\n');
    expect(await engine.read('env')).not.toContain('PATH=');
    expect(await engine.read('passed')).toBe('MULTI=line 1\nline 2\n');
    const left = after(run, '--env-file')[0]!;
    await expect(stat(left)).rejects.toThrow('ENOENT');
    const log = await platform.node.logs.read({ namespace: 'default', pod: 'app' });
    let text = '';
    for await (const chunk of log) text += chunk;
    expect(text.split('\n').toSorted()).toEqual(['', 'err of it', 'out of it']);
  });

  it.each([
    { how: 'an error', state: {}, code: '3', reason: 'Error' },
    { how: 'too much memory', state: { oom: '' }, code: '137', reason: 'OOMKilled' },
  ])('tells exit code, reason and last words after $how', async ({ state, code, reason }) => {
    await using engine = await createFakeEngine('docker');
    for (const [name, text] of Object.entries({ image: '', ...state, exit: code }))
      await engine.set(name, text);
    await using platform = await startTestPlatform({
      workloads: false,
      containerEngine: 'docker',
      engineEnv: engine.env,
    });
    const spec = { containers: [app], restartPolicy: 'Never' };
    await platform.client.create(PODS, podOf('app', spec));
    const pod = await eventually(
      () => platform.pod('app'),
      (found) => stateOf(found)?.terminated !== undefined,
    );
    expect(stateOf(pod)?.terminated).toMatchObject({
      exitCode: Number(code),
      reason,
      message: 'last words',
      containerID: 'docker://0123abcd',
    });
    expect(await engine.calls('rm')).toHaveLength(1);
  });

  it('pulls what is missing and says so, or why it could not', async () => {
    await using engine = await createFakeEngine();
    await using platform = await startTestPlatform({ workloads: false, engineEnv: engine.env });
    await platform.client.create(PODS, podOf('app', { containers: [app] }));
    const stuck = await eventually(
      () => platform.pod('app'),
      (pod) => stateOf(pod)?.waiting?.reason === 'ErrImagePull',
    );
    expect(stateOf(stuck)?.waiting?.message).toBe('initializing source docker://x: denied');
    await engine.set('pullable');
    const never = { ...app, name: 'never', imagePullPolicy: 'Never' };
    const pulled = { ...app, name: 'pulled', imagePullPolicy: 'Always' };
    await platform.client.create(PODS, podOf('never', { containers: [never] }));
    await eventually(
      () => platform.pod('never'),
      (pod) => stateOf(pod)?.waiting?.reason === 'ErrImageNeverPull',
    );
    await platform.client.create(PODS, podOf('pulled', { containers: [pulled] }));
    await eventually(() => platform.pod('pulled'), isReady);
    const told = await eventually(
      () => messages(platform),
      (all) => all.some((text) => text.startsWith('Pulled: ')),
    );
    expect(told).toContain('Pulling: Pulling image "registry.test/app:1"');
    expect(told).toContainEqual(
      expect.stringMatching(
        /^Pulled: Successfully pulled image "registry.test\/app:1" in \S+ \(\S+ including waiting\)\. Image size: 4096 bytes\.$/,
      ),
    );
    expect(told).toContain(
      'Failed: Failed to pull image "registry.test/app:1": initializing source docker://x: denied',
    );
  });

  it('takes the network of the machine where containers cannot have their own', async () => {
    await using engine = await createFakeEngine();
    await engine.set('image');
    await engine.set('no-bridge');
    await using platform = await startTestPlatform({ workloads: false, engineEnv: engine.env });
    const container = { ...app, ports: [{ containerPort: 8080 }] };
    await platform.client.create(PODS, podOf('app', { containers: [container] }));
    const pod = await eventually(() => platform.pod('app'), isReady);
    const runs = await engine.calls('run');
    expect(runs.map((run) => after(run, '--network'))).toEqual([[], ['host']]);
    expect(await engine.read('env')).toContain(`HOST=${pod?.status?.podIP}\nPORT=8080\n`);
  });

  it('stops within the grace period, and runs commands inside', async () => {
    await using engine = await createFakeEngine();
    await engine.set('image');
    await using platform = await startTestPlatform({ workloads: false, engineEnv: engine.env });
    const readinessProbe = { exec: { command: ['check', 'it'] } };
    await platform.client.create(PODS, podOf('app', { containers: [{ ...app, readinessProbe }] }));
    const pod = await eventually(() => platform.pod('app'), isReady);
    const name = `kagent_app_default_app_${pod?.metadata.uid}_0`;
    expect(await engine.calls('exec')).toContain(`exec ${name} check it`);
    const gone = { gracePeriodSeconds: 7 };
    await platform.client.delete(PODS, { namespace: 'default', name: 'app' }, gone);
    await eventually(
      () => platform.pod('app'),
      (found) => found === undefined,
    );
    expect(await engine.calls('stop')).toEqual([`stop -t 7 ${name}`]);
    expect(await engine.calls('rm')).toEqual([`rm --force ${name}`]);
  });

  it('is rid of what a killed node left, and asks nothing when there never was a container', async () => {
    await using engine = await createFakeEngine();
    await engine.set('left', '0a1b\n2c3d\n');
    const dataDir = await mkdtemp(join(tmpdir(), 'node-'));
    const options = { workloads: false, engineEnv: engine.env, dataDir };
    await (await startTestPlatform(options)).halt();
    expect(await engine.read('calls')).toBe('');
    await writeFile(join(dataDir, 'engine'), 'podman\n');
    await (await startTestPlatform(options)).halt();
    expect(await engine.calls('ps')).toEqual([
      expect.stringMatching(/^ps --all --quiet --filter label=kagent.dev\/node=[0-9a-f]{32}$/),
    ]);
    expect(await engine.calls('rm')).toEqual(['rm --force 0a1b 2c3d']);
    await rm(dataDir, { recursive: true, force: true });
  });

  it.each([
    ['no engine is wanted', 'none'],
    ['the engine that is wanted is not there', 'nerdctl'],
  ])('is not used when %s', async (_why, containerEngine) => {
    await using engine = await createFakeEngine();
    await engine.set('image');
    await using platform = await startTestPlatform({
      workloads: false,
      containerEngine,
      engineEnv: engine.env,
    });
    await platform.client.create(PODS, podOf('app', { containers: [app] }));
    const stuck = await eventually(
      () => platform.pod('app'),
      (pod) => stateOf(pod)?.waiting?.reason === 'ErrImagePull',
    );
    expect(stateOf(stuck)?.waiting?.message).toContain('start podman or docker');
    expect(await engine.read('calls')).toBe('');
  });
});

const IMAGE = 'localhost/demo:1';
const realEnv = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: tmpdir() };

/** Undefined without podman and the image, and where podman cannot run it. */
function realEngine(): Record<string, string> | undefined {
  const folder = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
  const limits = 'default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]';
  const conf = join(folder, 'containers.conf');
  try {
    execFileSync('tee', [conf], { input: `[containers]\n${limits}\n[engine]\nruntime = "runc"\n` });
    const env = { ...realEnv, CONTAINERS_CONF: conf };
    const options = { env, timeout: 10_000, stdio: 'pipe' } as const;
    execFileSync('podman', ['image', 'exists', IMAGE], options);
    execFileSync('podman', ['run', '--rm', '--network', 'none', IMAGE, 'true'], options);
    return env;
  } catch {
    return undefined;
  }
}

const real = realEngine();
describe.each(real === undefined ? [] : [real])('podman itself', (engineEnv) => {
  it('serves on the address of the pod and sees its files', async () => {
    await using platform = await startTestPlatform({ workloads: false, engineEnv });
    await platform.client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'site', namespace: 'default' },
      data: { 'index.html': 'from podman' },
    });
    const container = {
      name: 'web',
      image: IMAGE,
      imagePullPolicy: 'Never',
      command: ['/bin/busybox'],
      args: ['httpd', '-f', '-p', '8080', '-h', '/site'],
      ports: [{ containerPort: 8080 }],
      readinessProbe: { httpGet: { path: '/index.html', port: 8080 } },
      volumeMounts: [{ name: 'site', mountPath: '/site' }],
    };
    const volumes = [{ name: 'site', configMap: { name: 'site' } }];
    const spec = { containers: [container], volumes, terminationGracePeriodSeconds: 0 };
    await platform.client.create(PODS, podOf('web', spec));
    const pod = await eventually(() => platform.pod('web'), isReady);
    const answer = await fetch(`http://${pod?.status?.podIP}:8080/index.html`);
    expect(await answer.text()).toBe('from podman');
  });
});
