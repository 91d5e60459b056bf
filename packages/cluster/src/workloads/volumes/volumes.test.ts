import { mkdtempSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { PODS } from '../objects.ts';
import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  STORAGE_CLASSES,
} from '../storage-objects.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../storage-objects.ts';
import { startTestControllers, until } from '../testing/test-controllers.ts';
import type { TestControllers } from '../testing/test-controllers.ts';
import { findVolume, SELECTED_NODE } from './binding.ts';
import { removeVolumeFolder } from './local-volumes.ts';

const namespace = 'default';

function claimOf(spec: Partial<PersistentVolumeClaim['spec']> = {}): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      ...spec,
    },
  };
}

function volumeOf(name: string, spec: Partial<PersistentVolume['spec']> = {}): PersistentVolume {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      hostPath: { path: `/nowhere/${name}` },
      storageClassName: '',
      persistentVolumeReclaimPolicy: 'Retain',
      ...spec,
    },
  };
}

const read = (test: TestControllers): Promise<PersistentVolumeClaim> =>
  test.client.get(PERSISTENT_VOLUME_CLAIMS, { namespace, name: 'data' });

const change = (test: TestControllers, body: unknown): Promise<PersistentVolumeClaim> =>
  test.client.patch(PERSISTENT_VOLUME_CLAIMS, {
    namespace,
    name: 'data',
    patch: { type: 'merge', body },
  });

describe('volume controllers', () => {
  it('provision for the first consumer, grow, keep what is in use and reclaim', async () => {
    await using test = await startTestControllers();
    await test.client.create(PERSISTENT_VOLUME_CLAIMS, claimOf());
    await until(test.events, (events) =>
      events.includes(
        'WaitForFirstConsumer: waiting for first consumer to be created before binding',
      ),
    );
    expect((await read(test)).spec.storageClassName).toBe('standard');
    await change(test, { metadata: { annotations: { [SELECTED_NODE]: 'n1' } } });
    const bound = await until(
      () => read(test),
      ({ status }) => status?.phase === 'Bound',
    );
    expect(bound.metadata.finalizers).toContain('kubernetes.io/pvc-protection');
    expect(bound.status?.capacity).toEqual({ storage: '1Gi' });
    const name = bound.spec.volumeName ?? '';
    expect(name).toBe(`pvc-${bound.metadata.uid}`);
    const volume = await until(
      () => test.client.get(PERSISTENT_VOLUMES, { name }),
      ({ status }) => status?.phase === 'Bound',
    );
    expect(volume.spec).toMatchObject({
      storageClassName: 'standard',
      persistentVolumeReclaimPolicy: 'Delete',
      claimRef: { namespace, name: 'data', uid: bound.metadata.uid },
    });
    await change(test, { spec: { resources: { requests: { storage: '2Gi' } } } });
    await until(
      () => read(test),
      ({ status }) => status?.capacity?.storage === '2Gi',
    );
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'user', namespace },
      spec: {
        nodeName: 'n1',
        containers: [{ name: 'c', image: 'ok' }],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
      },
    };
    await test.client.create(PODS, pod);
    await test.client.delete(PERSISTENT_VOLUME_CLAIMS, { namespace, name: 'data' });
    await until(
      () => read(test),
      ({ metadata }) => metadata.deletionTimestamp !== undefined,
    );
    await test.client.delete(PODS, { namespace, name: 'user' }, { gracePeriodSeconds: 0 });
    await until(
      async () => (await test.client.list(PERSISTENT_VOLUMES)).items,
      (items) => items.length === 0,
    );
    expect((await test.client.list(PERSISTENT_VOLUME_CLAIMS)).items).toEqual([]);
  });

  it('bind to a volume that is there, release it and keep it with Retain', async () => {
    await using test = await startTestControllers();
    await test.client.create(PERSISTENT_VOLUMES, volumeOf('big', { capacity: { storage: '5Gi' } }));
    await test.client.create(PERSISTENT_VOLUMES, volumeOf('small'));
    const phase = async (name: string): Promise<string | undefined> =>
      (await test.client.get(PERSISTENT_VOLUMES, { name })).status?.phase;
    await until(
      () => phase('small'),
      (is) => is === 'Available',
    );
    await test.client.create(PERSISTENT_VOLUME_CLAIMS, claimOf({ storageClassName: '' }));
    const bound = await until(
      () => read(test),
      ({ status }) => status?.phase === 'Bound',
    );
    expect(bound.spec.volumeName).toBe('small');
    await test.client.delete(PERSISTENT_VOLUME_CLAIMS, { namespace, name: 'data' });
    await until(
      () => phase('small'),
      (is) => is === 'Released',
    );
    await test.client.create(PERSISTENT_VOLUME_CLAIMS, claimOf({ storageClassName: '' }));
    await until(
      () => read(test),
      ({ spec }) => spec.volumeName === 'big',
    );
    await test.client.delete(PERSISTENT_VOLUMES, { name: 'big' });
    expect(await phase('big')).toBe('Bound');
  });

  it.each([
    ['none', 'ProvisioningFailed: storageclass.storage.k8s.io "none" not found'],
    [
      '',
      'FailedBinding: no persistent volumes available for this claim and no storage class is set',
    ],
    [
      'other',
      /^ExternalProvisioning: Waiting for a volume .* external provisioner 'example\.com\/disk'/,
    ],
  ])('leave a claim of class "%s" pending and say why', async (storageClassName, expected) => {
    await using test = await startTestControllers();
    await test.client.create(STORAGE_CLASSES, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'other' },
      provisioner: 'example.com/disk',
    });
    await test.client.create(PERSISTENT_VOLUME_CLAIMS, claimOf({ storageClassName }));
    await until(test.events, (events) =>
      events.some((one) => (typeof expected === 'string' ? one === expected : expected.test(one))),
    );
    expect((await read(test)).status?.phase).toBe('Pending');
  });
});

describe('findVolume', () => {
  it.each<[string, Partial<PersistentVolumeClaim['spec']>, string | undefined]>([
    ['takes the smallest that fits', { storageClassName: '' }, 'b'],
    ['needs the access modes', { storageClassName: '', accessModes: ['ReadWriteMany'] }, 'c'],
    ['needs the class', { storageClassName: 'fast' }, 'd'],
    [
      'needs the size',
      { storageClassName: '', resources: { requests: { storage: '9Ti' } } },
      undefined,
    ],
    ['takes the one it names', { storageClassName: '', volumeName: 'a' }, 'a'],
  ])('%s', (_, spec, expected) => {
    const volumes = [
      volumeOf('a', { capacity: { storage: '3Gi' } }),
      volumeOf('b', { capacity: { storage: '2Gi' } }),
      volumeOf('c', { capacity: { storage: '4Gi' }, accessModes: ['ReadWriteMany'] }),
      volumeOf('d', { storageClassName: 'fast' }),
      volumeOf('e', { claimRef: { namespace, name: 'other' } }),
    ];
    expect(findVolume(claimOf(spec), volumes)?.metadata.name).toBe(expected);
  });
});

describe('removeVolumeFolder', () => {
  it('removes a volume and nothing outside its directory', async () => {
    const root = mkdtempSync(join(tmpdir(), 'volumes-'));
    mkdirSync(join(root, 'volumes', 'one'), { recursive: true });
    await removeVolumeFolder(join(root, 'volumes'), join(root, 'volumes', 'one'));
    expect(existsSync(join(root, 'volumes', 'one'))).toBe(false);
    for (const path of [root, join(root, 'volumes'), join(root, 'volumes', '..', 'x')])
      await expect(removeVolumeFolder(join(root, 'volumes'), path)).rejects.toThrow('not a volume');
    rmSync(root, { recursive: true });
  });
});
