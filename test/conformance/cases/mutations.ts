/** Makes cases out of one valid object and a list of ways to change it. */
import type { ConformanceCase, Step } from '../case.ts';

/** Values by dotted path (`~` stands for a dot in a key); undefined takes the value away. */
export type Mutation = Record<string, unknown>;

type Tree = Record<string, unknown>;

export function mutate(base: object, changes: Mutation): Tree {
  const result = structuredClone(base) as Tree;
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.').map((key) => key.replaceAll('~', '.'));
    const last = keys.pop() ?? '';
    let node = result;
    for (const key of keys) node = (node[key] ??= {}) as Tree;
    if (value !== undefined) node[last] = value;
    else if (Array.isArray(node)) node.splice(Number(last), 1);
    else delete node[last];
  }
  return result;
}

/** An object to begin with. */
export interface Named {
  metadata: { name: string };
}

/** Creates each of the changed objects, without storing it. */
export function creates(path: string, base: Named, changes: Mutation[]): ConformanceCase {
  return {
    name: `create ${resourceOf(path)}`,
    steps: changes.map((change): Step => ({
      request: `POST ${path}?dryRun=All`,
      body: mutate(base, change),
      headers: ['warning'],
    })),
  };
}

/** Stores the object and replaces it with each of the changed ones, without storing them. */
export function updates(path: string, base: Named, changes: Mutation[]): ConformanceCase {
  const { name } = base.metadata;
  return {
    name: `update ${resourceOf(path)}`,
    steps: [
      { request: `POST ${path}`, body: base },
      ...changes.map((change): Step => ({
        request: `PUT ${path}/${name}?dryRun=All`,
        body: mutate(base, change),
        headers: ['warning'],
      })),
    ],
  };
}

/** Stores the object and reports each status, without storing it. */
export function reports(path: string, base: Named, statuses: unknown[]): ConformanceCase {
  const { name } = base.metadata;
  return {
    name: `status of ${resourceOf(path)}`,
    steps: [
      { request: `POST ${path}`, body: base, quiet: true },
      ...statuses.map((status): Step => ({
        request: `PUT ${path}/${name}/status?dryRun=All`,
        body: { ...base, status },
      })),
    ],
  };
}

function resourceOf(path: string): string {
  const [, , group, version] = path.split('/');
  return `${path.slice(path.lastIndexOf('/') + 1)} of ${group}/${version}`;
}
