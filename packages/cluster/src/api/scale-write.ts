/**
 * Writes of the scale subresource: what a client says about a Scale, with the owners of its one field, becomes a change of
 * the object. Applying, patching and replacing a Scale are what they are for any object, of the type `autoscaling/v1`
 * Scale.
 */
import { nameOf } from '../apply/apply.ts';
import { parentManagers, SCALE_VERSION, scaleManagers } from '../apply/scale.ts';
import type { ScaledObject } from '../apply/scale.ts';
import { trackUpdate } from '../apply/track.ts';
import { builtinObjectSchema } from '../builtin/schemas.ts';
import { strategyOf } from '../builtin/strategies/strategy.ts';
import { isObject } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import type { ObjectSchema } from '../schema/schema.ts';
import { fieldPath } from './json-path.ts';
import type { KindVersion } from './kinds.ts';
import { groupVersion, timestamp } from './object.ts';
import type { ApiObject } from './object.ts';
import type { ServedResource } from './resource-registry.ts';
import { fromScale, scaleToWrite } from './scale.ts';
import { unexpectedInput } from './status-error.ts';

class ScaleVersion implements KindVersion {
  readonly version = 'v1';
  readonly served = true;
  readonly storage = true;
  readonly columns = [];
  readonly status = false;
  readonly selectableFields = [];
  #schema: ObjectSchema | undefined;

  /** Compiled when it is first asked for. */
  get schema(): ObjectSchema {
    this.#schema ??= builtinObjectSchema(SCALE_VERSION, 'Scale');
    if (this.#schema === undefined) throw new Error('the type tables have no Scale');
    return this.#schema;
  }
}

const version = new ScaleVersion();
const strategy = strategyOf('autoscalingV1.Scale');

/** The resource as its scale subresource is: with Scales for objects. */
export function scaleForm(resource: ServedResource): ServedResource {
  return {
    ...resource,
    definition: { ...resource.definition, strategy },
    version,
    kind: 'Scale',
    apiVersion: SCALE_VERSION,
    isCustom: false,
  };
}

export interface ScaleWrite {
  resource: ServedResource;
  current: ApiObject;
  manager: string;
  /** Milliseconds. */
  now: number;
}

/** The Scale of the object with its owners, for a write to change. */
export function writableScale({ resource, current }: ScaleWrite): JsonObject {
  const scale = scaleToWrite(resource, current);
  const managedFields = scaleManagers(scaledObject(resource, current));
  const metadata = { ...(scale['metadata'] as JsonObject), managedFields };
  return { ...scale, metadata };
}

/** Refuses the Scale of a custom resource: a real server cannot apply those, though it can write them. */
export function checkApplicableScale({ resource, current }: ScaleWrite): void {
  if (!resource.isCustom) return;
  const isOwned = scaleManagers(scaledObject(resource, current)).length > 0;
  const live = `live object (${isOwned ? nameOf(current) : '/'}; ${SCALE_VERSION}, Kind=Scale)`;
  const why = `request to convert CR to an invalid group/version: ${SCALE_VERSION}`;
  const step = isOwned ? '' : 'failed to create manager for existing fields: ';
  const message = `${step}failed to convert ${live} to proper version: ${why}`;
  throw unexpectedInput(message);
}

/** The object as replacing its Scale makes it. No replicas are none that anybody could own. */
export function withUpdatedScale(write: ScaleWrite, scale: JsonObject): ApiObject {
  const entries = trackUpdate({
    before: writableScale(write),
    after: isObject(scale.spec) && scale.spec.replicas === 0 ? { ...scale, spec: {} } : scale,
    manager: write.manager,
    source: version.schema.source,
    subresource: 'scale',
    apiVersion: SCALE_VERSION,
    now: timestamp(write.now),
  });
  return withScale(write, scale, entries);
}

/** The object with the replicas of a Scale and the owners that the Scale has got. */
export function withScale(
  { resource, current }: ScaleWrite,
  scale: JsonObject,
  entries: unknown,
): ApiObject {
  const next = fromScale(resource, current, scale);
  const managers = parentManagers(scaledObject(resource, current), entries);
  if (managers.length > 0) next.metadata.managedFields = managers;
  else delete next.metadata.managedFields;
  return next;
}

function scaledObject(
  { group, definition, apiVersion }: ServedResource,
  parent: ApiObject,
): ScaledObject {
  const known = new Map(
    definition.versions.map(({ version: name, scale }) => [
      groupVersion(group, name),
      scale === undefined ? [] : fieldPath(scale.specReplicasPath),
    ]),
  );
  return { parent, apiVersion, replicasPath: (name) => known.get(name) };
}
