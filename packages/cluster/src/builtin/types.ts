/** Reads the type tables: the one place that knows their notation. Types are parsed when first asked for. */
import { admissionregistration } from './table/admissionregistration.ts';
import { apiextensions } from './table/apiextensions.ts';
import { apiregistration } from './table/apiregistration.ts';
import { apps } from './table/apps.ts';
import { authentication } from './table/authentication.ts';
import { authorization } from './table/authorization.ts';
import { autoscalingV1 } from './table/autoscaling-v1.ts';
import { autoscaling } from './table/autoscaling.ts';
import { batch } from './table/batch.ts';
import { certificates } from './table/certificates.ts';
import { coordination } from './table/coordination.ts';
import { core } from './table/core.ts';
import { discovery } from './table/discovery.ts';
import { events } from './table/events.ts';
import { flowcontrol } from './table/flowcontrol.ts';
import { meta } from './table/meta.ts';
import { metrics } from './table/metrics.ts';
import { networking } from './table/networking.ts';
import { node } from './table/node.ts';
import type { TypeTable } from './table/notation.ts';
import { policy } from './table/policy.ts';
import { rbac } from './table/rbac.ts';
import { scheduling } from './table/scheduling.ts';
import { storage } from './table/storage.ts';

/** Types with a wire form of their own. */
export const SCALARS = [
  'string',
  'int32',
  'int64',
  'double',
  'bool',
  'bytes',
  'Time',
  'MicroTime',
  'Quantity',
  'IntOrString',
  'RawExtension',
  'FieldsV1',
  'JSON',
  'ExtraValue',
  'JSONSchemaPropsOrBool',
  'JSONSchemaPropsOrArray',
  'JSONSchemaPropsOrStringArray',
] as const;
export type Scalar = (typeof SCALARS)[number];

export type FieldType =
  | { form: 'scalar'; scalar: Scalar }
  /** `type` is a qualified name, e.g. `core.PodSpec`. */
  | { form: 'object'; type: string }
  | { form: 'list'; items: FieldType }
  | { form: 'map'; values: FieldType };

/** The type of the objects in a value: itself, or below lists and maps; undefined for scalars. */
export function objectTypeOf(type: FieldType): string | undefined {
  switch (type.form) {
    case 'object':
      return type.type;
    case 'list':
      return objectTypeOf(type.items);
    case 'map':
      return objectTypeOf(type.values);
    case 'scalar':
      return undefined;
  }
}

export interface Field {
  /** Protobuf field number. */
  number: number;
  /** JSON name; empty when the fields of the type are inlined. */
  name: string;
  type: FieldType;
  /** Zero and absent are different values. */
  isPointer: boolean;
  isRequired: boolean;
  /** A zero value is written all the same. */
  keepsZero: boolean;
  listType?: 'atomic' | 'set' | 'map';
  listKeys?: string[];
  /** Owned field by field, though its type is atomic or it would not be told. */
  isGranular?: boolean;
  patchStrategy?: string;
  patchMergeKey?: string;
  default?: unknown;
  /** What OpenAPI says of the default, where that is not the same; null for nothing. */
  publishedDefault?: unknown;
  enum?: string[];
  /** Values that OpenAPI tells of, where those are not the same; empty for none. */
  publishedEnum?: string[];
  description?: string;
}

export interface TypeDefinition {
  /** `core.PodSpec` */
  name: string;
  /** Has apiVersion and kind. */
  isKind: boolean;
  /** Apply owns a value of this type as a whole. */
  isAtomic: boolean;
  description?: string;
  fields: Field[];
  /** By protobuf number. */
  byNumber: ReadonlyMap<number, Field>;
}

export interface TypeGroup {
  group: string;
  version: string;
  /** Prefix of the names in OpenAPI documents. */
  openApiPrefix: string;
  table: TypeTable;
}

function group(path: string, version: string, table: TypeTable): TypeGroup {
  const [name = ''] = path.split('.');
  return {
    group: path,
    version,
    openApiPrefix: `io.k8s.api.${name === '' ? 'core' : name}.${version}`,
    table,
  };
}

/** Every table by the name other tables use for it. */
export const typeGroups: Readonly<Record<string, TypeGroup>> = {
  meta: {
    group: '',
    version: 'v1',
    openApiPrefix: 'io.k8s.apimachinery.pkg.apis.meta.v1',
    table: meta,
  },
  core: group('', 'v1', core),
  apps: group('apps', 'v1', apps),
  batch: group('batch', 'v1', batch),
  autoscaling: group('autoscaling', 'v2', autoscaling),
  autoscalingV1: group('autoscaling', 'v1', autoscalingV1),
  policy: group('policy', 'v1', policy),
  networking: group('networking.k8s.io', 'v1', networking),
  discovery: group('discovery.k8s.io', 'v1', discovery),
  coordination: group('coordination.k8s.io', 'v1', coordination),
  events: group('events.k8s.io', 'v1', events),
  rbac: group('rbac.authorization.k8s.io', 'v1', rbac),
  storage: group('storage.k8s.io', 'v1', storage),
  scheduling: group('scheduling.k8s.io', 'v1', scheduling),
  authentication: group('authentication.k8s.io', 'v1', authentication),
  authorization: group('authorization.k8s.io', 'v1', authorization),
  admission: group('admissionregistration.k8s.io', 'v1', admissionregistration),
  node: group('node.k8s.io', 'v1', node),
  certificates: group('certificates.k8s.io', 'v1', certificates),
  flowcontrol: group('flowcontrol.apiserver.k8s.io', 'v1', flowcontrol),
  metrics: {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    openApiPrefix: 'io.k8s.metrics.pkg.apis.metrics.v1beta1',
    table: metrics,
  },
  apiregistration: {
    group: 'apiregistration.k8s.io',
    version: 'v1',
    openApiPrefix: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
    table: apiregistration,
  },
  crd: {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    openApiPrefix: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
    table: apiextensions,
  },
};

/** Options and answers that every group version shares. */
const META_KINDS = new Set([
  'DeleteOptions',
  'PatchOptions',
  'CreateOptions',
  'UpdateOptions',
  'GetOptions',
  'ListOptions',
  'Status',
]);

/** The types of a set of tables. Parsing is memoised; the content never changes. */
export class TypeSet {
  readonly #groups: Readonly<Record<string, TypeGroup>>;
  readonly #parsed = new Map<string, TypeDefinition>();

  constructor(groups: Readonly<Record<string, TypeGroup>>) {
    this.#groups = groups;
  }

  /** The type of a qualified name. @throws Error for a name that no table has */
  get(name: string): TypeDefinition {
    const known = this.#parsed.get(name);
    if (known !== undefined) return known;
    const { table, type } = this.#split(name);
    const text = this.#groups[table]?.table[type];
    if (text === undefined) throw new Error(`no type ${name}`);
    const parsed = parseType(name, table, text);
    this.#parsed.set(name, parsed);
    return parsed;
  }

  /** Qualified names of all types. */
  names(): string[] {
    return Object.entries(this.#groups).flatMap(([table, { table: types }]) =>
      Object.keys(types).map((type) => `${table}.${type}`),
    );
  }

  /** Group and OpenAPI prefix of a qualified name. */
  groupOf(name: string): TypeGroup {
    const found = this.#groups[this.#split(name).table];
    if (found === undefined) throw new Error(`no table for ${name}`);
    return found;
  }

  /** `io.k8s.api.core.v1.PodSpec` */
  openApiName(name: string): string {
    return `${this.groupOf(name).openApiPrefix}.${this.#split(name).type}`;
  }

  /** The qualified name of a kind; options and Status are found under every group version. */
  ofKind(apiVersion: string, kind: string): string | undefined {
    if (META_KINDS.has(kind)) return `meta.${kind}`;
    const slash = apiVersion.indexOf('/');
    const groupName = apiVersion.slice(0, Math.max(slash, 0));
    const version = apiVersion.slice(slash + 1);
    for (const [table, candidate] of Object.entries(this.#groups)) {
      if (table === 'meta' || candidate.group !== groupName || candidate.version !== version) {
        continue;
      }
      if (!Object.hasOwn(candidate.table, kind)) return undefined;
      const name = `${table}.${kind}`;
      return this.get(name).isKind ? name : undefined;
    }
    return undefined;
  }

  #split(name: string): { table: string; type: string } {
    const dot = name.indexOf('.');
    return { table: name.slice(0, dot), type: name.slice(dot + 1) };
  }
}

export const builtinTypes = new TypeSet(typeGroups);

function parseType(name: string, table: string, text: string): TypeDefinition {
  const [head = '', ...lines] = text.split('\n');
  const [flags, description] = splitDescription(head);
  const fields = lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => parseField(line, table));
  return {
    name,
    isKind: flags.includes('%kind'),
    isAtomic: flags.includes('%atomic'),
    description,
    fields,
    byNumber: new Map(fields.map((field) => [field.number, field])),
  };
}

function splitDescription(line: string): [string, string | undefined] {
  const mark = line.startsWith('# ') ? 0 : line.indexOf(' # ');
  if (mark === -1) return [line, undefined];
  return [line.slice(0, mark), line.slice(line.indexOf('# ', mark) + 2)];
}

function parseField(line: string, table: string): Field {
  const [facts, description] = splitDescription(line);
  const [number = '', name = '', notation = '', ...flags] = facts.split(' ');
  const isPointer = notation.startsWith('*');
  const field: Field = {
    number: Number(number),
    name: name === '~' ? '' : name,
    type: parseFieldType(isPointer ? notation.slice(1) : notation, table),
    isPointer,
    isRequired: false,
    keepsZero: false,
    description,
  };
  for (const flag of flags) applyFlag(field, flag);
  return field;
}

function parseFieldType(notation: string, table: string): FieldType {
  if (notation.startsWith('*')) return parseFieldType(notation.slice(1), table);
  if (notation.startsWith('[]')) {
    return { form: 'list', items: parseFieldType(notation.slice(2), table) };
  }
  if (notation.startsWith('map[string]')) {
    return { form: 'map', values: parseFieldType(notation.slice(11), table) };
  }
  const scalar = SCALARS.find((known) => known === notation);
  if (scalar !== undefined) return { form: 'scalar', scalar };
  return { form: 'object', type: notation.includes('.') ? notation : `${table}.${notation}` };
}

function applyFlag(field: Field, flag: string): void {
  const rest = flag.slice(1);
  const [word = '', list] = rest.replace(/\)$/, '').split('(');
  switch (flag[0]) {
    case '!':
      field.isRequired = true;
      field.keepsZero = flag !== '!!';
      return;
    case '?':
      field.keepsZero = true;
      return;
    case '@':
      field.isGranular = word === 'granular';
      if (field.isGranular) return;
      field.listType = word === 'set' ? 'set' : word === 'map' ? 'map' : 'atomic';
      if (list !== undefined) field.listKeys = list.split(',');
      return;
    case '+':
      field.patchStrategy = word;
      field.patchMergeKey = list;
      return;
    case '=':
      field.default = parseDefault(rest);
      return;
    case ':':
      field.default = parseDefault(rest.slice(1));
      field.publishedDefault = null;
      return;
    case '^':
      field.publishedDefault = parseDefault(rest.slice(1));
      return;
    case '{':
      field.enum = rest.slice(0, -1).split('|');
      return;
    case '<':
      field.publishedEnum = rest
        .slice(0, -1)
        .split('|')
        .filter((value) => value !== '');
      return;
    default:
      throw new Error(`unknown flag ${flag} of field ${field.name}`);
  }
}

/** JSON, or a bare word for a string. */
function parseDefault(text: string): unknown {
  return /^(?:[{["\d]|true$|false$)/.test(text) ? JSON.parse(text) : text;
}
