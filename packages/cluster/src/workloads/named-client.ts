/** A client whose writes carry the name of who writes, so that `managedFields` and conflicts tell the truth. */
import type { KubeClient } from '@kagent/kube';

/** `manager` is the field manager of every write that does not name another one. */
export function namedClient(client: KubeClient, manager: string): KubeClient {
  return {
    ...client,
    create: (type, object, options) =>
      client.create(type, object, { fieldManager: manager, ...options }),
    replace: (type, object, options) =>
      client.replace(type, object, { fieldManager: manager, ...options }),
    patch: (type, target, options) =>
      client.patch(type, target, { fieldManager: manager, ...options }),
  };
}
