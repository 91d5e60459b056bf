/** What the API server knows of a kind it serves, built-in or from a CRD. */
import type { ObjectSchema } from '../schema/schema.ts';

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
  status: boolean;
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
}

/** Hooks of a built-in kind. All may change `object` in place. Pure but for what `context` gives. */
export interface KindStrategy {
  /** Fill what the schema's static defaults can't say (e.g. Service clusterIP, Deployment labels). */
  prepareCreate?(object: Record<string, unknown>): void;
  /** Carry over immutable and server-owned fields. */
  prepareUpdate?(object: Record<string, unknown>, old: Record<string, unknown>): void;
  /** Extra checks beyond the schema. */
  validate?(
    object: Record<string, unknown>,
    old?: Record<string, unknown>,
  ): import('../schema/schema.ts').FieldError[];
  /** Field selectors beyond metadata.name and metadata.namespace: path → value. */
  fields?(object: Record<string, unknown>): Record<string, string>;
}
