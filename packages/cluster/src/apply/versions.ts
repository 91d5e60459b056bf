/**
 * Managers of one object may have used several versions of its kind. Their fields are judged in their own version: with
 * its schema and, where versions look different, with the object as that version shows it.
 */
import type { JsonObject } from '../schema/json.ts';
import { rootNodeOf, type SchemaNode } from '../schema/node.ts';
import type { SchemaSource } from '../schema/schema.ts';
import type { FieldSet } from './fields.ts';
import { withFields, type Manager } from './managers.ts';
import { reconcileFields } from './reconcile.ts';
import { compare, type Comparison } from './typed.ts';

/** A kind in one of its versions. */
export interface VersionView {
  source: SchemaSource;
  /**
   * Makes this version of an object in the version of the request; absent where only `apiVersion` differs. `undefined`
   * when that cannot be told here: then managers of this version keep what they have.
   */
  convert?(object: JsonObject): JsonObject | undefined;
}

/** The view of `apps/v1` and the like; `undefined` for a version that does not exist (any more). */
export type VersionLookup = (apiVersion: string) => VersionView | undefined;

export interface VersionsInput {
  /** Version of the request. */
  apiVersion: string;
  source: SchemaSource;
  /** The kind's other versions. Without it everything is judged in the version of the request. */
  versions?: VersionLookup;
}

interface Version {
  node: SchemaNode;
  show(object: JsonObject): JsonObject | undefined;
}

/** The versions that one write meets. */
export class Versions {
  readonly #input: VersionsInput;
  readonly #known = new Map<string, Version | undefined>();

  constructor(input: VersionsInput) {
    this.#input = input;
  }

  /** The schema of a version; `undefined` when the version does not exist. */
  node(apiVersion: string): SchemaNode | undefined {
    return this.#version(apiVersion)?.node;
  }

  /** Managers of versions that still exist, their fields fitted to today's schema. */
  existing(managers: readonly Manager[]): Manager[] {
    return managers.flatMap((manager) => {
      const version = this.#version(manager.apiVersion);
      if (version === undefined) return [];
      return [withFields(manager, reconcileFields(manager.fields, version.node))];
    });
  }

  /** Compares two objects in the version of each manager it is asked for; each version is compared once. */
  comparing(before: JsonObject, after: JsonObject): (apiVersion: string) => Comparison {
    const done = new Map<SchemaNode | undefined, Comparison>();
    return (apiVersion) => {
      const version = this.#version(apiVersion);
      const known = done.get(version?.node);
      if (known !== undefined) return known;
      const [old, current] = [version?.show(before), version?.show(after)];
      const comparison =
        old === undefined || current === undefined ? NOTHING : compare(old, current, version?.node);
      done.set(version?.node, comparison);
      return comparison;
    };
  }

  #version(apiVersion: string): Version | undefined {
    if (!this.#known.has(apiVersion)) this.#known.set(apiVersion, this.#find(apiVersion));
    return this.#known.get(apiVersion);
  }

  #find(apiVersion: string): Version | undefined {
    const { versions, source } = this.#input;
    if (versions === undefined || apiVersion === this.#input.apiVersion) {
      return { node: rootNodeOf(source), show: (object) => object };
    }
    const view = versions(apiVersion);
    if (view === undefined) return undefined;
    const { convert } = view;
    return {
      node: rootNodeOf(view.source),
      show: (object) => (convert === undefined ? object : convert(object)),
    };
  }
}

const NO_CHANGES: FieldSet = new Map();
const NOTHING: Comparison = { changed: NO_CHANGES, removed: NO_CHANGES };
