/** Finds a kind by whatever a person or a model calls it: plural, singular, short name, Kind, `plural.group`. */
import type { Clock, KubeClient, ResourceType } from '@kagent/kube';
import { ToolFailure } from '../tool.ts';
import { closest } from './closest.ts';
import { type ApiResource, readApiResources } from './discovery.ts';
import type { AnyObject } from './objects.ts';

export interface Catalog {
  /** The next miss reads again, however recent the last read was. */
  expectChange(): void;
  all(): Promise<readonly ApiResource[]>;
  /** Rejects with `ToolFailure` that names the closest kinds. */
  resolve(name: string): Promise<ApiResource>;
  /** Like `resolve`, for `pods,svc` and for categories such as `all`. */
  resolveMany(names: string): Promise<ApiResource[]>;
  /** By the apiVersion and kind of a manifest; exact version. */
  ofManifest(head: {
    apiVersion: string;
    kind: string;
  }): Promise<ResourceType<AnyObject> | undefined>;
}

/** Kinds may come and go (CRDs); a miss reads again, but not more often than this. */
const MIN_REFRESH_MS = 1000;
const MAX_AGE_MS = 10 * 60_000;
const READ_TIMEOUT_MS = 30_000;

export function createCatalog(options: { kube: KubeClient; clock: Clock }): Catalog {
  const cache = createCache(options);

  async function resolve(name: string): Promise<ApiResource> {
    const found = await cache.search((resources) => match(resources, name));
    if (found === undefined) throw unknownKind(name, await cache.all());
    return found;
  }

  return {
    expectChange: cache.expectChange,
    all: cache.all,
    resolve,
    async resolveMany(names) {
      const found: ApiResource[] = [];
      const words = names.split(',').map((part) => part.trim());
      for (const name of words.filter((word) => word !== '')) {
        const category = name.toLowerCase();
        const members = (await cache.all()).filter(({ categories }) =>
          categories.includes(category),
        );
        found.push(...(members.length > 0 ? members : [await resolve(name)]));
      }
      if (found.length === 0)
        throw new ToolFailure('resource_type is empty: name a kind, e.g. pods.');
      return [...new Set(found)];
    },
    async ofManifest({ apiVersion, kind }) {
      const slash = apiVersion.lastIndexOf('/');
      const group = slash === -1 ? '' : apiVersion.slice(0, slash);
      const version = apiVersion.slice(slash + 1);
      const found = await cache.search((resources) =>
        resources.find(({ type }) => type.group === group && type.kind === kind),
      );
      return found === undefined ? undefined : { ...found.type, version };
    },
  };
}

interface Cache {
  expectChange(): void;
  all(): Promise<ApiResource[]>;
  /** Looks in what is known, then once more in fresh discovery. */
  search<T>(find: (resources: ApiResource[]) => T | undefined): Promise<T | undefined>;
}

function createCache({ kube, clock }: { kube: KubeClient; clock: Clock }): Cache {
  let known: { resources: ApiResource[]; readAt: number } | undefined;
  let reading: Promise<ApiResource[]> | undefined;
  let isChangeExpected = false;

  /** Concurrent callers share one read; none of them can cancel it for the others. */
  async function read(): Promise<ApiResource[]> {
    reading ??= readApiResources(kube, AbortSignal.timeout(READ_TIMEOUT_MS))
      .then((resources) => {
        known = { resources, readAt: clock.now() };
        return resources;
      })
      .finally(() => {
        reading = undefined;
      });
    return await reading;
  }

  async function all(): Promise<ApiResource[]> {
    if (known !== undefined && clock.now() - known.readAt < MAX_AGE_MS) return known.resources;
    return await read();
  }

  return {
    all,
    expectChange() {
      isChangeExpected = true;
    },
    async search(find) {
      const found = find(await all());
      if (found !== undefined) return found;
      const isFresh = known !== undefined && clock.now() - known.readAt < MIN_REFRESH_MS;
      if (isFresh && !isChangeExpected) return undefined;
      isChangeExpected = false;
      return find(await read());
    },
  };
}

/** First match wins: plural, singular, short name, Kind, then the same followed by `.group` or `.version.group`. */
function match(resources: readonly ApiResource[], name: string): ApiResource | undefined {
  const wanted = name.trim().toLowerCase();
  const byName = (word: string, among: readonly ApiResource[]) =>
    among.find(({ type }) => type.plural === word) ??
    among.find((resource) => namesOf(resource).includes(word));
  const exact = byName(wanted, resources);
  if (exact !== undefined) return exact;
  const dot = wanted.indexOf('.');
  if (dot === -1) return undefined;
  const rest = wanted.slice(dot + 1);
  const ofGroup = resources.filter(
    ({ type }) => type.group === rest || `${type.version}.${type.group}` === rest,
  );
  return byName(wanted.slice(0, dot), ofGroup);
}

function namesOf({ type, singular, shortNames }: ApiResource): string[] {
  return [type.plural, singular, ...shortNames, type.kind].map((name) => name.toLowerCase());
}

function unknownKind(name: string, resources: readonly ApiResource[]): ToolFailure {
  const similar = closest(name.split('.')[0] ?? name, resources.flatMap(namesOf));
  const plurals = [...new Set(similar.map((word) => match(resources, word)?.type.plural ?? word))];
  const hint =
    plurals.length > 0
      ? `Closest: ${plurals.join(', ')}.`
      : 'k8s_get_available_api_resources lists the kinds of this cluster.';
  return new ToolFailure(`Unknown kind "${name}": the cluster has no such resource type. ${hint}`);
}
