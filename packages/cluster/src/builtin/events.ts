/**
 * Events of `v1` and of `events.k8s.io/v1` are the same objects under two names. They are stored in the core form; the API
 * converts what comes and goes under the other one.
 */
import type { JsonObject } from '../schema/json.ts';

/** Fields that only have another name: core, then events.k8s.io. */
const RENAMED: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
];

/** The `v1` form of an `events.k8s.io/v1` Event. Shares nested values; `apiVersion` is that of the result. */
export function toCoreEvent(event: JsonObject): JsonObject {
  return { ...rename(event, 1, 0), apiVersion: 'v1' };
}

/** The `events.k8s.io/v1` form of a `v1` Event. Shares nested values. */
export function toEventsV1(event: JsonObject): JsonObject {
  return { ...rename(event, 0, 1), apiVersion: 'events.k8s.io/v1' };
}

function rename(event: JsonObject, from: 0 | 1, to: 0 | 1): JsonObject {
  const names = new Map(RENAMED.map((pair) => [pair[from], pair[to]]));
  const result: JsonObject = {};
  for (const key of Object.keys(event)) result[names.get(key) ?? key] = event[key];
  return result;
}
