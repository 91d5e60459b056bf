/**
 * When what changed the endpoints of a Service happened: the annotation `endpoints.kubernetes.io/last-change-trigger-time`,
 * from which proxies measure how long they took.
 */
import type { Pod, Service } from '../objects.ts';

export const LAST_CHANGE = 'endpoints.kubernetes.io/last-change-trigger-time';

export interface TriggerTimes {
  /** The time to write with endpoints that are different now; undefined when nothing known has changed since the last call. */
  next(key: string, service: Service, pods: readonly Pod[]): string | undefined;
  forget(key: string): void;
}

function readyTime({ status }: Pod): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? undefined;
}

export function createTriggerTimes(): TriggerTimes {
  const seen = new Map<string, Map<string, string>>();
  return {
    next(key, service, pods) {
      const before = seen.get(key);
      const times = new Map<string, string>();
      let first: string | undefined;
      for (const pod of pods) {
        const time = readyTime(pod);
        if (time === undefined) continue;
        const { name } = pod.metadata;
        times.set(name, time);
        // these texts sort as the times do
        const isNews = time > (before?.get(name) ?? '');
        if (isNews && (first === undefined || time < first)) first = time;
      }
      seen.set(key, times);
      return before === undefined ? service.metadata.creationTimestamp : first;
    },
    forget: (key) => void seen.delete(key),
  };
}
