import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { writeKubeconfig } from '../api/pki/kubeconfig.ts';
import { scriptImage } from '../node/testing/test-platform.ts';
import type { Cluster } from '../start-cluster.ts';
import { startTestCluster } from '../testing/test-cluster.ts';

const KUBECTL = fileURLToPath(
  new URL('../../../../node_modules/.kagent-bin/kubectl', import.meta.url),
);

const STATEFUL_SET = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 2
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - {name: c, image: sleeper, volumeMounts: [{name: data, mountPath: /data}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`;
const DAEMON_SET = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: sleeper}]}
`;
const CRON_JOB = `
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec: {restartPolicy: Never, containers: [{name: c, image: ok}]}
`;

/** The commands people use on workloads, through the real kubectl, to the pods of the embedded node. */
describe('kubectl on workloads', () => {
  const home = mkdtempSync(join(tmpdir(), 'kagent-workloads-'));
  let cluster: Cluster;

  const kubectl = (...args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const all = ['--kubeconfig', join(home, 'kubeconfig'), ...args];
      const options = { env: { HOME: home, PATH: '' }, timeout: 15_000 };
      execFile(KUBECTL, all, options, (error, out, err) =>
        error === null ? resolve(out) : reject(new Error(`${args.join(' ')}: ${out}${err}`)),
      );
    });
  const apply = (name: string, text: string): Promise<string> => {
    writeFileSync(join(home, name), text);
    return kubectl('apply', '-f', join(home, name));
  };

  beforeAll(async () => {
    const images = [
      scriptImage('ok', () => 0),
      scriptImage(
        'sleeper',
        ({ signal }) =>
          new Promise((resolve) =>
            signal.addEventListener('abort', () => resolve(0), { once: true }),
          ),
      ),
      {
        ...scriptImage(
          'sleeper:2',
          ({ signal }) =>
            new Promise((resolve) =>
              signal.addEventListener('abort', () => resolve(0), { once: true }),
            ),
        ),
      },
    ];
    cluster = await startTestCluster({ images });
    writeKubeconfig(join(home, 'kubeconfig'), cluster.kubeconfig);
  });

  afterAll(async () => {
    await cluster.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('rolls a StatefulSet out, back and to another size', async () => {
    await apply('set.yaml', STATEFUL_SET);
    const status = ['rollout', 'status', 'statefulset/db', '--timeout=10s'];
    expect(await kubectl(...status)).toContain('partitioned roll out complete: 2 new pods');
    expect(await kubectl('get', 'statefulset,pvc,pv')).toMatch(
      /db +2\/2[^]*data-db-0 +Bound[^]*data-db-1 +Bound[^]*pvc-[^ ]+ +1Gi +RWO +Delete +Bound/,
    );
    await kubectl('set', 'image', 'statefulset/db', 'c=sleeper:2');
    await kubectl(...status);
    expect(await kubectl('rollout', 'history', 'statefulset/db')).toMatch(/1 +<none>\n2 +<none>/);
    expect(await kubectl('rollout', 'history', 'statefulset/db', '--revision=2')).toContain(
      'sleeper:2',
    );
    expect(await kubectl('rollout', 'undo', 'statefulset/db')).toContain('rolled back');
    await kubectl(...status);
    const image = ['get', 'pod', 'db-0', '-o', 'jsonpath={.spec.containers[0].image}'];
    expect(await kubectl(...image)).toBe('sleeper');
    await kubectl('scale', 'statefulset/db', '--replicas=1');
    await kubectl('wait', '--for=delete', 'pod/db-1', '--timeout=10s');
    await kubectl('delete', 'statefulset/db');
  });

  it('rolls a DaemonSet out and back', async () => {
    await apply('daemon.yaml', DAEMON_SET);
    const status = ['rollout', 'status', 'daemonset/agent', '--timeout=10s'];
    expect(await kubectl(...status)).toContain('successfully rolled out');
    await kubectl('set', 'image', 'daemonset/agent', 'c=sleeper:2');
    await kubectl(...status);
    expect(await kubectl('rollout', 'undo', 'daemonset/agent', '--to-revision=1')).toContain(
      'rolled back',
    );
    await kubectl(...status);
    expect(await kubectl('get', 'daemonset')).toMatch(/agent +1 +1 +1 +1 +1/);
    expect(await kubectl('get', 'controllerrevisions')).toMatch(/daemonset\.apps\/agent +3/);
    await kubectl('delete', 'daemonset/agent');
  });

  it('makes a Job from a CronJob and waits for its end', async () => {
    await apply('cron.yaml', CRON_JOB);
    await kubectl('create', 'job', '--from=cronjob/tick', 'now');
    await kubectl('wait', '--for=condition=complete', 'job/now', '--timeout=10s');
    expect(await kubectl('get', 'job,cronjob')).toMatch(
      /job.batch\/now +Complete +1\/1[^]*tick +0 3 \* \* \* +<none> +False +0 +<none>/,
    );
    await kubectl('delete', 'cronjob/tick', 'job/now', '--ignore-not-found', '--wait=false');
  });
});
