/** The revisions of a workload: ReplicaSets of a Deployment, ControllerRevisions of the others. */
import {
  CONTROLLER_REVISIONS,
  type ControllerRevision,
  type KubeObject,
  type Patch,
  type PodTemplate,
  REPLICA_SETS,
  type ReplicaSet,
} from '@kagent/kube';
import type { K8sContext } from '../context.ts';
import { type AnyObject, recordOf } from '../objects.ts';

export interface Revision {
  revision: number;
  /** The `kubernetes.io/change-cause` annotation. */
  cause: string;
  images: string;
  /** Brings the workload back to this revision. */
  restore: Patch;
}

const REVISION = 'deployment.kubernetes.io/revision';
const CHANGE_CAUSE = 'kubernetes.io/change-cause';
const TEMPLATE_HASH = 'pod-template-hash';

/** Oldest first; the last one is the current one. */
export async function revisionsOf(context: K8sContext, object: AnyObject): Promise<Revision[]> {
  const { namespace } = object.metadata;
  const revisions =
    object.kind === 'Deployment'
      ? (await context.kube.list(REPLICA_SETS, { namespace })).items
          .filter(ownedBy(object))
          .map(ofReplicaSet)
      : (await context.kube.list(CONTROLLER_REVISIONS, { namespace })).items
          .filter(ownedBy(object))
          .map(ofControllerRevision);
  return revisions.toSorted((a, b) => a.revision - b.revision);
}

function ownedBy(owner: AnyObject): (object: KubeObject) => boolean {
  return (object) =>
    (object.metadata.ownerReferences ?? []).some(({ uid }) => uid === owner.metadata.uid);
}

function ofReplicaSet(replicaSet: ReplicaSet): Revision {
  const { annotations = {} } = replicaSet.metadata;
  const template = replicaSet.spec?.template ?? {};
  const { [TEMPLATE_HASH]: _, ...labels } = template.metadata?.labels ?? {};
  const restored = { ...template, metadata: { ...template.metadata, labels } };
  return {
    revision: Number(annotations[REVISION] ?? 0),
    cause: annotations[CHANGE_CAUSE] ?? '<none>',
    images: imagesOf(template),
    restore: { type: 'json', body: [{ op: 'replace', path: '/spec/template', value: restored }] },
  };
}

/** `data` of a ControllerRevision is the patch that restores it. */
function ofControllerRevision({ metadata, revision, data }: ControllerRevision): Revision {
  const template = recordOf(recordOf(data)['spec'])['template'] as PodTemplate | undefined;
  return {
    revision: revision ?? 0,
    cause: metadata.annotations?.[CHANGE_CAUSE] ?? '<none>',
    images: imagesOf(template ?? {}),
    restore: { type: 'strategic', body: data },
  };
}

function imagesOf(template: PodTemplate): string {
  return (template.spec?.containers ?? []).map(({ image }) => image ?? '').join(', ');
}
