/** PersistentVolumeClaims: finds or provisions a volume, binds it, grows it, and keeps a claim that pods still use. */
import { isAlreadyExists, isNotFound, keyOfObject } from '@kagent/kube';
import type { Informer, Reconciler } from '@kagent/kube';

import { controllerFor } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { createFreshView } from '../fresh-view.ts';
import type { FreshView } from '../fresh-view.ts';
import { PODS } from '../objects.ts';
import type { Pod } from '../objects.ts';
import {
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  STORAGE_CLASSES,
} from '../storage-objects.ts';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../storage-objects.ts';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  CLAIM_PROTECTION,
  claimReference,
  DEFAULT_CLASS,
  findVolume,
  isReservedFor,
  isSmaller,
  PROVISIONER,
  provisionedVolume,
  requestOf,
  SELECTED_NODE,
} from './binding.ts';

/** Pods by the claims they use, as keys of claims. */
const BY_CLAIM = 'claim';

export interface VolumeControllerOptions extends ControllerContext {
  /** Folder in which volumes are provisioned. */
  volumesDirectory: string;
}

function claimKeys(pod: Pod): string[] {
  return (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
    persistentVolumeClaim === undefined
      ? []
      : [`${pod.metadata.namespace ?? ''}/${persistentVolumeClaim.claimName}`],
  );
}

/** What an external provisioner looks for. */
const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
const BETA_STORAGE_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner';
/** How often a claim that waits is spoken of. */
const RESYNC_MS = 15_000;

class ClaimController {
  /** What was said last about each claim, by uid. */
  readonly #told = new Map<string, { message: string; at: number }>();
  readonly #context: VolumeControllerOptions;
  readonly #claims: FreshView<PersistentVolumeClaim>;
  readonly #volumes: Informer<PersistentVolume>;
  readonly #freshVolumes: FreshView<PersistentVolume>;
  readonly #classes: Informer<StorageClass>;
  readonly #pods: Informer<Pod>;

  constructor(context: VolumeControllerOptions) {
    const { informers } = context;
    this.#context = context;
    this.#claims = createFreshView(informers.get(PERSISTENT_VOLUME_CLAIMS));
    this.#volumes = informers.get(PERSISTENT_VOLUMES);
    this.#freshVolumes = createFreshView(this.#volumes);
    this.#classes = informers.get(STORAGE_CLASSES);
    this.#pods = informers.get(PODS);
    this.#pods.addIndex(BY_CLAIM, claimKeys);
  }

  forget({ metadata }: PersistentVolumeClaim): void {
    this.#told.delete(metadata.uid ?? '');
  }

  async reconcile(key: string): Promise<void> {
    const claim = this.#claims.get(key);
    if (claim === undefined) return;
    try {
      if (claim.metadata.deletionTimestamp !== undefined) return await this.#release(key, claim);
      const kept = await this.#protect(claim);
      const isBound = kept.metadata.annotations?.[BIND_COMPLETED] === 'yes';
      if (isBound) await this.#follow(kept);
      else await this.#bind(kept);
    } catch (error) {
      if (isNotFound(error) && this.#claims.get(key)?.metadata.uid !== claim.metadata.uid) return;
      throw error;
    }
  }

  /** Once in a while, however often the claim is looked at. */
  #tell(claim: PersistentVolumeClaim, reason: string, message: string): void {
    const { uid = '' } = claim.metadata;
    const now = this.#context.clock.now();
    const before = this.#told.get(uid);
    if (before?.message === message && now - before.at < RESYNC_MS) return;
    this.#told.set(uid, { message, at: now });
    const isWarning = reason.startsWith('ProvisioningFailed') || reason.startsWith('Claim');
    const type = isWarning ? 'Warning' : 'Normal';
    this.#context.recorder.record(claim, { type, reason, message });
  }

  async #patch(claim: PersistentVolumeClaim, body: object): Promise<PersistentVolumeClaim> {
    const { namespace, name } = claim.metadata;
    const target = { namespace, name, patch: { type: 'merge', body } } as const;
    return this.#claims.wrote(await this.#context.client.patch(PERSISTENT_VOLUME_CLAIMS, target));
  }

  async #patchStatus(claim: PersistentVolumeClaim, status: object): Promise<void> {
    const { namespace, name } = claim.metadata;
    const target = { namespace, name, patch: { type: 'merge', body: { status } } } as const;
    const options = { subresource: 'status' };
    const patched = await this.#context.client.patch(PERSISTENT_VOLUME_CLAIMS, target, options);
    this.#claims.wrote(patched);
  }

  /** The finalizer that keeps a claim in use, and the default class where none was asked for. */
  async #protect(claim: PersistentVolumeClaim): Promise<PersistentVolumeClaim> {
    const { finalizers = [], resourceVersion } = claim.metadata;
    const fallback = this.#classes
      .list()
      .find(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true');
    const isClassless =
      claim.spec.storageClassName === undefined && (claim.spec.volumeName ?? '') === '';
    const isProtected = finalizers.includes(CLAIM_PROTECTION);
    if (isProtected && !(isClassless && fallback !== undefined)) return claim;
    return this.#patch(claim, {
      metadata: {
        resourceVersion,
        ...(isProtected ? {} : { finalizers: [...finalizers, CLAIM_PROTECTION] }),
      },
      ...(isClassless && fallback !== undefined
        ? { spec: { storageClassName: fallback.metadata.name } }
        : {}),
    });
  }

  /** Once no pod uses it any more. Pods that have ended use nothing. */
  async #release(key: string, claim: PersistentVolumeClaim): Promise<void> {
    const { finalizers = [], resourceVersion } = claim.metadata;
    if (!finalizers.includes(CLAIM_PROTECTION)) return;
    const users = this.#pods
      .byIndex(BY_CLAIM, key)
      .filter(
        ({ spec, status }) =>
          spec.nodeName !== undefined &&
          status?.phase !== 'Succeeded' &&
          status?.phase !== 'Failed',
      );
    if (users.length > 0) return;
    const rest = finalizers.filter((one) => one !== CLAIM_PROTECTION);
    await this.#patch(claim, { metadata: { resourceVersion, finalizers: rest } });
  }

  async #bind(claim: PersistentVolumeClaim): Promise<void> {
    const volumes = this.#volumes.list().map((one) => this.#freshVolumes.newest(one));
    const found = findVolume(claim, volumes);
    const isForced = found !== undefined && found.spec.claimRef !== undefined;
    const className = claim.spec.storageClassName ?? '';
    const storageClass = className === '' ? undefined : this.#classes.get({ name: className });
    if (!isForced && this.#waits(claim, storageClass)) return this.#tellWait(claim);
    if (found !== undefined) return this.#complete(claim, found);
    if ((claim.spec.volumeName ?? '') !== '') return;
    if (className === '') {
      const message = 'no persistent volumes available for this claim and no storage class is set';
      return this.#tell(claim, 'FailedBinding', message);
    }
    if (storageClass === undefined) {
      const message = `storageclass.storage.k8s.io "${className}" not found`;
      return this.#tell(claim, 'ProvisioningFailed', message);
    }
    await this.#provision(claim, storageClass);
  }

  #waits(claim: PersistentVolumeClaim, storageClass: StorageClass | undefined): boolean {
    return (
      storageClass?.volumeBindingMode === 'WaitForFirstConsumer' &&
      claim.metadata.annotations?.[SELECTED_NODE] === undefined
    );
  }

  #tellWait(claim: PersistentVolumeClaim): void {
    const [pod] = this.#pods.byIndex(BY_CLAIM, keyOfObject(claim));
    if (pod === undefined) {
      const message = 'waiting for first consumer to be created before binding';
      this.#tell(claim, 'WaitForFirstConsumer', message);
    } else {
      const message = `waiting for pod ${pod.metadata.name} to be scheduled`;
      this.#tell(claim, 'WaitForPodScheduled', message);
    }
  }

  async #provision(claim: PersistentVolumeClaim, storageClass: StorageClass): Promise<void> {
    const { provisioner } = storageClass;
    if (claim.metadata.annotations?.[STORAGE_PROVISIONER] !== provisioner) {
      const annotations = {
        [STORAGE_PROVISIONER]: provisioner,
        [BETA_STORAGE_PROVISIONER]: provisioner,
      };
      claim = await this.#patch(claim, { metadata: { annotations } });
    }
    if (provisioner !== PROVISIONER) {
      const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
      return this.#tell(claim, 'ExternalProvisioning', message);
    }
    const { namespace, name } = claim.metadata;
    const subject = `External provisioner is provisioning volume for claim "${namespace}/${name}"`;
    this.#tell(claim, 'Provisioning', subject);
    const wanted = provisionedVolume(claim, storageClass, this.#context.volumesDirectory);
    const { client } = this.#context;
    const volume = await client.create(PERSISTENT_VOLUMES, wanted).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
      return client.get(PERSISTENT_VOLUMES, wanted.metadata);
    });
    const message = `Successfully provisioned volume ${volume.metadata.name}`;
    this.#tell(claim, 'ProvisioningSucceeded', message);
    await this.#complete(claim, volume);
  }

  /** Volume first: a claim that says it is bound must never name a volume that is another's. */
  async #complete(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> {
    const { client } = this.#context;
    const { name, resourceVersion } = volume.metadata;
    if (volume.spec.claimRef?.uid !== claim.metadata.uid) {
      const annotations = { [BOUND_BY_CONTROLLER]: 'yes' };
      const spec = { claimRef: claimReference(claim) };
      const body = { metadata: { resourceVersion, annotations }, spec };
      const target = { name, patch: { type: 'merge', body } } as const;
      this.#freshVolumes.wrote(await client.patch(PERSISTENT_VOLUMES, target));
    }
    const isOurChoice = (claim.spec.volumeName ?? '') === '';
    const annotations = {
      [BIND_COMPLETED]: 'yes',
      ...(isOurChoice ? { [BOUND_BY_CONTROLLER]: 'yes' } : {}),
    };
    const bound = await this.#patch(claim, {
      metadata: { annotations },
      spec: { volumeName: name },
    });
    await this.#follow(bound, volume);
  }

  /** Status of a bound claim. `volume` when it is newer than what the informer has. */
  async #follow(claim: PersistentVolumeClaim, fresh?: PersistentVolume): Promise<void> {
    const name = claim.spec.volumeName ?? '';
    const cached = fresh ?? this.#volumes.get({ name });
    const volume = cached ?? (await this.#context.client.find(PERSISTENT_VOLUMES, { name }));
    if (volume === undefined) {
      const message = 'Bound claim has lost its PersistentVolume. Data on the volume is lost!';
      return this.#lose(claim, 'ClaimLost', message);
    }
    const isMine =
      volume.spec.claimRef === undefined || fresh !== undefined || isReservedFor(volume, claim);
    if (!isMine) {
      const message = 'Two claims are bound to the same volume, this one is bound incorrectly';
      return this.#lose(claim, 'ClaimMisbound', message);
    }
    const grown = await this.#grow(claim, volume);
    const { phase, capacity } = claim.status ?? {};
    const wanted = grown.spec.capacity ?? {};
    if (phase === 'Bound' && capacity?.storage === wanted.storage) return;
    const accessModes = grown.spec.accessModes ?? [];
    await this.#patchStatus(claim, { phase: 'Bound', accessModes, capacity: wanted });
  }

  async #lose(claim: PersistentVolumeClaim, reason: string, message: string): Promise<void> {
    if (claim.status?.phase === 'Lost') return;
    await this.#patchStatus(claim, { phase: 'Lost' });
    this.#tell(claim, reason, message);
  }

  async #grow(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<PersistentVolume> {
    const isEnough = !isSmaller(volume.spec.capacity?.storage, requestOf(claim));
    const storageClass = this.#classes.get({ name: volume.spec.storageClassName ?? '' });
    const mayGrow =
      storageClass?.allowVolumeExpansion === true && storageClass.provisioner === PROVISIONER;
    if (isEnough || !mayGrow || claim.status?.phase !== 'Bound') return volume;
    const body = { spec: { capacity: { storage: requestOf(claim) } } };
    const target = { name: volume.metadata.name, patch: { type: 'merge', body } } as const;
    const grown = await this.#context.client.patch(PERSISTENT_VOLUMES, target);
    this.#tell(claim, 'VolumeResizeSuccessful', 'Resize volume succeeded');
    return this.#freshVolumes.wrote(grown);
  }
}

export function createClaimController(context: VolumeControllerOptions): Reconciler {
  const { informers } = context;
  const logic = new ClaimController(context);
  const controller = controllerFor(context, {
    name: 'persistentvolumeclaim',
    reconcile: (key) => logic.reconcile(key),
  });
  const claims = informers.get(PERSISTENT_VOLUME_CLAIMS);
  claims.onChange(({ type, object }) => {
    if (type === 'deleted') logic.forget(object);
    controller.enqueue(keyOfObject(object));
  });
  informers.get(PODS).onChange(({ object }) => {
    for (const key of claimKeys(object)) controller.enqueue(key);
  });
  const enqueuePending = (): void => {
    for (const claim of claims.list())
      if (claim.status?.phase !== 'Bound') controller.enqueue(keyOfObject(claim));
  };
  informers.get(STORAGE_CLASSES).onChange(enqueuePending);
  informers.get(PERSISTENT_VOLUMES).onChange(({ type, object }) => {
    const { namespace = '', name } = object.spec.claimRef ?? {};
    if (name !== undefined) controller.enqueue(`${namespace}/${name}`);
    else if (type !== 'deleted') enqueuePending();
  });
  return controller;
}
