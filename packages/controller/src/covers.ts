/** Does a live object already say everything that is wanted of it? Decides whether an apply would change anything. */

type Json = Record<string, unknown>;

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * True when every field of `desired` has an equal one in `live`. What the server adds is ignored: extra fields, extra
 * entries of lists whose entries have names, empty values it left out, and other spellings of a quantity.
 */
export function covers(desired: unknown, live: unknown): boolean {
  if (desired === undefined || desired === live) return true;
  if (live === undefined || live === null) return isEmpty(desired);
  if (Array.isArray(desired)) return Array.isArray(live) && coversList(desired, live);
  if (isRecord(desired)) {
    if (!isRecord(live)) return false;
    return Object.entries(desired).every(([key, value]) =>
      key === 'limits' || key === 'requests'
        ? coversQuantities(value, live[key])
        : covers(value, live[key]),
    );
  }
  return false;
}

function coversList(desired: readonly unknown[], live: readonly unknown[]): boolean {
  const key = ['name', 'mountPath', 'uid', 'type'].find((each) =>
    desired.every((item) => isRecord(item) && typeof item[each] === 'string'),
  );
  if (key === undefined || desired.length === 0) {
    return (
      desired.length === live.length && desired.every((item, index) => covers(item, live[index]))
    );
  }
  const byKey = new Map(live.filter(isRecord).map((item) => [mergeKey(item, key), item]));
  return desired.every((item) => isRecord(item) && covers(item, byKey.get(mergeKey(item, key))));
}

/** Mounts are told apart by path, since several may have one name. */
function mergeKey(item: Json, key: string): unknown {
  return item['mountPath'] ?? item[key];
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === '' || value === false || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.values(value).every(isEmpty);
}

function coversQuantities(desired: unknown, live: unknown): boolean {
  if (!isRecord(desired)) return covers(desired, live);
  if (!isRecord(live)) return isEmpty(desired);
  return Object.entries(desired).every(([name, value]) => {
    const other = live[name];
    return value === other || (other !== undefined && quantity(value) === quantity(other));
  });
}

const SUFFIXES: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The value of a quantity; text that is none stays text. */
function quantity(value: unknown): unknown {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(String(value));
  const factor = SUFFIXES[match?.[2] ?? '?'];
  return match === null || factor === undefined ? value : Number(match[1]) * factor;
}
