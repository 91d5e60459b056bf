/** Keeps what is served in step with the stored CRDs, and empties a CRD that is being deleted. */
import type { Logger } from '@kagent/kube';

import type { Storage, StorageEvent } from '../storage/storage.ts';
import { jsonEqual } from '../schema/json.ts';
import {
  CRD_FINALIZER,
  CRD_GROUP,
  CRD_PLURAL,
  customDefinition,
  establishCrd,
  isEstablished,
  nameConflict,
} from './crd.ts';
import { deleteNow } from './delete.ts';
import type { DeleteDependencies } from './delete.ts';
import { stringAt } from './json.ts';
import { fromStorage, namesInKey, resourcePrefix } from './object.ts';
import type { ApiObject } from './object.ts';
import type { ResourceRegistry } from './resource-registry.ts';
import type { WatchHub } from './watch/watch-hub.ts';

export interface CrdLifecycleDependencies extends DeleteDependencies {
  storage: Storage;
  registry: ResourceRegistry;
  hub: WatchHub;
  logger: Logger;
}

const CRD_PREFIX = resourcePrefix({ group: CRD_GROUP, plural: CRD_PLURAL });

/** Serves the stored CRDs and follows their changes, each before the write that made it returns. Returns the stop. */
export function followCrds(deps: CrdLifecycleDependencies): () => void {
  const { storage } = deps;
  const emptying = new Map<string, () => void>();
  for (const entry of storage.list(CRD_PREFIX).entries) serve(deps, fromStorage(entry));
  const stop = storage.subscribe(CRD_PREFIX, (event) => {
    try {
      follow(deps, event, emptying);
    } catch (error) {
      deps.logger.error(
        { key: event.key, error: String(error) },
        'CRD change could not be followed',
      );
    }
  });
  for (const entry of storage.list(CRD_PREFIX).entries) {
    const crd = fromStorage(entry);
    if (isTerminating(crd)) empty(deps, crd, emptying);
  }
  return () => {
    stop();
    for (const unsubscribe of emptying.values()) unsubscribe();
  };
}

function follow(
  deps: CrdLifecycleDependencies,
  event: StorageEvent,
  emptying: Map<string, () => void>,
): void {
  const crd = fromStorage(event);
  const { name } = crd.metadata;
  if (event.type === 'deleted') {
    emptying.get(name)?.();
    emptying.delete(name);
    deps.registry.removeCustom(name);
    deps.hub.endWatches((resource) => !isServed(deps.registry, resource));
    judgeNamesAgain(deps, stringAt(crd, 'spec', 'group'));
    return;
  }
  serve(deps, crd);
  const { definition } = customDefinition(crd);
  // A deletion counts as a new generation too; its watches go on, to tell of the objects that go.
  const isChanged = !jsonEqual(event.previous?.['spec'], crd['spec']);
  deps.hub.endWatches(
    (resource) =>
      !isServed(deps.registry, resource) ||
      // What a watch has sent was made with the schema of before.
      (isChanged && resource.group === definition.group && resource.plural === definition.plural),
  );
  if (isTerminating(crd)) empty(deps, crd, emptying);
}

function isServed(
  registry: ResourceRegistry,
  of: { group: string; plural: string; version: { version: string } },
): boolean {
  return registry.find(of.group, of.version.version, of.plural) !== undefined;
}

function isTerminating(crd: ApiObject): boolean {
  return crd.metadata.deletionTimestamp !== undefined;
}

/** A CRD that is gone frees its names: those of its group that waited for them may be served now. */
function judgeNamesAgain(
  { storage, registry, clock }: CrdLifecycleDependencies,
  group?: string,
): void {
  for (const entry of storage.list(CRD_PREFIX).entries) {
    const crd = fromStorage(entry);
    if (isEstablished(crd) || stringAt(crd, 'spec', 'group') !== group) continue;
    const judged: ApiObject = { ...crd, metadata: { ...crd.metadata } };
    establishCrd(judged, { now: clock.now(), conflict: nameConflict(judged, registry) });
    if (!jsonEqual(judged['status'], crd['status']))
      storage.update(entry.key, judged, entry.revision);
  }
}

function serve({ registry }: CrdLifecycleDependencies, crd: ApiObject): void {
  if (isEstablished(crd)) registry.setCustom(crd.metadata.name, customDefinition(crd));
}

/** Deletes the objects of a CRD; when the last one is gone, now or later, the CRD may go too. */
function empty(
  deps: CrdLifecycleDependencies,
  crd: ApiObject,
  emptying: Map<string, () => void>,
): void {
  const { storage, registry } = deps;
  const { definition } = customDefinition(crd);
  const prefix = resourcePrefix(definition);
  const { name } = crd.metadata;
  if (!emptying.has(name)) {
    const stop = storage.subscribe(prefix, ({ type }) => {
      if (type === 'deleted') release(deps, name, prefix);
    });
    emptying.set(name, stop);
  }
  const resource = registry.findAny(definition.group, definition.plural);
  if (resource) {
    for (const { key } of storage.list(prefix).entries) {
      // A deletion earlier in this loop may have taken this object along.
      if (storage.get(key))
        deleteNow(deps, { resource, ...namesInKey(prefix, key) }, { dryRun: false });
    }
  }
  release(deps, name, prefix);
}

function release({ storage }: CrdLifecycleDependencies, name: string, prefix: string): void {
  const entry = storage.get(`${CRD_PREFIX}${name}`);
  if (!entry || storage.list(prefix, { limit: 1 }).entries.length > 0) return;
  const crd = fromStorage(entry);
  const finalizers = (crd.metadata.finalizers ?? []).filter((item) => item !== CRD_FINALIZER);
  if (finalizers.length === 0) storage.delete(entry.key, entry.revision);
  else if (finalizers.length < (crd.metadata.finalizers ?? []).length) {
    storage.update(
      entry.key,
      { ...crd, metadata: { ...crd.metadata, finalizers } },
      entry.revision,
    );
  }
}
