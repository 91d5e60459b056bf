/** The paths of an OpenAPI document: the operations of each resource, with the marks by which kubectl finds its way. */
import type { KindDefinition } from '../api/kinds.ts';
import type { Schema } from '../schema/schema.ts';

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

interface Parameter {
  name: string;
  in: 'query' | 'path';
  description?: string;
  required?: boolean;
  schema: Schema & { uniqueItems?: boolean };
}

type Content = Record<string, { schema: Schema }>;

export interface Operation {
  operationId: string;
  tags: string[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { description: string; content: Content }>;
  'x-kubernetes-action': string;
  'x-kubernetes-group-version-kind': GroupVersionKind;
}

export type PathItem = Partial<Record<'get' | 'post' | 'put' | 'patch' | 'delete', Operation>> & {
  parameters?: Parameter[];
};

/** One resource in one version; the strings are names of component schemas. */
export interface PublishedResource {
  kind: KindDefinition;
  version: string;
  schema: string;
  list: string;
  status: string;
  deleteOptions: string;
  patch: string;
  isBuiltin: boolean;
  subresources: { name: string; schema: string; kind: GroupVersionKind }[];
}

function query(
  name: string,
  type: 'string' | 'integer' | 'boolean',
  description: string,
): Parameter {
  return { name, in: 'query', description, schema: { type, uniqueItems: true } };
}

const DRY_RUN = query(
  'dryRun',
  'string',
  'All: go through every step but do not store the result.',
);
const FIELD_MANAGER = query(
  'fieldManager',
  'string',
  'Name under which the changed fields are tracked.',
);
const FIELD_VALIDATION = query(
  'fieldValidation',
  'string',
  'What happens to unknown and duplicate fields: Ignore, Warn or Strict.',
);
const PRETTY = query('pretty', 'string', 'Indent the answer.');
const FORCE = query(
  'force',
  'boolean',
  'Take over fields that other managers own. Only for apply.',
);
const RESOURCE_VERSION = query('resourceVersion', 'string', 'How fresh the answer has to be.');

const WRITE = [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION];
const SELECT = [
  query('labelSelector', 'string', 'Only objects with these labels.'),
  query('fieldSelector', 'string', 'Only objects with these field values.'),
  query('limit', 'integer', 'Most objects in one answer.'),
  query('continue', 'string', 'Where the previous answer ended.'),
  RESOURCE_VERSION,
  query('resourceVersionMatch', 'string', 'How resourceVersion is meant.'),
  query('timeoutSeconds', 'integer', 'Seconds after which the request ends.'),
];
const WATCH = [
  query('watch', 'boolean', 'Stream changes instead of listing.'),
  query('allowWatchBookmarks', 'boolean', 'Let a watch carry bookmarks.'),
  query('sendInitialEvents', 'boolean', 'Begin a watch with the present state.'),
];
const DELETE = [
  DRY_RUN,
  query('gracePeriodSeconds', 'integer', 'Seconds until the object is removed.'),
  query(
    'ignoreStoreReadErrorWithClusterBreakingPotential',
    'boolean',
    'Delete the object even when what is stored of it cannot be read.',
  ),
  query('orphanDependents', 'boolean', 'The older form of propagationPolicy Orphan.'),
  query(
    'propagationPolicy',
    'string',
    'What happens to dependents: Orphan, Background or Foreground.',
  ),
];

function pathParameter(name: string, description: string): Parameter {
  return {
    name,
    in: 'path',
    description,
    required: true,
    schema: { type: 'string', uniqueItems: true },
  };
}

const NAME = pathParameter('name', 'Name of the object.');
const NAMESPACE = pathParameter('namespace', 'Namespace of the object.');

/** Adds the paths of a resource. */
export function resourcePaths(paths: Record<string, PathItem>, resource: PublishedResource): void {
  const { kind, version } = resource;
  const root = kind.group === '' ? `/api/${version}` : `/apis/${kind.group}/${version}`;
  const base = kind.namespaced ? `${root}/namespaces/{namespace}` : root;
  const collection = `${base}/${kind.plural}`;
  const maker = new OperationMaker(resource);
  const inNamespace = kind.namespaced ? [NAMESPACE] : [];
  paths[collection] = { ...maker.collection(), parameters: [...inNamespace, PRETTY] };
  if (!isStored(kind)) return;
  paths[`${collection}/{name}`] = {
    ...maker.object(),
    parameters: [NAME, ...inNamespace, PRETTY],
  };
  for (const subresource of resource.subresources) {
    paths[`${collection}/{name}/${subresource.name}`] = {
      ...maker.subresource(subresource),
      parameters: [NAME, ...inNamespace, PRETTY],
    };
  }
  if (kind.namespaced) {
    paths[`${root}/${kind.plural}`] = {
      get: maker.list('ForAllNamespaces'),
      parameters: [PRETTY],
    };
  }
}

/** Reviews are answered and forgotten. */
export function isStored({ verbs }: KindDefinition): boolean {
  return verbs?.includes('get') ?? true;
}

const JSON_TYPE = 'application/json';
const YAML_TYPE = 'application/yaml';
const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';
const PATCH_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
];
const STRATEGIC = 'application/strategic-merge-patch+json';

function reference(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function content(name: string, types: string[]): Content {
  return Object.fromEntries(types.map((type) => [type, { schema: reference(name) }]));
}

/** Makes the operations of one resource. */
class OperationMaker {
  readonly #resource: PublishedResource;
  readonly #kind: GroupVersionKind;
  readonly #accepted: string[];

  constructor(resource: PublishedResource) {
    const { kind, version, isBuiltin } = resource;
    this.#resource = resource;
    this.#kind = { group: kind.group, version, kind: kind.kind };
    this.#accepted = isBuiltin ? [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE] : [JSON_TYPE, YAML_TYPE];
  }

  collection(): PathItem {
    const { schema, kind, status, deleteOptions } = this.#resource;
    const post = this.#operation('post', 'create', {
      parameters: WRITE,
      requestBody: { required: true, content: content(schema, this.#accepted) },
      result: schema,
      codes: ['200', '201', '202'],
    });
    if (!isStored(kind)) return { post };
    return {
      get: this.list(''),
      post,
      delete: this.#operation('deletecollection', 'deleteCollection', {
        parameters: [...SELECT, ...DELETE],
        requestBody: { content: content(deleteOptions, [JSON_TYPE, YAML_TYPE]) },
        result: status,
      }),
    };
  }

  list(suffix: string): Operation {
    const { list } = this.#resource;
    return this.#operation('list', 'list', {
      parameters: [...SELECT, ...WATCH],
      result: list,
      suffix,
    });
  }

  object(): PathItem {
    const { schema, status, deleteOptions } = this.#resource;
    return {
      ...this.#readAndWrite(schema, ''),
      delete: this.#operation('delete', 'delete', {
        parameters: DELETE,
        requestBody: { content: content(deleteOptions, [JSON_TYPE, YAML_TYPE]) },
        result: status,
        codes: ['200', '202'],
      }),
    };
  }

  subresource({ name, schema, kind }: PublishedResource['subresources'][number]): PathItem {
    return this.#readAndWrite(schema, name.charAt(0).toUpperCase() + name.slice(1), kind);
  }

  #readAndWrite(schema: string, suffix: string, kind = this.#kind): PathItem {
    const patchTypes = this.#resource.isBuiltin ? [...PATCH_TYPES, STRATEGIC] : PATCH_TYPES;
    return {
      get: this.#operation('get', 'read', {
        parameters: [RESOURCE_VERSION],
        result: schema,
        suffix,
        kind,
      }),
      put: this.#operation('put', 'replace', {
        parameters: WRITE,
        requestBody: { required: true, content: content(schema, this.#accepted) },
        result: schema,
        codes: ['200', '201'],
        suffix,
        kind,
      }),
      patch: this.#operation('patch', 'patch', {
        parameters: [...WRITE, FORCE],
        requestBody: {
          required: true,
          content: content(this.#resource.patch, patchTypes),
        },
        result: schema,
        codes: ['200', '201'],
        suffix,
        kind,
      }),
    };
  }

  #operation(
    action: string,
    verb: string,
    options: {
      parameters: Parameter[];
      requestBody?: Operation['requestBody'];
      result: string;
      codes?: string[];
      suffix?: string;
      kind?: GroupVersionKind;
    },
  ): Operation {
    const { kind } = this.#resource;
    const place = placeOf(kind);
    const answer = { description: 'OK', content: content(options.result, [JSON_TYPE, YAML_TYPE]) };
    return {
      operationId: this.#operationId(verb, options.suffix ?? ''),
      tags: [`${place}_${this.#kind.version}`],
      parameters: options.parameters,
      ...(options.requestBody !== undefined && { requestBody: options.requestBody }),
      responses: Object.fromEntries((options.codes ?? ['200']).map((code) => [code, answer])),
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': options.kind ?? this.#kind,
    };
  }

  /** `listAppsV1NamespacedDeployment`, `deleteAppsV1CollectionNamespacedDeployment`, `listAppsV1DeploymentForAllNamespaces` */
  #operationId(verb: string, suffix: string): string {
    const { kind } = this.#resource;
    const place = identifier(`${placeOf(kind)}.${this.#kind.version}`);
    const isAcross = suffix === 'ForAllNamespaces';
    const scope = kind.namespaced && !isAcross ? 'Namespaced' : '';
    const [action, what] = verb === 'deleteCollection' ? ['delete', 'Collection'] : [verb, ''];
    return `${action}${place}${what}${scope}${kind.kind}${suffix}`;
  }
}

function placeOf({ group }: KindDefinition): string {
  return group === '' ? 'core' : group;
}

/** `rbac.authorization.k8s.io.v1` → `RbacAuthorizationK8sIoV1` */
function identifier(name: string): string {
  return name
    .split('.')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
