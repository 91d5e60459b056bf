/** Counters of a status as Go writes them: fields marked `omitempty` are absent while they are 0. */

/** `status` without those of `counters` that are 0. */
export function withoutZeros<T extends object>(status: T, counters: readonly (keyof T)[]): T {
  const zero = new Set<PropertyKey>(counters.filter((name) => status[name] === 0));
  return Object.fromEntries(Object.entries(status).filter(([name]) => !zero.has(name))) as T;
}
