/** Times as Kubernetes writes them. */

/** RFC 3339 with whole seconds, UTC (meta/v1 Time). */
export function timeText(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** RFC 3339 with microseconds, UTC (meta/v1 MicroTime). */
export function microTimeText(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z');
}
