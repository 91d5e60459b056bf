/** The parameters of a watch: where it starts, what marks it, when it ends. */
import type { Clock } from '@kagent/kube';

import type { Storage } from '../../storage/storage.ts';
import { listOptions } from '../list-options.ts';
import type { ListOptions } from '../list-options.ts';
import { parseSelection } from '../list-selection.ts';
import { negotiate } from '../representation.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import type { ServedResource } from '../resource-registry.ts';
import { isTrue } from '../route.ts';
import type { ResourceRoute } from '../route.ts';
import { tooLargeResourceVersion } from '../status-error.ts';
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
  const representation = negotiate(request, { isWatch: true, isCustom: resource.isCustom });
  numberIn(query, 'limit');
  const timeoutSeconds = numberIn(query, 'timeoutSeconds') ?? 0;
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  const options = listOptions(query, 'watch');
  const frames = deps.hub.watch({
    selection,
    representation,
    from: startOf(options),
    markInitialEnd: options.sendInitialEvents === true && bookmarks,
    bookmarks,
    signal,
  });
  const asked = options.revision ?? 0;
  const current = deps.storage.revision();
  if (asked > current)
    frames.end(new WatchFrame('ERROR', tooLargeResourceVersion(asked, current).status));
  if (timeoutSeconds > 0) endAfter(deps.clock, timeoutSeconds * 1000, frames);
  return { kind: 'watch', status: 200, headers: { 'content-type': 'application/json' }, frames };
}

/** Without a revision, and with "0", a watch begins with the state, unless the client does not want that. */
function startOf({ revision = 0, sendInitialEvents }: ListOptions): WatchStart['from'] {
  if (sendInitialEvents === true) return 'state';
  if (revision > 0) return revision;
  return sendInitialEvents === false ? 'now' : 'state';
}

function endAfter(clock: Clock, milliseconds: number, frames: WatchQueue): void {
  const sleeping = new AbortController();
  frames.onEnd(() => sleeping.abort());
  clock.sleep(milliseconds, sleeping.signal).then(
    () => frames.end(),
    () => undefined,
  );
}
