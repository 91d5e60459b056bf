/** From a workload's template to a pod. */
import type { KubeObject } from '@kagent/kube';

import { generatedName } from './names.ts';
import type { Pod, PodTemplateSpec } from './objects.ts';
import { controllerReference } from './owners.ts';

export function podFromTemplate(
  owner: KubeObject,
  template: PodTemplateSpec,
  randomId: () => string,
): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const prefix = `${owner.metadata.name}-`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: generatedName(owner.metadata.name, randomId),
      generateName: prefix,
      namespace: owner.metadata.namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template.spec,
  };
}
