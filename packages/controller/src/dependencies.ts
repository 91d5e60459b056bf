/** Who depends on what: the reverse index that turns an event of a referenced object into the keys to reconcile. */
import type { ReferencedKind } from './lookup.ts';

/** `Kind namespace/name`. */
export type DependencyId = `${ReferencedKind} ${string}`;

export interface DependencyIndex {
  /** Replaces everything `dependent` depends on; an empty set forgets it. */
  set(dependent: string, dependencies: ReadonlySet<DependencyId>): void;
  /** Keys that depend on the object, in insertion order. Cost is proportional to their number. */
  dependentsOf(dependency: DependencyId): Iterable<string>;
}

export function createDependencyIndex(): DependencyIndex {
  const forward = new Map<string, ReadonlySet<DependencyId>>();
  const reverse = new Map<DependencyId, Set<string>>();

  function drop(dependency: DependencyId, dependent: string): void {
    const dependents = reverse.get(dependency);
    dependents?.delete(dependent);
    if (dependents?.size === 0) reverse.delete(dependency);
  }

  return {
    set(dependent, dependencies) {
      for (const old of forward.get(dependent) ?? []) {
        if (!dependencies.has(old)) drop(old, dependent);
      }
      for (const dependency of dependencies) {
        const dependents = reverse.get(dependency);
        if (dependents === undefined) reverse.set(dependency, new Set([dependent]));
        else dependents.add(dependent);
      }
      if (dependencies.size === 0) forward.delete(dependent);
      else forward.set(dependent, dependencies);
    },
    dependentsOf: (dependency) => reverse.get(dependency) ?? [],
  };
}
