/** Which resources are served right now: the built-in kinds and what the stored CRDs add. */
import { createHash } from 'node:crypto';

import type { KindDefinition, KindVersion } from './kinds.ts';
import { groupVersion, resourcePrefix } from './object.ts';

/** One resource in one version. */
export interface ServedResource {
  definition: KindDefinition;
  version: KindVersion;
  group: string;
  plural: string;
  kind: string;
  /** `apiVersion` of objects in this version. */
  apiVersion: string;
  namespaced: boolean;
  /** Objects are stored in this version, whichever one they are written through. */
  storageApiVersion: string;
  /** Key prefix of its objects; the same for all versions. */
  prefix: string;
  isCustom: boolean;
  /** The CRD is being deleted: nothing new may be created. */
  isTerminating: boolean;
}

/** One group version, for discovery and OpenAPI. */
export interface ServedGroupVersion {
  group: string;
  version: string;
  resources: ServedResource[];
  /** Changes when what is served in this group version changes. */
  hash: string;
}

/** A CRD's definition with a text that changes with the CRD. */
export interface CustomDefinition {
  definition: KindDefinition;
  fingerprint: string;
  isTerminating: boolean;
}

export class ResourceRegistry {
  readonly #builtin: KindDefinition[];
  readonly #custom = new Map<string, CustomDefinition>();
  /** Key: `group/version/plural`. */
  #resources = new Map<string, ServedResource>();
  #groupVersions: ServedGroupVersion[] = [];
  #hash = '';

  constructor(builtin: KindDefinition[]) {
    this.#builtin = builtin;
    this.#rebuild();
  }

  find(group: string, version: string, plural: string): ServedResource | undefined {
    return this.#resources.get(`${group}/${version}/${plural}`);
  }

  /** Whether the group is one of the server's own; the paths of others are known only as far as CRDs serve them. */
  isBuiltinGroup(group: string): boolean {
    return this.#builtin.some((definition) => definition.group === group);
  }

  /** A served version of a resource, the first in order of preference. */
  findAny(group: string, plural: string): ServedResource | undefined {
    return this.all().find((resource) => resource.group === group && resource.plural === plural);
  }

  /** Every served resource version: built-in groups in their order, then the others by name; versions by preference. */
  all(): ServedResource[] {
    return this.#groupVersions.flatMap((served) => served.resources);
  }

  groupVersions(): ServedGroupVersion[] {
    return this.#groupVersions;
  }

  /** Changes whenever anything served changes. */
  get hash(): string {
    return this.#hash;
  }

  /** Adds or replaces what a CRD serves. Visible to the next request. */
  setCustom(name: string, custom: CustomDefinition): void {
    this.#custom.set(name, custom);
    this.#rebuild();
  }

  removeCustom(name: string): void {
    if (this.#custom.delete(name)) this.#rebuild();
  }

  #rebuild(): void {
    const groups = new Map<string, ServedGroupVersion & { fingerprints: string[] }>();
    const add = (definition: KindDefinition, custom?: CustomDefinition) => {
      for (const resource of servedVersions(definition, custom)) {
        const { group, version } = { group: definition.group, version: resource.version.version };
        const key = groupVersion(group, version);
        const served = groups.get(key) ?? {
          group,
          version,
          resources: [],
          hash: '',
          fingerprints: [],
        };
        groups.set(key, served);
        served.resources.push(resource);
        served.fingerprints.push(custom?.fingerprint ?? `builtin ${definition.plural}`);
      }
    };
    for (const definition of this.#builtin) add(definition);
    const builtin = new Set([...groups.values()].map((served) => served.group));
    for (const custom of this.#custom.values()) add(custom.definition, custom);
    const others = [...groups.values()].map((served) => served.group).toSorted();
    const order = [...new Set([...builtin, ...others])];
    this.#groupVersions = [...groups.values()]
      .map(({ fingerprints, ...served }) => ({
        ...served,
        resources: served.resources.toSorted((a, b) => (a.plural < b.plural ? -1 : 1)),
        hash: digest(fingerprints.toSorted().join('\n')),
      }))
      .toSorted(
        (a, b) =>
          order.indexOf(a.group) - order.indexOf(b.group) || compareVersions(a.version, b.version),
      );
    this.#resources = new Map();
    for (const resource of this.all()) {
      this.#resources.set(
        `${resource.group}/${resource.version.version}/${resource.plural}`,
        resource,
      );
    }
    this.#hash = digest(
      this.#groupVersions
        .map((served) => `${served.group}/${served.version} ${served.hash}`)
        .join('\n'),
    );
  }
}

function servedVersions(definition: KindDefinition, custom?: CustomDefinition): ServedResource[] {
  const { group, plural, kind, namespaced, storedAs } = definition;
  const storage = definition.versions.find((version) => version.storage) ?? definition.versions[0];
  return definition.versions
    .filter((version) => version.served)
    .map((version) => ({
      definition,
      version,
      group,
      plural,
      kind,
      namespaced,
      apiVersion: groupVersion(group, version.version),
      storageApiVersion: storedAs
        ? groupVersion(storedAs.group, storedAs.version)
        : groupVersion(group, storage?.version ?? version.version),
      prefix: resourcePrefix(storedAs ?? { group, plural }),
      isCustom: custom !== undefined,
      isTerminating: custom?.isTerminating ?? false,
    }));
}

/** The order of preference of API versions: `v2` before `v1` before `v1beta1` before `v1alpha1`, then the rest by name. */
export function compareVersions(a: string, b: string): number {
  const left = rank(a);
  const right = rank(b);
  for (let i = 0; i < left.length; i += 1) {
    const difference = (right[i] ?? 0) - (left[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(version: string): [number, number, number] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (!match) return [0, 0, 0];
  const stage = match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1;
  return [stage, Number(match[1]), Number(match[3] ?? 0)];
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32).toUpperCase();
}
