/**
 * The one schema model of the cluster: OpenAPI v3 as Kubernetes uses it. CRD versions bring theirs; built-in kinds get
 * theirs from the table in `builtin/`. Pruning, defaulting, validation, patch, apply and OpenAPI publication all read it.
 */
export interface Schema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  format?: string;
  description?: string;
  /** Built-in types refer to each other; resolved with `SchemaSource.resolve`. CRD schemas never have it. */
  $ref?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  required?: string[];
  default?: unknown;
  enum?: unknown[];
  nullable?: boolean;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  not?: Schema;
  title?: string;
  externalDocs?: unknown;
  example?: unknown;
  /** Parts of JSON schema that CRDs may not use; here so that their use can be reported. */
  id?: string;
  additionalItems?: unknown;
  patternProperties?: Record<string, unknown>;
  definitions?: Record<string, unknown>;
  dependencies?: Record<string, unknown>;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-validations'?: ValidationRule[];
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[];
  'x-kubernetes-selectable-fields'?: { fieldPath: string }[];
}

export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/** A root schema with the means to follow its `$ref`s. */
export interface SchemaSource {
  root: Schema;
  resolve(ref: string): Schema;
}

/** One complaint, as `details.causes` wants it. `type` follows apimachinery's field.ErrorType. */
export interface FieldError {
  type:
    | 'Required'
    | 'Invalid'
    | 'Duplicate'
    | 'NotSupported'
    | 'TooLong'
    | 'TooMany'
    | 'TypeInvalid'
    | 'Forbidden'
    | 'NotFound';
  /** `spec.tools[0].name` */
  field: string;
  /** Complete text after the path, e.g. `Required value`, `Unsupported value: "x": supported values: "A", "B"`. */
  detail: string;
}

/** Pure object operations of one kind in one version. */
export interface ObjectSchema {
  source: SchemaSource;
  /** What is there in an object before anything is put in; absent when that is nothing. Shared, not to be changed. */
  empty?: Record<string, unknown> | undefined;
  /** Removes unknown fields in place; returns their paths (`spec.x`). */
  prune(object: Record<string, unknown>): string[];
  /** Fills defaults in place, only inside objects that are present. */
  applyDefaults(object: Record<string, unknown>): void;
  /** Structural checks, then CEL (skipped as a real server does). `old` is the stored object on updates. */
  validate(object: Record<string, unknown>, old?: Record<string, unknown>): FieldError[];
}
