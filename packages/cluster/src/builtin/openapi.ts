/**
 * OpenAPI v3 documents, one a group version: what `kubectl apply`, `diff`, `explain` and client-side validation read. Built-in
 * kinds are rendered from the type tables, custom ones from the schema of their CRD.
 */
import type { KindDefinition } from '../api/kinds.ts';
import { isObject } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import { publishedCustomSchema } from './custom-schema.ts';
import { isStored, resourcePaths, type PathItem, type PublishedResource } from './openapi-paths.ts';
import { publishedSchemas } from './schemas.ts';
import { builtinTypes, typeGroups } from './types.ts';

const REFERENCE = '#/components/schemas/';

const INFO = { title: 'Kubernetes', version: '1.35' };
const CUSTOM_INFO = { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' };
const typeGroupNames = new Set(Object.values(typeGroups).map((of) => of.group));

export interface OpenApiOptions {
  /** Empty for the core group. */
  group: string;
  version: string;
  /** Kinds served in this group version. */
  kinds: KindDefinition[];
  /** Schemas of custom kinds by kind; without one the schema the kind was compiled from is published. */
  crdSchemas?: Record<string, Schema>;
}

export interface OpenApiDocument {
  openapi: '3.0.0';
  info: { title: string; version: string };
  paths: Record<string, PathItem>;
  components: { schemas: Record<string, Schema> };
}

/**
 * The document of a group version. It takes milliseconds and a few hundred kilobytes: make it when asked for and keep it
 * until a kind of the group version changes.
 */
export function openApiV3(options: OpenApiOptions): OpenApiDocument {
  const { group, version, kinds } = options;
  const components = new Components();
  const paths: Record<string, PathItem> = {};
  for (const kind of kinds) {
    const served = kind.versions.find((candidate) => candidate.version === version);
    if (served === undefined) continue;
    const type = builtinTypes.ofKind(group === '' ? version : `${group}/${version}`, kind.kind);
    const schema =
      type === undefined
        ? components.addCustom(
            kind,
            version,
            options.crdSchemas?.[kind.kind] ?? served.schema.source.root,
          )
        : components.addBuiltin(type);
    const resource: PublishedResource = {
      kind,
      version,
      schema,
      isBuiltin: type !== undefined,
      ...(isStored(kind) ? components.addShared(kind, version, schema) : UNSTORED),
      subresources: served.status ? [{ name: 'status', schema, kind: ownKind(kind, version) }] : [],
    };
    if (served.scale !== undefined) {
      const scale = components.addBuiltin('autoscalingV1.Scale');
      const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
      resource.subresources.push({ name: 'scale', schema: scale, kind: scaleKind });
    }
    resourcePaths(paths, resource);
  }
  const isCustom = !typeGroupNames.has(group);
  return {
    openapi: '3.0.0',
    info: isCustom ? CUSTOM_INFO : INFO,
    paths,
    components: { schemas: components.schemas },
  };
}

const UNSTORED = { list: '', status: '', deleteOptions: '', patch: '' };

function ownKind(kind: KindDefinition, version: string) {
  return { group: kind.group, version, kind: kind.kind };
}

/** The extension of KEP-4358: what a custom kind can be selected by. */
function selectableFields(kind: KindDefinition, version: string): Schema {
  const fields = kind.versions.find((served) => served.version === version)?.selectableFields ?? [];
  if (fields.length === 0) return {};
  return { 'x-kubernetes-selectable-fields': fields.map((fieldPath) => ({ fieldPath })) };
}

/** The schemas of one document: whatever is added brings what it refers to. Methods return component names. */
class Components {
  readonly schemas: Record<string, Schema> = {};
  readonly #renderer = publishedSchemas();

  addBuiltin(type: string): string {
    const name = builtinTypes.openApiName(type);
    this.#add(name);
    return name;
  }

  /** What the operations of stored kinds refer to beside the object. */
  addShared(
    kind: KindDefinition,
    version: string,
    schema: string,
  ): Pick<PublishedResource, 'list' | 'status' | 'deleteOptions' | 'patch'> {
    return {
      list: this.addList(kind, version, schema),
      status: this.addBuiltin('meta.Status'),
      deleteOptions: this.addBuiltin('meta.DeleteOptions'),
      patch: this.addPatch(),
    };
  }

  addPatch(): string {
    const name = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch';
    const description = 'A change in the form its content type says.';
    this.schemas[name] = { type: 'object', description };
    return name;
  }

  addCustom(kind: KindDefinition, version: string, schema: Schema): string {
    const name = customName(kind, version);
    const meta = { $ref: REFERENCE + this.addBuiltin('meta.ObjectMeta') };
    const text: Schema = { type: 'string' };
    const published = publishedCustomSchema(schema, meta);
    this.schemas[name] = {
      ...published,
      type: 'object',
      properties: {
        ...published.properties,
        apiVersion: {
          ...text,
          description:
            'APIVersion defines the group and version of the schema this object is written in.',
        },
        kind: { ...text, description: 'Name of the kind this object is of.' },
        metadata: {
          description: "Standard object's metadata: name, labels and bookkeeping.",
          allOf: [meta],
        },
      },
      'x-kubernetes-group-version-kind': [ownKind(kind, version)],
      ...selectableFields(kind, version),
    };
    return name;
  }

  addList(kind: KindDefinition, version: string, item: string): string {
    const name = `${item}List`;
    const meta = this.addBuiltin('meta.ListMeta');
    const isBuiltin = item.startsWith('io.k8s.');
    const each = { $ref: REFERENCE + item };
    const zero = isBuiltin && { default: {} };
    this.schemas[name] = {
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        metadata: { ...zero, allOf: [{ $ref: REFERENCE + meta }] },
        items: { type: 'array', items: isBuiltin ? { ...zero, allOf: [each] } : each },
      },
      'x-kubernetes-group-version-kind': [{ group: kind.group, version, kind: kind.listKind }],
      ...(!isBuiltin && selectableFields(kind, version)),
    };
    return name;
  }

  #add(name: string): void {
    if (Object.hasOwn(this.schemas, name)) return;
    const schema = this.#renderer.resolve(name);
    this.schemas[name] = schema;
    for (const reference of references(schema)) this.#add(reference.slice(REFERENCE.length));
  }
}

/** All `$ref`s below a schema. */
function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (!isObject(value)) return [];
  const { $ref } = value;
  const below = Object.values(value).flatMap(references);
  return typeof $ref === 'string' ? [$ref, ...below] : below;
}

/** `dev.kagent.v1alpha2.Agent` */
function customName({ group, kind }: KindDefinition, version: string): string {
  return [...group.split('.').toReversed(), version, kind].join('.');
}
