import type { Patch } from '@kagent/kube';
import { describe, expect, it } from 'vitest';

import {
  eventually,
  readinessProbe,
  startTestPlatform,
  webImage,
} from '../../node/testing/test-platform.ts';
import type { TestPlatform } from '../../node/testing/test-platform.ts';
import { DEPLOYMENTS, EVENTS, PODS, REPLICA_SETS } from '../objects.ts';
import type { Deployment, DeploymentSpec, Pod, ReplicaSet } from '../objects.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const namespace = 'default';

function deploymentOf(
  name: string,
  spec: Partial<DeploymentSpec> & { image?: string } = {},
): Deployment {
  const { image = 'web:1', ...rest } = spec;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image, readinessProbe }] },
      },
      ...rest,
    },
  };
}

/** What `kubectl rollout status` calls successfully rolled out. */
function isDone(deployment: Deployment): boolean {
  const { spec, status, metadata } = deployment;
  return (
    (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    status?.updatedReplicas === spec.replicas &&
    status?.replicas === spec.replicas &&
    status?.availableReplicas === spec.replicas
  );
}

const read = (platform: TestPlatform, name: string): Promise<Deployment> =>
  platform.client.get(DEPLOYMENTS, { namespace, name });

const change = (platform: TestPlatform, name: string, spec: unknown): Promise<Deployment> =>
  platform.client.patch(DEPLOYMENTS, {
    namespace,
    name,
    patch: { type: 'strategic', body: { spec } },
  });

const setImage = (platform: TestPlatform, name: string, image: string): Promise<Deployment> =>
  change(platform, name, { template: { spec: { containers: [{ name: 'web', image }] } } });

async function replicaSets(platform: TestPlatform): Promise<ReplicaSet[]> {
  const { items } = await platform.client.list(REPLICA_SETS, { namespace });
  return items.toSorted(
    (a, b) =>
      Number(a.metadata.annotations?.[REVISION]) - Number(b.metadata.annotations?.[REVISION]),
  );
}

async function pods(platform: TestPlatform): Promise<Pod[]> {
  const { items } = await platform.client.list(PODS, { namespace });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

const imagesOf = (found: Pod[]): string[] =>
  found.map(({ spec }) => spec.containers[0]?.image ?? '').toSorted();

describe('DeploymentController', () => {
  it('makes a ReplicaSet and its pods, and reports Available and Progressing as kubectl expects', async () => {
    await using platform = await startTestPlatform();
    await platform.client.create(DEPLOYMENTS, deploymentOf('web', { replicas: 2 }));
    const deployment = await eventually(() => read(platform, 'web'), isDone);
    expect(deployment.metadata.annotations?.[REVISION]).toBe('1');
    expect(deployment.status?.unavailableReplicas ?? 0).toBe(0);
    expect(deployment.status?.conditions).toMatchObject([
      { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
    ]);
    const [replicaSet] = await replicaSets(platform);
    const hash = replicaSet?.metadata.labels?.['pod-template-hash'];
    expect(replicaSet?.metadata.name).toBe(`web-${hash}`);
    expect(replicaSet?.status).toMatchObject({
      replicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      fullyLabeledReplicas: 2,
    });
    for (const pod of await pods(platform)) {
      expect(pod.metadata.name).toMatch(new RegExp(`^web-${hash}-[a-z0-9]{5}$`));
      expect(pod.metadata.ownerReferences).toMatchObject([
        { kind: 'ReplicaSet', uid: replicaSet?.metadata.uid, controller: true },
      ]);
    }
    await eventually(
      async () =>
        (await platform.client.list(EVENTS, { namespace })).items.map(({ reason }) => reason),
      (reasons) => reasons.includes('ScalingReplicaSet') && reasons.includes('SuccessfulCreate'),
    );
  });

  it('scales up and down', async () => {
    await using platform = await startTestPlatform();
    await platform.client.create(DEPLOYMENTS, deploymentOf('web', { replicas: 1 }));
    await eventually(() => read(platform, 'web'), isDone);
    await change(platform, 'web', { replicas: 4 });
    await eventually(
      () => read(platform, 'web'),
      (found) => found.spec.replicas === 4 && isDone(found),
    );
    expect(await pods(platform)).toHaveLength(4);
    await change(platform, 'web', { replicas: 0 });
    await eventually(
      () => read(platform, 'web'),
      (found) => (found.status?.replicas ?? 0) === 0,
    );
    await eventually(
      () => pods(platform),
      (found) => found.length === 0,
    );
    expect(await replicaSets(platform)).toHaveLength(1);
    // Go leaves counters that are zero out (`omitempty`).
    const { status } = await eventually(
      () => read(platform, 'web'),
      (found) => !('availableReplicas' in (found.status ?? {})),
    );
    const counters = ['replicas', 'updatedReplicas', 'readyReplicas', 'unavailableReplicas'];
    for (const counter of counters) expect(status).not.toHaveProperty(counter);
    const [replicaSet] = await replicaSets(platform);
    expect(replicaSet?.status).toMatchObject({ replicas: 0 });
    expect(replicaSet?.status).not.toHaveProperty('readyReplicas');
  });

  it('brings a deleted pod back under another name', async () => {
    await using platform = await startTestPlatform();
    await platform.client.create(DEPLOYMENTS, deploymentOf('web'));
    await eventually(() => read(platform, 'web'), isDone);
    const name = (await pods(platform))[0]?.metadata.name ?? '';
    await platform.client.delete(PODS, { namespace, name });
    const after = await eventually(
      () => pods(platform),
      (found) => found.length === 1 && found[0]?.metadata.name !== name,
    );
    expect(after[0]?.metadata.name).not.toBe(name);
  });

  it('rolls over within maxSurge and maxUnavailable', async () => {
    await using platform = await startTestPlatform();
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    await platform.client.create(DEPLOYMENTS, deploymentOf('web', { replicas: 3, strategy }));
    const before = await eventually(() => read(platform, 'web'), isDone);
    const seen: { total: number; available: number }[] = [];
    const watching = new AbortController();
    const events = await platform.client.watch(DEPLOYMENTS, {
      namespace,
      resourceVersion: before.metadata.resourceVersion,
      signal: watching.signal,
    });
    const watched = (async () => {
      for await (const event of events) {
        if (event.type !== 'MODIFIED') continue;
        seen.push({
          total: event.object.status?.replicas ?? 0,
          available: event.object.status?.availableReplicas ?? 0,
        });
      }
    })().catch(() => {});
    await setImage(platform, 'web', 'web:2');
    await eventually(
      () => read(platform, 'web'),
      (found) => found.metadata.annotations?.[REVISION] === '2' && isDone(found),
    );
    expect(imagesOf(await pods(platform))).toEqual(['web:2', 'web:2', 'web:2']);
    watching.abort();
    await watched;
    expect(Math.max(...seen.map(({ total }) => total))).toBeLessThanOrEqual(4);
    expect(Math.min(...seen.map(({ available }) => available))).toBeGreaterThanOrEqual(3);
    expect((await replicaSets(platform)).map(({ spec }) => spec.replicas)).toEqual([0, 3]);
  });

  it('goes back to an earlier template under a new revision, as kubectl rollout undo asks', async () => {
    await using platform = await startTestPlatform();
    await platform.client.create(DEPLOYMENTS, deploymentOf('web'));
    await eventually(() => read(platform, 'web'), isDone);
    await setImage(platform, 'web', 'web:2');
    await eventually(
      () => read(platform, 'web'),
      (found) => found.metadata.annotations?.[REVISION] === '2' && isDone(found),
    );
    const [first] = await replicaSets(platform);
    const { 'pod-template-hash': _, ...labels } = first?.spec.template?.metadata?.labels ?? {};
    const template = {
      ...first?.spec.template,
      metadata: { ...first?.spec.template?.metadata, labels, creationTimestamp: null },
    };
    const patch: Patch = {
      type: 'json',
      body: [{ op: 'replace', path: '/spec/template', value: template }],
    };
    await platform.client.patch(DEPLOYMENTS, { namespace, name: 'web', patch });
    await eventually(
      () => read(platform, 'web'),
      (found) => found.metadata.annotations?.[REVISION] === '3' && isDone(found),
    );
    const sets = await replicaSets(platform);
    expect(sets).toHaveLength(2);
    expect(sets[1]?.metadata.uid).toBe(first?.metadata.uid);
    expect(sets[1]?.metadata.annotations).toMatchObject({
      [REVISION]: '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    await eventually(
      () => pods(platform),
      (found) => imagesOf(found).join() === 'web:1',
    );
  });

  it('restarts when the template is annotated, as kubectl rollout restart asks', async () => {
    await using platform = await startTestPlatform();
    await platform.client.create(DEPLOYMENTS, deploymentOf('web'));
    await eventually(() => read(platform, 'web'), isDone);
    const [before] = await pods(platform);
    await change(platform, 'web', {
      template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } } },
    });
    await eventually(
      () => read(platform, 'web'),
      (found) => found.metadata.annotations?.[REVISION] === '2' && isDone(found),
    );
    const after = await eventually(
      () => pods(platform),
      (found) => found.length === 1,
    );
    expect(after[0]?.metadata.uid).not.toBe(before?.metadata.uid);
  });

  it('keeps the old pods while the new ones do not come up, and recovers', async () => {
    await using platform = await startTestPlatform();
    await platform.client.create(DEPLOYMENTS, deploymentOf('web', { replicas: 2 }));
    await eventually(() => read(platform, 'web'), isDone);
    await setImage(platform, 'web', 'missing:1');
    const stuck = await eventually(
      () => read(platform, 'web'),
      (found) =>
        found.status?.updatedReplicas === 1 &&
        found.status.observedGeneration === found.metadata.generation,
    );
    expect(stuck.status?.availableReplicas).toBe(2);
    expect(stuck.status?.conditions?.find(({ type }) => type === 'Available')?.status).toBe('True');
    await setImage(platform, 'web', 'web:3');
    await eventually(
      () => read(platform, 'web'),
      (found) => isDone(found) && found.metadata.annotations?.[REVISION] === '3',
    );
    await eventually(
      () => pods(platform),
      (found) => imagesOf(found).join() === 'web:3,web:3',
    );
  });

  it('never runs two templates at once with Recreate', async () => {
    const running = new Set<string>();
    const mixes: string[] = [];
    const image = webImage((context) => {
      running.add(context.image);
      mixes.push([...running].join());
      context.signal.addEventListener('abort', () => running.delete(context.image));
    });
    await using platform = await startTestPlatform({ images: [image] });
    await platform.client.create(
      DEPLOYMENTS,
      deploymentOf('web', { replicas: 2, strategy: { type: 'Recreate' } }),
    );
    await eventually(() => read(platform, 'web'), isDone);
    await setImage(platform, 'web', 'web:2');
    await eventually(
      () => read(platform, 'web'),
      (found) => found.metadata.annotations?.[REVISION] === '2' && isDone(found),
    );
    expect(mixes).toEqual(['web:1', 'web:1', 'web:2', 'web:2']);
  });

  it('does not roll out while paused, and goes on when resumed', async () => {
    await using platform = await startTestPlatform();
    await platform.client.create(DEPLOYMENTS, deploymentOf('web'));
    await eventually(() => read(platform, 'web'), isDone);
    await change(platform, 'web', { paused: true });
    await setImage(platform, 'web', 'web:2');
    const paused = await eventually(
      () => read(platform, 'web'),
      (found) => found.status?.observedGeneration === found.metadata.generation,
    );
    expect(paused.status?.conditions?.find(({ type }) => type === 'Progressing')?.reason).toBe(
      'DeploymentPaused',
    );
    expect(imagesOf(await pods(platform))).toEqual(['web:1']);
    await change(platform, 'web', { paused: false });
    await eventually(
      () => pods(platform),
      (found) => imagesOf(found).join() === 'web:2',
    );
  });

  it('keeps no more old ReplicaSets than revisionHistoryLimit', async () => {
    await using platform = await startTestPlatform();
    await platform.client.create(DEPLOYMENTS, deploymentOf('web', { revisionHistoryLimit: 1 }));
    for (const version of [1, 2, 3]) {
      await setImage(platform, 'web', `web:${version}`);
      await eventually(
        () => read(platform, 'web'),
        (found) => found.metadata.annotations?.[REVISION] === String(version) && isDone(found),
      );
    }
    const left = await eventually(
      () => replicaSets(platform),
      (found) => found.length === 2,
    );
    expect(left.map(({ metadata }) => metadata.annotations?.[REVISION])).toEqual(['2', '3']);
  });

  it('adopts a ReplicaSet and pods that match and belong to nobody', async () => {
    await using platform = await startTestPlatform();
    await platform.client.create(DEPLOYMENTS, deploymentOf('web'));
    await eventually(() => read(platform, 'web'), isDone);
    const [pod] = await pods(platform);
    await platform.client.delete(
      DEPLOYMENTS,
      { namespace, name: 'web' },
      { propagationPolicy: 'Orphan' },
    );
    await eventually(
      () => replicaSets(platform),
      (found) => (found[0]?.metadata.ownerReferences ?? []).length === 0,
    );
    const again = await platform.client.create(DEPLOYMENTS, deploymentOf('web'));
    await eventually(() => read(platform, 'web'), isDone);
    const sets = await replicaSets(platform);
    expect(sets).toHaveLength(1);
    expect(sets[0]?.metadata.ownerReferences).toMatchObject([
      { uid: again.metadata.uid, controller: true },
    ]);
    expect((await pods(platform)).map(({ metadata }) => metadata.uid)).toEqual([pod?.metadata.uid]);
  });
});

describe('a platform that is started again', () => {
  it('finds its Deployments and brings them back, without new ReplicaSets or pods', async () => {
    await using first = await startTestPlatform();
    const names = ['a', 'b', 'c'];
    for (const name of names)
      await first.client.create(DEPLOYMENTS, deploymentOf(name, { replicas: 2 }));
    for (const name of names) await eventually(() => read(first, name), isDone);
    const uids = async (platform: TestPlatform): Promise<unknown[]> =>
      [...(await pods(platform)), ...(await replicaSets(platform))]
        .map(({ metadata }) => metadata.uid)
        .toSorted();
    const before = await uids(first);
    await first.halt();
    const { storage, dataDir } = first;
    await using second = await startTestPlatform({ storage, dataDir });
    await eventually(
      () => pods(second),
      (found) =>
        found.every(
          ({ status }) =>
            status?.containerStatuses?.[0]?.restartCount === 1 && status.phase === 'Running',
        ),
    );
    for (const name of names) await eventually(() => read(second, name), isDone);
    expect(await uids(second)).toEqual(before);
    const [pod] = await pods(second);
    expect((await fetch(`http://${pod?.status?.podIP}:8080/`)).status).toBe(200);
  });
});
