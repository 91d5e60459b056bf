/**
 * Moves what was written while a scenario lived through its past to the time it has there. The API server stamps objects
 * with the machine's time, as it must; only whoever holds the storage can tell it otherwise.
 */
import { isObject } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import type { Storage, StoredValue } from '../storage/storage.ts';
import { microTimeText, timeText } from '../workloads/time-text.ts';

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
/** Parts of an object whose instants say when something happened. */
const PARTS = ['metadata', 'status', 'firstTimestamp', 'lastTimestamp', 'eventTime', 'series'];

function shift(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return INSTANT.test(value) ? change(value) : value;
  if (Array.isArray(value)) return value.map((item) => shift(item, change));
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    result[key] = key === 'annotations' || key === 'labels' ? item : shift(item, change);
  }
  return result;
}

/** Some things are older than the trouble. */
const OLDER_MS: Readonly<Record<string, number>> = {
  Namespace: 9 * 86_400_000,
  Node: 12 * 86_400_000,
  StorageClass: 40 * 86_400_000,
};

export interface PastRecorder {
  /** How many writes to the scenario's objects there were. */
  readonly writes: number;
  /** Gives what was written since the last call the time `now`. */
  settle(now: number): void;
  stop(): void;
}

/** Follows the writes to objects that `isOurs` accepts, from now on. */
export function recordPast(options: {
  storage: Storage;
  since: number;
  isOurs(value: StoredValue): boolean;
}): PastRecorder {
  const { storage, isOurs } = options;
  const floor = Math.floor(options.since / 1000) * 1000;
  const changed = new Set<string>();
  let writes = 0;
  let isSettling = false;
  const stop = storage.subscribe('/', ({ type, key, value }) => {
    if (isSettling || !isOurs(value)) return;
    writes += 1;
    if (type === 'deleted') changed.delete(key);
    else changed.add(key);
  });

  return {
    get writes() {
      return writes;
    },
    settle(now) {
      isSettling = true;
      const written = { seconds: timeText(now), micros: microTimeText(now) };
      const move = (text: string) => {
        if (Date.parse(text) < floor) return text;
        return text.includes('.') ? written.micros : written.seconds;
      };
      for (const key of changed) {
        const entry = storage.get(key);
        if (entry === undefined) continue;
        const next: JsonObject = { ...entry.value };
        const { kind, metadata } = entry.value;
        const older = OLDER_MS[String(kind)];
        const created = String(metadata['creationTimestamp']);
        if (older !== undefined && move(created) !== created) {
          next['metadata'] = { ...metadata, creationTimestamp: timeText(now - older) };
        }
        for (const part of PARTS) if (part in next) next[part] = shift(next[part], move);
        if (JSON.stringify(next) !== JSON.stringify(entry.value)) {
          storage.update(key, next as StoredValue, entry.revision);
        }
      }
      changed.clear();
      isSettling = false;
    },
    stop,
  };
}
