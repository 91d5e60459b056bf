/** What every cluster has from its first moment. */
import type { Clock } from '@kagent/kube';

import type { Storage } from '../storage/storage.ts';
import { stringAt } from './json.ts';
import { fromStorage, resourcePrefix } from './object.ts';
import type { ApiHandler, User } from './request.ts';
import { SYSTEM_NAMESPACES } from './special-kinds.ts';

/** The server's own identity. */
export const SYSTEM_USER: User = {
  name: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
};

/** Creates the system namespaces that do not exist. Throws when the storage refuses. */
export async function createSystemNamespaces(handler: ApiHandler): Promise<void> {
  for (const name of SYSTEM_NAMESPACES) {
    const response = await handler({
      method: 'POST',
      path: '/api/v1/namespaces',
      query: new URLSearchParams({ fieldManager: 'kube-apiserver' }),
      headers: {},
      body: { value: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } },
      user: SYSTEM_USER,
    });
    if (response.status >= 400 && response.status !== 409) {
      throw new Error(`namespace ${name}: ${stringAt(response, 'body', 'message')}`);
    }
  }
}

const EVENT_LIFETIME_MS = 60 * 60 * 1000;
const EVENT_PREFIXES = [
  resourcePrefix({ group: '', plural: 'events' }),
  resourcePrefix({ group: 'events.k8s.io', plural: 'events' }),
];

/** Deletes Events that have not been written for an hour, so that they do not grow without bound. */
export function expireEvents(storage: Storage, clock: Clock): void {
  const oldest = clock.now() - EVENT_LIFETIME_MS;
  for (const prefix of EVENT_PREFIXES) {
    for (const entry of storage.list(prefix).entries) {
      const event = fromStorage(entry);
      const seen =
        stringAt(event, 'lastTimestamp') ??
        stringAt(event, 'series', 'lastObservedTime') ??
        event.metadata.creationTimestamp;
      if (seen !== undefined && Date.parse(seen) < oldest)
        storage.delete(entry.key, entry.revision);
    }
  }
}
