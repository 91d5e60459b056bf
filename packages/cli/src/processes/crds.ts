/** Puts the kagent kinds into a cluster that may not have them, or has those of an earlier release. */
import { CRDS, type CustomResourceDefinition, type KubeClient } from '@kagent/kube';
import { crdManifests } from '@kagent/spec';

const FIELD_MANAGER = 'kagent-up';

/** Resolves when the cluster serves all of them. Idempotent; writes nothing when they are current. */
export async function installCrds(kube: KubeClient): Promise<void> {
  await Promise.all(
    crdManifests().map((manifest) =>
      kube.apply(CRDS, manifest as unknown as CustomResourceDefinition, {
        fieldManager: FIELD_MANAGER,
        force: true,
      }),
    ),
  );
}
