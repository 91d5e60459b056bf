/** The parameters of a watch: where it starts, what marks it, when it ends. */
import type { Clock } from '@kagent/kube';

import type { FieldError } from '../../schema/schema.ts';
import type { Storage } from '../../storage/storage.ts';
import { parseSelection } from '../list-selection.ts';
import { revisionIn } from '../reads.ts';
import { negotiate } from '../representation.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import type { ServedResource } from '../resource-registry.ts';
import { isTrue } from '../route.ts';
import type { ResourceRoute } from '../route.ts';
import { invalid, tooLargeResourceVersion } from '../status-error.ts';
import { WatchFrame } from './watch-frame.ts';
import type { WatchHub, WatchStart } from './watch-hub.ts';
import type { WatchQueue } from './watch-queue.ts';
import { numberIn } from '../write-options.ts';

export interface WatchCall {
  request: ApiRequest;
  route: ResourceRoute;
  resource: ServedResource;
}

/** Begins a watch. Throws 400, 422; what goes wrong later comes as an ERROR frame. */
export function startWatch(
  deps: { hub: WatchHub; storage: Storage; clock: Clock },
  { request, route, resource }: WatchCall,
): ApiResponse {
  const { query, signal } = request;
  const selection = parseSelection(resource, route, query);
  const representation = negotiate(request);
  const timeoutSeconds = numberIn(query, 'timeoutSeconds') ?? 0;
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  const wantsState = checkInitialEvents(query);
  const frames = deps.hub.watch({
    selection,
    representation,
    from: startOf(query, wantsState),
    markInitialEnd: wantsState === true && bookmarks,
    bookmarks,
    signal,
  });
  const asked = revisionIn(query) ?? 0;
  const current = deps.storage.revision();
  if (asked > current)
    frames.end(new WatchFrame('ERROR', tooLargeResourceVersion(asked, current).status));
  if (timeoutSeconds > 0) endAfter(deps.clock, timeoutSeconds * 1000, frames);
  return { kind: 'watch', status: 200, headers: { 'content-type': 'application/json' }, frames };
}

/** `sendInitialEvents` as asked for; undefined when it was not said. */
function checkInitialEvents(query: URLSearchParams): boolean | undefined {
  const asked = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  const errors: FieldError[] = [];
  if (asked === null && match !== '') {
    const detail =
      'Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    errors.push({ type: 'Forbidden', field: 'resourceVersionMatch', detail });
  }
  if (asked !== null && match !== 'NotOlderThan') {
    const detail =
      'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    errors.push({ type: 'Forbidden', field: 'resourceVersionMatch', detail });
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  return asked === null ? undefined : isTrue(asked);
}

function startOf(query: URLSearchParams, wantsState: boolean | undefined): WatchStart['from'] {
  if (wantsState === true) return 'state';
  const revision = revisionIn(query) ?? 0;
  if (revision > 0) return revision;
  return wantsState === false ? 'now' : 'state';
}

function endAfter(clock: Clock, milliseconds: number, frames: WatchQueue): void {
  const sleeping = new AbortController();
  frames.onEnd(() => sleeping.abort());
  clock.sleep(milliseconds, sleeping.signal).then(
    () => frames.end(),
    () => undefined,
  );
}
