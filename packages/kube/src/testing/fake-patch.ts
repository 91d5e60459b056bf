/** Patches and selectors, in the simplest form tests need: strategic patches merge like RFC 7386 ones. */
import { KubeError } from '../errors.ts';
import { isRecord } from '../parse-json.ts';
import type { KubeObject } from '../types.ts';

/** RFC 7386: objects merge, null removes, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** RFC 6902 `add`, `replace`, `remove`, `test`. */
function jsonPatch(target: unknown, operations: unknown): unknown {
  const result = structuredClone(target);
  for (const operation of Array.isArray(operations) ? (operations as unknown[]) : []) {
    if (!isRecord(operation)) continue;
    const path = String(operation['path']).split('/').slice(1);
    const last = (path.pop() ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
    let parent: unknown = result;
    for (const segment of path)
      parent =
        isRecord(parent) || Array.isArray(parent)
          ? (parent as Record<string, unknown>)[segment]
          : undefined;
    if (!isRecord(parent) && !Array.isArray(parent))
      throw new KubeError({
        reason: 'Invalid',
        code: 422,
        message: `path not found: ${String(operation['path'])}`,
      });
    edit(parent as Record<string, unknown>, { name: last, operation });
  }
  return result;
}

function edit(
  parent: Record<string, unknown>,
  { name, operation }: { name: string; operation: Record<string, unknown> },
): void {
  const list: unknown[] | undefined = Array.isArray(parent) ? (parent as unknown[]) : undefined;
  if (operation['op'] === 'remove') {
    if (list === undefined) delete parent[name];
    else list.splice(Number(name), 1);
  } else if (operation['op'] === 'add' && list !== undefined)
    list.splice(name === '-' ? list.length : Number(name), 0, operation['value']);
  else if (operation['op'] !== 'test') parent[name] = operation['value'];
}

export function applyPatch(
  contentType: string,
  { target, patch }: { target: unknown; patch: unknown },
): unknown {
  return contentType.startsWith('application/json-patch')
    ? jsonPatch(target, patch)
    : mergePatch(target, patch);
}

/** `a=b,c!=d,e,!f` and `x in (a,b)`. */
export function matchesLabels(object: KubeObject, selector: string | undefined): boolean {
  const labels = object.metadata.labels ?? {};
  return (selector ?? '')
    .split(/,(?![^(]*\))/)
    .filter((term) => term !== '')
    .every((term) => {
      const set = /^(\S+) (in|notin) \(([^)]*)\)$/.exec(term.trim());
      if (set !== null) {
        const has = set[3]!.split(',').includes(labels[set[1]!] ?? '\0');
        return set[2] === 'in' ? has : !has;
      }
      const [key = '', value] = term.split(/!?==?/);
      if (value === undefined)
        return key.startsWith('!') ? !(key.slice(1) in labels) : key in labels;
      return (labels[key] === value) !== term.includes('!=');
    });
}

export function matchesFields(object: KubeObject, selector: string | undefined): boolean {
  return (selector ?? '')
    .split(',')
    .filter((term) => term !== '')
    .every((term) => {
      const [path = '', value] = term.split(/!?==?/);
      let found: unknown = object;
      for (const segment of path.split('.')) found = isRecord(found) ? found[segment] : undefined;
      return ((found ?? '') === value) !== term.includes('!=');
    });
}
