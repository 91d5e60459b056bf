/** Which Services select a pod, without looking at all of them. */
import { keyOfObject } from '@kagent/kube';

import type { Pod, Service } from '../objects.ts';
import { matchesLabels } from '../selectors.ts';

/** One label of an object in one namespace, as index value. */
export function labelTerm(namespace: string, key: string, value: string): string {
  return `${namespace}\n${key}\n${value}`;
}

export function labelTerms(object: {
  metadata: { namespace?: string; labels?: Record<string, string> };
}): string[] {
  const { namespace = '', labels = {} } = object.metadata;
  return Object.entries(labels).map(([key, value]) => labelTerm(namespace, key, value));
}

export interface ServiceIndex {
  set(service: Service): void;
  delete(service: Service): void;
  /** Keys of the Services whose selector matches the pod. */
  selecting(pod: Pod): string[];
}

/** Each Service is filed under that one term of its selector that has the fewest Services so far. */
export function createServiceIndex(): ServiceIndex {
  const byTerm = new Map<string, Map<string, Service>>();
  const filed = new Map<string, string>();

  function remove(service: Service): void {
    const key = keyOfObject(service);
    const term = filed.get(key);
    if (term === undefined) return;
    filed.delete(key);
    const group = byTerm.get(term);
    group?.delete(key);
    if (group?.size === 0) byTerm.delete(term);
  }

  return {
    set(service) {
      remove(service);
      const namespace = service.metadata.namespace ?? '';
      const terms = Object.entries(service.spec?.selector ?? {}).map(([key, value]) =>
        labelTerm(namespace, key, value),
      );
      const term = terms.toSorted(
        (a, b) => (byTerm.get(a)?.size ?? 0) - (byTerm.get(b)?.size ?? 0),
      )[0];
      if (term === undefined) return;
      const key = keyOfObject(service);
      const group = byTerm.get(term) ?? new Map<string, Service>();
      group.set(key, service);
      byTerm.set(term, group);
      filed.set(key, term);
    },
    delete: remove,
    selecting(pod) {
      const found: string[] = [];
      for (const term of labelTerms(pod)) {
        for (const [key, service] of byTerm.get(term) ?? []) {
          if (matchesLabels(service.spec?.selector ?? {}, pod.metadata.labels)) found.push(key);
        }
      }
      return found;
    },
  };
}
