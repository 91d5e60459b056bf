/** What every controller is made of here: a name, a reconcile function, and handlers that say which keys to look at. */
import { createReconciler, isKubeError, keyOfObject } from '@kagent/kube';
import type { Clock, Informer, KubeClient, KubeObject, Logger, Reconciler } from '@kagent/kube';

import type { EventRecorder } from './event-recorder.ts';
import type { InformerSet } from './informer-set.ts';
import type { LabelSelector } from './objects.ts';
import { controllerOf } from './owners.ts';
import { matchesSelector } from './selectors.ts';

export interface ControllerContext {
  client: KubeClient;
  informers: InformerSet;
  recorder: EventRecorder;
  clock: Clock;
  logger: Logger;
  randomId(): string;
}

/** Name of the index of dependents by the uid of their controller. */
export const BY_CONTROLLER = 'controller';
/** Name of the index of objects without a controller, by namespace: candidates for adoption. */
export const ORPHANS = 'orphans';

const CONCURRENCY = 16;

export function controllerFor(
  context: ControllerContext,
  options: {
    name: string;
    reconcile(key: string, signal: AbortSignal): Promise<void | { requeueAfterMs: number }>;
  },
): Reconciler {
  const { clock, logger } = context;
  return createReconciler({
    ...options,
    reconcile: (key, signal) =>
      options.reconcile(key, signal).catch((error: unknown) => {
        if (!isNamespaceTerminating(error)) throw error;
      }),
    clock,
    logger,
    concurrency: CONCURRENCY,
  });
}

/** Nothing can be made there any more, and all that is there goes: trying again is of no use. */
export function isNamespaceTerminating(error: unknown): boolean {
  const causes = isKubeError(error) ? (error.status?.details?.causes ?? []) : [];
  return causes.some(({ reason }) => reason === 'NamespaceTerminating');
}

/** Adds the indexes that controllers of dependents use. Idempotent. */
export function indexByController<T extends KubeObject>(informer: Informer<T>): void {
  informer.addIndex(BY_CONTROLLER, (object) => {
    const uid = controllerOf(object)?.uid;
    return uid === undefined ? [] : [uid];
  });
  informer.addIndex(ORPHANS, (object) =>
    controllerOf(object) === undefined && object.metadata.namespace !== undefined
      ? [object.metadata.namespace]
      : [],
  );
}

/** Runs `enqueue` with the key of the controller of every dependent that changes, if it is of this kind. */
export function watchDependents<T extends KubeObject>(
  informer: Informer<T>,
  ownerKind: string,
  enqueue: (key: string) => void,
): void {
  informer.onChange((change) => {
    const owners = [
      controllerOf(change.object),
      change.type === 'updated' ? controllerOf(change.old) : undefined,
    ];
    for (const owner of new Set(
      owners.flatMap((one) => (one?.kind === ownerKind ? [one.name] : [])),
    )) {
      enqueue(`${change.object.metadata.namespace ?? ''}/${owner}`);
    }
  });
}

/** Runs `enqueue` with the keys of all who might take in a dependent that has, or now has, no controller. */
export function watchOrphans<T extends KubeObject, O extends KubeObject>(
  dependents: Informer<T>,
  owners: Informer<O>,
  options: { selectorOf(owner: O): LabelSelector | undefined; enqueue(key: string): void },
): void {
  dependents.onChange((change) => {
    const { object } = change;
    const { namespace, labels, deletionTimestamp } = object.metadata;
    if (change.type === 'deleted' || deletionTimestamp !== undefined) return;
    if (labels === undefined || controllerOf(object) !== undefined) return;
    if (change.type === 'updated') {
      const { old } = change;
      const isSame = controllerOf(old) === undefined && sameLabels(old.metadata.labels, labels);
      if (isSame) return;
    }
    for (const owner of owners.list()) {
      const isNear = owner.metadata.namespace === namespace;
      if (isNear && matchesSelector(options.selectorOf(owner), labels))
        options.enqueue(keyOfObject(owner));
    }
  });
}

function sameLabels(
  a: Readonly<Record<string, string>> = {},
  b: Readonly<Record<string, string>>,
): boolean {
  const entries = Object.entries(b);
  return (
    entries.length === Object.keys(a).length && entries.every(([key, value]) => a[key] === value)
  );
}
