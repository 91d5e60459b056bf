/** A merge patch (RFC 7386) leaves absent members alone; to drop a member it must be named. */

/** `after` as a merge patch over `before`: members that are gone are null. Top level only. */
export function mergeBody(before: object | undefined, after: object): Record<string, unknown> {
  const gone = Object.keys(before ?? {}).filter((key) => !(key in after));
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...after };
}
