/**
 * A schema as the algorithms walk it: `$ref`s followed, implicit resource fields added, list and map semantics decided.
 * Children are made when they are first asked for and then kept, so that large and recursive schemas cost what is used.
 */
import { objectMetaSchema } from './object-meta.ts';
import { compilePattern, type Pattern } from './pattern.ts';
import type { Schema, SchemaSource } from './schema.ts';

export interface NodeOptions {
  /**
   * Built-in kinds: an object without properties is free-form (RawExtension, FieldsV1). In a CRD such an object has no
   * fields, and what it holds is pruned.
   */
  freeFormObjects: boolean;
}

/** A source that carries its walked form, so that patch and apply do not build it again. */
export interface NodeSource extends SchemaSource {
  readonly rootNode: SchemaNode;
}

/** The walked form of any source; reuses what `compileSchema` and `compileSource` attached to theirs. */
export function rootNodeOf(source: SchemaSource): SchemaNode {
  if ('rootNode' in source && source.rootNode instanceof SchemaNode) return source.rootNode;
  return createNodeSource(source, { freeFormObjects: true }).rootNode;
}

/** Attaches the walked form to a source. The root gets `apiVersion`, `kind` and a complete `metadata`. */
export function createNodeSource(source: SchemaSource, options: NodeOptions): NodeSource {
  const tree = new Tree(source, options);
  return {
    root: source.root,
    resolve: (reference) => source.resolve(reference),
    rootNode: tree.node(source.root, true),
  };
}

class Tree {
  readonly options: NodeOptions;
  readonly #source: SchemaSource;
  readonly #nodes = new Map<Schema, SchemaNode>();

  constructor(source: SchemaSource, options: NodeOptions) {
    this.#source = source;
    this.options = options;
  }

  node(schema: Schema, isRoot = false): SchemaNode {
    const known = this.#nodes.get(schema);
    if (known !== undefined) return known;
    const created = new SchemaNode(this, this.#resolve(schema), isRoot);
    this.#nodes.set(schema, created);
    return created;
  }

  /** Follows `$ref`, also in the form `allOf: [{ $ref }]`; what stands beside the reference wins. */
  #resolve(schema: Schema): Schema {
    const { $ref, ...rest } = schema;
    if ($ref !== undefined) return { ...this.#resolve(this.#source.resolve($ref)), ...rest };
    const only = schema.allOf?.length === 1 ? schema.allOf[0] : undefined;
    if (only?.$ref === undefined || schema.type !== undefined) return schema;
    const { allOf: _, ...siblings } = schema;
    return { ...this.#resolve(only), ...siblings };
  }
}

const NO_CHILDREN: ReadonlyMap<string, SchemaNode> = new Map();
const resourceFields: Record<string, Schema> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
};

/** One place of a schema. Immutable to its users. */
export class SchemaNode {
  /** Without `$ref`. */
  readonly schema: Schema;
  /** The root of a kind or an embedded resource: has apiVersion, kind and metadata. */
  readonly isResource: boolean;
  /** Unknown fields of this object are kept. */
  readonly preservesUnknown: boolean;
  readonly isIntOrString: boolean;
  /** How apply owns a list here, and what identifies an item. */
  readonly listType: 'atomic' | 'set' | 'map';
  readonly listKeys: readonly string[];
  /** Apply owns the whole object instead of its fields. */
  readonly isAtomicMap: boolean;
  readonly #tree: Tree;
  #properties: ReadonlyMap<string, SchemaNode> | undefined;
  #defaults: readonly (readonly [string, SchemaNode])[] | undefined;
  #items: SchemaNode | null | undefined;
  #additional: SchemaNode | null | undefined;
  #pattern: Pattern | undefined;

  constructor(tree: Tree, schema: Schema, isRoot: boolean) {
    this.#tree = tree;
    this.schema = schema;
    this.isResource = isRoot || schema['x-kubernetes-embedded-resource'] === true;
    this.isIntOrString = schema['x-kubernetes-int-or-string'] === true;
    this.preservesUnknown =
      schema['x-kubernetes-preserve-unknown-fields'] === true ||
      schema.additionalProperties === true ||
      (tree.options.freeFormObjects && !isRoot && hasNoStructure(schema));
    this.listKeys = schema['x-kubernetes-list-map-keys'] ?? [];
    const listType = schema['x-kubernetes-list-type'] ?? 'atomic';
    this.listType = listType === 'map' && this.listKeys.length === 0 ? 'atomic' : listType;
    this.isAtomicMap =
      schema['x-kubernetes-map-type'] === 'atomic' ||
      (tree.options.freeFormObjects &&
        hasNoStructure(schema) &&
        schema['x-kubernetes-preserve-unknown-fields'] !== true);
  }

  /** Declared fields, those of every resource included. */
  get properties(): ReadonlyMap<string, SchemaNode> {
    this.#properties ??= this.#buildProperties();
    return this.#properties;
  }

  /** Schema of the values of a map; `undefined` when undeclared fields have none. */
  get additional(): SchemaNode | undefined {
    if (this.#additional === undefined) {
      const schema = this.schema.additionalProperties;
      this.#additional = typeof schema === 'object' ? this.#tree.node(schema) : null;
    }
    return this.#additional ?? undefined;
  }

  get items(): SchemaNode | undefined {
    if (this.#items === undefined) {
      this.#items = this.schema.items === undefined ? null : this.#tree.node(this.schema.items);
    }
    return this.#items ?? undefined;
  }

  /** Node of a field: declared, or that of the map's values. */
  child(key: string): SchemaNode | undefined {
    return this.properties.get(key) ?? this.additional;
  }

  /** What a field that tells items of a list apart holds when it is not given: in a Go struct it is always there. */
  keyDefault(key: string): unknown {
    const schema = this.properties.get(key)?.schema;
    if (schema === undefined || schema.default !== undefined) return schema?.default;
    if (!this.#tree.options.freeFormObjects) return undefined;
    if (schema.type === 'string') return '';
    return schema.type === 'integer' ? 0 : undefined;
  }

  /** Declared fields that have a default. */
  get defaults(): readonly (readonly [string, SchemaNode])[] {
    this.#defaults ??= [...this.properties].filter(([, node]) => node.schema.default !== undefined);
    return this.#defaults;
  }

  /** Compiled `pattern`. @throws Error when the pattern is not RE2 */
  get pattern(): Pattern {
    this.#pattern ??= compilePattern(this.schema.pattern ?? '');
    return this.#pattern;
  }

  /** Node of a schema inside `allOf`, `anyOf`, `oneOf` or `not`. */
  nested(schema: Schema): SchemaNode {
    return this.#tree.node(schema);
  }

  #buildProperties(): ReadonlyMap<string, SchemaNode> {
    const declared = this.schema.properties;
    if (declared === undefined && !this.isResource) return NO_CHILDREN;
    const schemas = this.isResource
      ? { ...resourceFields, ...declared, metadata: completeMetadata(declared?.metadata) }
      : (declared ?? {});
    const nodes = new Map<string, SchemaNode>();
    for (const name of Object.keys(schemas)) {
      const schema = schemas[name];
      if (schema !== undefined) nodes.set(name, this.#tree.node(schema));
    }
    return nodes;
  }
}

function hasNoStructure(schema: Schema): boolean {
  return (
    (schema.type === undefined || schema.type === 'object') &&
    schema.properties === undefined &&
    schema.additionalProperties === undefined &&
    schema['x-kubernetes-int-or-string'] !== true
  );
}

/** A CRD may restrict `name` and `generateName`; the rest of metadata is implicit. Built-in kinds refer to their own. */
function completeMetadata(declared: Schema | undefined): Schema {
  if (declared?.$ref !== undefined || declared?.allOf?.[0]?.$ref !== undefined) return declared;
  if (declared?.properties?.labels !== undefined) return declared;
  if (declared?.properties === undefined) return objectMetaSchema;
  return {
    ...objectMetaSchema,
    properties: { ...objectMetaSchema.properties, ...declared.properties },
  };
}
