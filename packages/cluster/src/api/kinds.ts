/** What the API server knows of a kind it serves, built-in or from a CRD. */
import type { ObjectSchema } from '../schema/schema.ts';
import type { Eventual } from './eventual.ts';
import type { ApiObject } from './object.ts';
import type { User } from './request.ts';
import type { StoredDefaults } from './stored-defaults.ts';

export interface PrinterColumn {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  /** CRD style JSONPath, e.g. `.spec.type`. */
  jsonPath?: string;
  /** Built-in kinds compute their cells; wins over `jsonPath`. `now` is milliseconds. */
  cell?: (object: Record<string, unknown>, now: number) => string | number | boolean | null;
}

export interface KindVersion {
  version: string;
  served: boolean;
  storage: boolean;
  schema: ObjectSchema;
  columns: PrinterColumn[];
  /** What a table says of a row as a whole; undefined for nothing. */
  rowConditions?: ((object: Record<string, unknown>) => object[] | undefined) | undefined;
  /** Why an object cannot be decoded, in the words of a real server; may take out of it what means absent. */
  decodingProblem?: ((object: Record<string, unknown>) => string | undefined) | undefined;
  status: boolean;
  /** Every answer warns with it. */
  deprecation?: string | undefined;
  scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  selectableFields: string[];
}

/** One served resource. Built-in kinds have one version here for each group version. */
export interface KindDefinition {
  group: string;
  kind: string;
  listKind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  categories: string[];
  namespaced: boolean;
  versions: KindVersion[];
  /** Built-in behaviour on writes; runs after decoding, before schema defaults. */
  strategy?: KindStrategy;
  /** Verbs if not all. */
  verbs?: string[];
  /** Asks a webhook to convert between versions; without it they differ in nothing but `apiVersion`. */
  conversion?: ConversionWebhook;
  /** Built-in kinds: `metadata.generation` counts changes of the desired state. Custom kinds always have it. */
  hasGeneration?: boolean;
  /** Set for a kind whose objects are made for each request and never stored; it can be read, not watched. In any order. */
  compute?(): Eventual<ApiObject[]>;
  /** Custom kinds: adds defaults that are younger than a stored object. */
  storedDefaults?: StoredDefaults;
  /** Set for a second name of objects that are stored as another kind. */
  storedAs?: StoredForm;
}

/**
 * How the objects of one API are stored under another one: Events of `v1` and `events.k8s.io/v1` are the same objects, and
 * so are the autoscalers of `autoscaling/v1` and `v2`. Both functions share nested values with what they are given and set
 * `apiVersion`.
 */
export interface StoredForm {
  group: string;
  version: string;
  plural: string;
  toStored(object: Record<string, unknown>): Record<string, unknown>;
  fromStored(object: Record<string, unknown>): Record<string, unknown>;
}

/** `spec.conversion.webhook` of a CRD. */
export interface ConversionWebhook {
  /** `clientConfig` as in webhook configurations. */
  clientConfig: Record<string, unknown>;
  reviewVersions: string[];
}

/** Hooks of a built-in kind. All may change `object` in place. Pure but for what `context` gives. */
export interface KindStrategy {
  /** What keeps a body from being decoded, in the words of Go's JSON decoder; undefined when nothing does. */
  decodingProblem?(object: Record<string, unknown>): string | undefined;
  /** Defaults alone, as decoding gives them before admission. Idempotent. */
  applyDefaults?(object: Record<string, unknown>): void;
  /** Fill what the schema's static defaults can't say (e.g. Service clusterIP, Deployment labels). */
  prepareCreate?(object: Record<string, unknown>, user?: User): void;
  /** Carry over immutable and server-owned fields. */
  prepareUpdate?(object: Record<string, unknown>, old: Record<string, unknown>): void;
  /** A new object may bring its status. */
  keepsNewStatus?: boolean;
  /** Completes a status that is written by itself. */
  prepareStatus?(object: Record<string, unknown>, old: Record<string, unknown>): void;
  /** Extra checks beyond the schema. `subresource` is that by which the object is changed, if any. */
  validate?(
    object: Record<string, unknown>,
    old?: Record<string, unknown>,
    subresource?: string,
  ): import('../schema/schema.ts').FieldError[];
  /** What is checked instead where only the status is written. */
  validateStatus?(
    object: Record<string, unknown>,
    old: Record<string, unknown>,
  ): import('../schema/schema.ts').FieldError[];
  /** Texts of `Warning` headers for an object that is valid. */
  warnings?(object: Record<string, unknown>, old?: Record<string, unknown>): string[];
  /** Field selectors beyond metadata.name and metadata.namespace: path → value. */
  fields?(object: Record<string, unknown>): Record<string, string>;
}
