/** What every controller is made of here: a name, a reconcile function, and handlers that say which keys to look at. */
import type { Clock, Informer, KubeClient, KubeObject, Logger, Reconciler } from '@kagent/kube';
import { createReconciler } from '@kagent/kube';

import type { EventRecorder } from './event-recorder.ts';
import type { InformerSet } from './informer-set.ts';
import { controllerOf } from './owners.ts';

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
  return createReconciler({ ...options, clock, logger, concurrency: CONCURRENCY });
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
