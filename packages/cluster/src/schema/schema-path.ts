/** Paths of problems inside a schema: `properties[spec].items`. */

/** `child` below `path`; the schema itself is ''. */
export function at(path: string, child: string): string {
  return path === '' ? child : `${path}.${child}`;
}
