/** What the `resize` subresource may change: cpu and memory of containers that run on. */
import { forbidden, invalid } from '../../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../../schema/json.ts';
import type { FieldError } from '../../../schema/schema.ts';
import { qosClass } from '../pod-defaults.ts';
import { items, part, text } from '../rules.ts';

const RESIZED = ['cpu', 'memory'];

/** Errors of a resize, besides those of what the pod then is. */
export function resizeErrors(pod: JsonObject, old: JsonObject): FieldError[] {
  const [after, before] = [part(pod, 'spec'), part(old, 'spec')];
  if (part(before, 'os').name === 'windows')
    return [forbidden('', 'windows pods cannot be resized')];
  const errors: FieldError[] = [];
  const quality = text(part(old, 'status'), 'qosClass');
  if (quality !== qosClass(after)) {
    const why = 'Pod QOS Class may not change as a result of resizing';
    errors.push(invalid('spec', quality, why));
  }
  const running = items(part(old, 'status'), 'containerStatuses').find(([status]) =>
    isObject(part(status, 'state').running),
  );
  if (running !== undefined && !isObject(running[0].resources)) {
    errors.push(forbidden('spec', 'Pod running on node without support for resize'));
  }
  const isPodLevel = [after, before].some((spec) => isObject(spec.resources));
  if (isPodLevel) {
    const why =
      'resize of pods with pod-level resources is forbidden when InPlacePodLevelResourcesVerticalScalingEnabled feature gate is disabled';
    return [...errors, forbidden('', why)];
  }
  return [...errors, ...removalErrors(after, before), ...changeErrors(after, before)];
}

function pairs(
  after: JsonObject,
  before: JsonObject,
  list: string,
): [JsonObject, JsonObject, string][] {
  const old = items(before, list);
  return items(after, list, 'spec.').map(([container, path], index) => [
    container,
    old[index]?.[0] ?? {},
    path,
  ]);
}

function removalErrors(after: JsonObject, before: JsonObject): FieldError[] {
  const sidecars = pairs(after, before, 'initContainers').filter(
    ([, old]) => old.restartPolicy === 'Always',
  );
  return [...sidecars, ...pairs(after, before, 'containers')].flatMap(([now, old, path]) =>
    ['requests', 'limits']
      .filter((list) => {
        const [has, had] = [now, old].map((of) => part(part(of, 'resources'), list));
        return Object.keys(had ?? {}).some((name) => has?.[name] === undefined);
      })
      .map((list) => forbidden(`${path}.resources.${list}`, `resource ${list} cannot be removed`)),
  );
}

function changeErrors(after: JsonObject, before: JsonObject): FieldError[] {
  const fixed = (container: JsonObject): JsonObject => {
    const resources = part(container, 'resources');
    const without = (list: string) =>
      Object.fromEntries(
        Object.entries(part(resources, list)).filter(([name]) => !RESIZED.includes(name)),
      );
    return {
      ...container,
      resources: { ...resources, requests: without('requests'), limits: without('limits') },
    };
  };
  const isKept = ([now, old]: [JsonObject, JsonObject, string]) =>
    jsonEqual(fixed(now), fixed(old));
  const errors = pairs(after, before, 'containers')
    .filter((pair) => !isKept(pair))
    .map(() => forbidden('spec', 'only cpu and memory resources are mutable'));
  for (const pair of pairs(after, before, 'initContainers')) {
    const [now, old] = pair;
    if (old.restartPolicy !== 'Always') {
      const why = 'resources for non-sidecar init containers are immutable';
      if (!jsonEqual(now, old)) errors.push(forbidden('spec', why));
    } else if (!isKept(pair)) {
      const why = 'only cpu and memory resources for sidecar containers are mutable';
      errors.push(forbidden('spec', why));
    }
  }
  return errors;
}
