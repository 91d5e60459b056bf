/** Waits for the state of a Kubernetes object by watching it. */
import type { KubeClient, KubeObject, ObjectKey, ResourceType } from '@kagent/kube';

export interface WaitOptions {
  /** Milliseconds. Default 20 s. */
  timeout?: number;
}

/** Resolves with the object once the predicate holds. Rejects with the last state that was seen. */
export async function waitFor<T extends KubeObject>(
  kube: KubeClient,
  target: ObjectKey & { type: ResourceType<T> },
  holds: (object: T) => boolean,
  options: WaitOptions = {},
): Promise<T> {
  const found = await watchUntil(kube, target, (object) => object && holds(object), options);
  return found as T;
}

/** Resolves once there is no such object. */
export async function waitUntilGone(
  kube: KubeClient,
  target: ObjectKey & { type: ResourceType },
  options: WaitOptions = {},
): Promise<void> {
  await watchUntil(kube, target, (object) => object === undefined, options);
}

async function watchUntil<T extends KubeObject>(
  kube: KubeClient,
  { type, ...key }: ObjectKey & { type: ResourceType<T> },
  holds: (object: T | undefined) => boolean | undefined,
  { timeout = 20_000 }: WaitOptions,
): Promise<T | undefined> {
  const signal = AbortSignal.timeout(timeout);
  let last: T | undefined;
  try {
    const events = await kube.watch(type, {
      ...(key.namespace === undefined ? {} : { namespace: key.namespace }),
      fieldSelector: `metadata.name=${key.name}`,
      sendInitialEvents: true,
      signal,
    });
    for await (const event of events) {
      if (event.type === 'ERROR') throw new Error(event.object.message);
      if (event.type === 'ADDED' || event.type === 'MODIFIED') last = event.object;
      if (event.type === 'DELETED') last = undefined;
      // before the bookmark "absent" is not known yet
      if (
        (event.type === 'BOOKMARK' || last !== undefined || event.type === 'DELETED') &&
        holds(last)
      )
        return last;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const state =
    last === undefined ? 'it does not exist' : JSON.stringify(statusOf(last), undefined, 1);
  throw new Error(`${type.kind} ${key.name} did not come to the wanted state: ${state}`);
}

function statusOf(object: object): unknown {
  return 'status' in object ? object.status : 'no status';
}

interface WithConditions {
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

export function conditionOf(object: WithConditions, type: string) {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

export function isTrue(object: WithConditions, type: string): boolean {
  return conditionOf(object, type)?.status === 'True';
}
