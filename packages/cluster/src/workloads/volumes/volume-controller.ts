/** PersistentVolumes: phases, and what becomes of a volume when its claim is gone. */
import { isNotFound, keyOfObject } from '@kagent/kube';
import type { Reconciler } from '@kagent/kube';

import { controllerFor } from '../controller.ts';
import type { ControllerContext } from '../controller.ts';
import { createFreshView } from '../fresh-view.ts';
import type { FreshView } from '../fresh-view.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../storage-objects.ts';
import type { PersistentVolume } from '../storage-objects.ts';
import { timeText } from '../time-text.ts';
import { PROVISIONED_BY, PROVISIONER, VOLUME_PROTECTION } from './binding.ts';

export interface ReclaimOptions extends ControllerContext {
  /** Removes the folder of a volume this cluster has provisioned. Missing folders are fine. */
  removeVolume(path: string): Promise<void>;
}

class VolumeController {
  readonly #context: ReclaimOptions;
  readonly #volumes: FreshView<PersistentVolume>;

  constructor(context: ReclaimOptions) {
    this.#context = context;
    this.#volumes = createFreshView(context.informers.get(PERSISTENT_VOLUMES));
  }

  async reconcile(key: string): Promise<void> {
    const volume = this.#volumes.get(key);
    if (volume === undefined) return;
    try {
      const phase = await this.#phaseOf(volume);
      if (volume.metadata.deletionTimestamp !== undefined) {
        if (phase !== 'Bound') await this.#setFinalizers(volume, false);
        return;
      }
      await this.#setFinalizers(volume, true);
      await this.#publish(volume, { phase });
      if (phase === 'Released') await this.#reclaim(volume);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Asks the API server about the claim: an informer that is behind must not cost anybody's data. */
  async #phaseOf({
    metadata,
    spec,
  }: PersistentVolume): Promise<'Available' | 'Bound' | 'Released'> {
    const { namespace, name = '', uid = '' } = spec.claimRef ?? {};
    if (name === '' || uid === '') return 'Available';
    const claim = await this.#context.client.find(PERSISTENT_VOLUME_CLAIMS, { namespace, name });
    if (claim?.metadata.uid !== uid) return 'Released';
    const chosen = claim.spec.volumeName ?? '';
    return chosen === '' || chosen === metadata.name ? 'Bound' : 'Released';
  }

  async #reclaim(volume: PersistentVolume): Promise<void> {
    const { metadata, spec } = volume;
    const isOurs = metadata.annotations?.[PROVISIONED_BY] === PROVISIONER;
    if (spec.persistentVolumeReclaimPolicy !== 'Delete' || !isOurs) return;
    try {
      if (spec.hostPath !== undefined) await this.#context.removeVolume(spec.hostPath.path);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const draft = { type: 'Warning', reason: 'VolumeFailedDelete', message } as const;
      this.#context.recorder.record(volume, draft);
      await this.#publish(volume, { phase: 'Failed', message });
      throw error;
    }
    const { name, uid } = metadata;
    await this.#context.client.delete(PERSISTENT_VOLUMES, { name }, { preconditions: { uid } });
  }

  async #setFinalizers(volume: PersistentVolume, isWanted: boolean): Promise<void> {
    const { name, finalizers = [], resourceVersion } = volume.metadata;
    if (finalizers.includes(VOLUME_PROTECTION) === isWanted) return;
    const others = finalizers.filter((one) => one !== VOLUME_PROTECTION);
    const next = isWanted ? [...others, VOLUME_PROTECTION] : others;
    const body = { metadata: { resourceVersion, finalizers: next } };
    const target = { name, patch: { type: 'merge', body } } as const;
    this.#volumes.wrote(await this.#context.client.patch(PERSISTENT_VOLUMES, target));
  }

  async #publish(
    volume: PersistentVolume,
    next: { phase: string; message?: string },
  ): Promise<void> {
    if (volume.status?.phase === next.phase) return;
    const lastPhaseTransitionTime = timeText(this.#context.clock.now());
    const body = { status: { ...next, lastPhaseTransitionTime } };
    const target = { name: volume.metadata.name, patch: { type: 'merge', body } } as const;
    const options = { subresource: 'status' };
    this.#volumes.wrote(await this.#context.client.patch(PERSISTENT_VOLUMES, target, options));
  }
}

export function createVolumeController(context: ReclaimOptions): Reconciler {
  const { informers } = context;
  const logic = new VolumeController(context);
  const controller = controllerFor(context, {
    name: 'persistentvolume',
    reconcile: (key) => logic.reconcile(key),
  });
  informers
    .get(PERSISTENT_VOLUMES)
    .onChange(({ object }) => controller.enqueue(keyOfObject(object)));
  informers.get(PERSISTENT_VOLUME_CLAIMS).onChange(({ object }) => {
    const name = object.spec.volumeName ?? '';
    if (name !== '') controller.enqueue(name);
  });
  return controller;
}
