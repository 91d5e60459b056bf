/** Steps that make objects in some state and read them as the table of `kubectl get -o wide`. */
import type { ConformanceCase, Step } from '../case.ts';

export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

type Json = Record<string, unknown>;

/** An object with what is written to its status, if anything. */
export interface Shown {
  name: string;
  /** Everything but the name. */
  object: Json;
  status?: Json;
}

export interface Collection {
  /** `/apis/apps/v1` */
  root: string;
  plural: string;
  /** Each object is read alone then, as others have some too. */
  isClusterScoped?: boolean;
  /** More of the query of the list, with `&`. */
  query?: string;
}

/** One case: the objects are made without being recorded, the table is. */
export function tableOf(name: string, collection: Collection, shown: Shown[]): ConformanceCase {
  const { root, plural, isClusterScoped = false, query = '' } = collection;
  const base = `${root}/${isClusterScoped ? '' : 'namespaces/$ns/'}${plural}`;
  const making = shown.flatMap(({ name: given, object, status }): Step[] => {
    const own = isClusterScoped ? `${given}-$id` : given;
    const metadata = { name: own, ...(object['metadata'] as Json | undefined) };
    const create = { request: `POST ${base}`, body: { ...object, metadata }, quiet: true };
    if (status === undefined) return [create];
    const request = `PATCH ${base}/${own}/status`;
    const type = 'application/merge-patch+json';
    return [create, { request, type, body: { status }, quiet: true }];
  });
  const options = { accept: TABLE, shape: 'table' as const };
  const reading: Step[] = isClusterScoped
    ? shown.map((one) => ({
        request: `GET ${base}/${one.name}-$id?includeObject=None`,
        ...options,
      }))
    : [{ request: `GET ${base}?includeObject=None${query}`, ...options }];
  return { name, steps: [...making, ...reading] };
}
