import { describe, expect, it } from 'vitest';
import { compileSchema } from '../schema/compile.ts';
import type { JsonObject } from '../schema/json.ts';
import type { Schema, SchemaSource } from '../schema/schema.ts';
import { serverSideApply } from './apply.ts';
import { fieldPaths, parseFields } from './fields.ts';
import { trackUpdate } from './track.ts';
import type { VersionLookup } from './versions.ts';

const text: Schema = { type: 'string' };
const item: Schema = {
  type: 'object',
  properties: { name: text, value: text, nested: { type: 'array', items: text } },
};
const port: Schema = {
  type: 'object',
  properties: { port: { type: 'integer' }, protocol: { ...text, default: 'TCP' }, name: text },
};
const struct: Schema = {
  type: 'object',
  properties: { numeric: { type: 'integer' }, string: text },
};
const list = (items: Schema, type: 'set' | 'atomic'): Schema => ({
  type: 'array',
  items,
  'x-kubernetes-list-type': type,
});
const mapList = (items: Schema, ...keys: string[]): Schema => ({
  type: 'array',
  items,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': keys,
});

const fields: Record<string, Schema> = {
  a: text,
  b: text,
  replicas: { type: 'integer' },
  struct,
  map: { type: 'object', additionalProperties: text },
  deep: { type: 'object', additionalProperties: { type: 'object', additionalProperties: text } },
  atomicMap: {
    type: 'object',
    additionalProperties: text,
    'x-kubernetes-map-type': 'atomic',
  },
  atomicList: list(text, 'atomic'),
  set: list(text, 'set'),
  list: mapList(item, 'name'),
  ports: mapList(port, 'port', 'protocol'),
  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
};

const schemaOf = (spec: Record<string, Schema>): SchemaSource =>
  compileSchema({ type: 'object', properties: { spec: { type: 'object', properties: spec } } })
    .source;

const granular = schemaOf(fields);
const atomic = schemaOf({
  ...fields,
  struct: { ...struct, 'x-kubernetes-map-type': 'atomic' },
  set: list(text, 'atomic'),
});
/** v1 is granular, v2 atomic, v3 like v1; v0 existed once. */
const versions: VersionLookup = (apiVersion) => {
  const source = { 'g/v1': granular, 'g/v2': atomic, 'g/v3': granular }[apiVersion];
  return source && { source };
};

interface Step {
  apply?: JsonObject;
  force?: JsonObject;
  update?: JsonObject;
  by: string;
  version?: string;
  /** An apply that must be refused: `manager path`, in order. It changes nothing. */
  conflicts?: string[];
  source?: SchemaSource;
}

interface Case {
  name: string;
  /** Where the behaviour is documented. */
  from: string;
  steps: Step[];
  spec: JsonObject;
  /** Paths below `.spec` by manager; managers that are not named own nothing. */
  owners: Record<string, string[]>;
}

function run(live: JsonObject | undefined, step: Step, index: number): JsonObject | undefined {
  const { by: manager, version = 'v1' } = step;
  const apiVersion = `g/${version}`;
  const source = step.source ?? versions(apiVersion)?.source ?? granular;
  const spec = step.apply ?? step.force ?? step.update;
  const object = { apiVersion, kind: 'Thing', metadata: { name: 'a' }, spec };
  const common = { manager, source, versions, apiVersion, now: `2026-01-0${index + 1}T00:00:00Z` };
  if (step.update !== undefined) {
    const metadata = live?.metadata as JsonObject | undefined;
    const after = { ...object, metadata: { ...metadata, name: 'a' } };
    const managedFields = trackUpdate({ before: live, after, ...common });
    return { ...after, metadata: { ...after.metadata, managedFields } };
  }
  const result = serverSideApply({
    live,
    applied: object,
    force: step.force !== undefined,
    ...common,
  });
  if (step.conflicts === undefined) {
    if (result.kind === 'conflict') throw new Error(result.message);
    return result.object;
  }
  const causes = result.kind === 'conflict' ? result.causes : [];
  const named = causes.map(({ message, field }) => {
    const by = /^conflict with "([^"]*)"/.exec(message)?.[1] ?? message;
    return `${by} ${field.replace(/^\.spec/, '')}`;
  });
  expect(named).toEqual(step.conflicts);
  return live;
}

function owners(object: JsonObject | undefined): Record<string, string[]> {
  const metadata = object?.metadata as {
    managedFields?: { manager: string; fieldsV1: { 'f:spec'?: unknown } }[];
  };
  return Object.fromEntries(
    (metadata.managedFields ?? []).map(({ manager, fieldsV1 }) => [
      manager,
      [...fieldPaths(parseFields(fieldsV1['f:spec']))],
    ]),
  );
}

const SMD = (file: string, name: string): string =>
  `structured-merge-diff merge/${file}_test: ${name}`;
const DOCS = 'kubernetes.io/docs/reference/using-api/server-side-apply';
const KEP = 'KEP-555';

const CASES: Case[] = [
  {
    name: 'leaf: an applier changes its own field',
    from: SMD('leaf', 'apply_twice'),
    steps: [
      { by: 'one', apply: { a: '1', b: '1' } },
      { by: 'one', apply: { a: '2', b: '1' } },
    ],
    spec: { a: '2', b: '1' },
    owners: { one: ['.a', '.b'] },
  },
  {
    name: 'leaf: an update takes a field, and the apply that states it conflicts',
    from: SMD('leaf', 'apply_update_apply_with_conflict'),
    steps: [
      { by: 'one', apply: { a: '1', b: '1' } },
      { by: 'editor', update: { a: '2', b: '1' } },
      { by: 'one', apply: { a: '1', b: '1' }, conflicts: ['editor .a'] },
      { by: 'one', force: { a: '1', b: '1' } },
    ],
    spec: { a: '1', b: '1' },
    owners: { one: ['.a', '.b'] },
  },
  {
    name: 'leaf: an apply that agrees with an update shares the field',
    from: SMD('leaf', 'apply_update_apply_no_overlap'),
    steps: [
      { by: 'one', apply: { a: '1' } },
      { by: 'editor', update: { a: '2' } },
      { by: 'one', apply: { a: '2' } },
    ],
    spec: { a: '2' },
    owners: { one: ['.a'], editor: ['.a'] },
  },
  {
    name: 'leaf: a dropped field goes',
    from: SMD('leaf', 'apply_twice_remove'),
    steps: [
      { by: 'one', apply: { a: '1', b: '1' } },
      { by: 'one', apply: { a: '1' } },
    ],
    spec: { a: '1' },
    owners: { one: ['.a'] },
  },
  {
    name: 'leaf: a dropped field that an update has taken stays',
    from: SMD('leaf', 'update_apply_omits'),
    steps: [
      { by: 'one', apply: { a: '1', b: '1' } },
      { by: 'editor', update: { a: '2', b: '1' } },
      { by: 'one', apply: { b: '1' } },
    ],
    spec: { a: '2', b: '1' },
    owners: { one: ['.b'], editor: ['.a'] },
  },
  {
    name: 'leaf: null is a value that is owned',
    from: SMD('leaf', 'apply_null'),
    steps: [{ by: 'one', apply: { a: null, b: '1' } }],
    spec: { a: null, b: '1' },
    owners: { one: ['.a', '.b'] },
  },
  {
    name: 'null does not empty an object or list that has content',
    from: 'structured-merge-diff typed/merge: null has no items',
    steps: [
      { by: 'one', apply: { map: { k: '1' }, list: [{ name: 'x' }] } },
      { by: 'two', apply: { map: null, list: null } },
    ],
    spec: { map: { k: '1' }, list: [{ name: 'x' }] },
    owners: { one: ['.list[name="x"]', '.list[name="x"].name', '.map.k'], two: ['.list', '.map'] },
  },
  {
    name: 'shared ownership: dropping a shared field leaves it to the other',
    from: `${DOCS}#conflicts (shared managers)`,
    steps: [
      { by: 'one', apply: { a: '1', b: '1' } },
      { by: 'two', apply: { a: '1' } },
      { by: 'one', apply: { b: '1' } },
    ],
    spec: { a: '1', b: '1' },
    owners: { one: ['.b'], two: ['.a'] },
  },
  {
    name: 'shared ownership: neither may change what both state',
    from: SMD('multiple_appliers', 'multiple_appliers_conflict'),
    steps: [
      { by: 'one', apply: { a: '1' } },
      { by: 'two', apply: { a: '1' } },
      { by: 'three', apply: { a: '2' }, conflicts: ['one .a', 'two .a'] },
      { by: 'three', force: { a: '2' } },
    ],
    spec: { a: '2' },
    owners: { three: ['.a'] },
  },
  {
    name: 'giving up a field: stop stating it and it keeps its value with its other owner',
    from: `${DOCS}#transferring-ownership`,
    steps: [
      { by: 'one', apply: { a: '1', replicas: 3 } },
      { by: 'autoscaler', apply: { replicas: 3 } },
      { by: 'one', apply: { a: '1' } },
      { by: 'autoscaler', apply: { replicas: 9 } },
    ],
    spec: { a: '1', replicas: 9 },
    owners: { one: ['.a'], autoscaler: ['.replicas'] },
  },
  {
    name: 'nested: a struct goes with its last field',
    from: SMD('nested', 'struct_apply_remove_all'),
    steps: [
      { by: 'one', apply: { a: '1', struct: { numeric: 1 } } },
      { by: 'one', apply: { a: '1' } },
    ],
    spec: { a: '1' },
    owners: { one: ['.a'] },
  },
  {
    name: 'nested: a dangling part of another keeps the struct',
    from: SMD('nested', 'struct_apply_remove_dangling'),
    steps: [
      { by: 'one', apply: { struct: { numeric: 1 } } },
      { by: 'editor', update: { struct: { numeric: 1, string: 'x' } } },
      { by: 'one', apply: { a: '1' } },
    ],
    spec: { a: '1', struct: { string: 'x' } },
    owners: { one: ['.a'], editor: ['.struct.string'] },
  },
  {
    name: 'nested: maps of maps are owned key by key, and by their keys',
    from: SMD('nested', 'map_apply_multiple_appliers'),
    steps: [
      { by: 'one', apply: { deep: { x: { k: '1' } } } },
      { by: 'two', apply: { deep: { x: { l: '2' } } } },
      { by: 'one', apply: {} },
    ],
    spec: { deep: { x: { l: '2' } } },
    owners: { one: [], two: ['.deep.x', '.deep.x.l'] },
  },
  {
    name: 'nested: an item goes with what others put into it',
    from: SMD('nested', 'list_apply_update_remove_all'),
    steps: [
      { by: 'one', apply: { list: [{ name: 'x', value: '1' }, { name: 'y' }] } },
      {
        by: 'editor',
        update: { list: [{ name: 'x', value: '1', nested: ['n'] }, { name: 'y' }] },
      },
      { by: 'one', apply: { list: [{ name: 'y' }] } },
    ],
    spec: { list: [{ name: 'y' }] },
    owners: { one: ['.list[name="y"]', '.list[name="y"].name'] },
  },
  {
    name: 'empty: an applied empty list of items is owned by nobody',
    from: 'structured-merge-diff typed/tofieldset: visitListItems of an empty list',
    steps: [{ by: 'one', apply: { a: '1', list: [], set: [] } }],
    spec: { a: '1', list: [], set: [] },
    owners: { one: ['.a'] },
  },
  {
    name: 'empty: an applied empty atomic list is owned',
    from: 'structured-merge-diff typed/tofieldset: atomic lists are leaves',
    steps: [{ by: 'one', apply: { atomicList: [] } }],
    spec: { atomicList: [] },
    owners: { one: ['.atomicList'] },
  },
  {
    name: 'empty: an applied empty object is owned',
    from: 'structured-merge-diff typed/tofieldset: empty maps are members',
    steps: [{ by: 'one', apply: { struct: {}, map: {} } }],
    spec: { struct: {}, map: {} },
    owners: { one: ['.map', '.struct'] },
  },
  {
    name: 'empty: who owns an empty object does not own what comes into it',
    from: 'structured-merge-diff typed/reconcile_schema',
    steps: [
      { by: 'one', apply: { map: {} } },
      { by: 'two', apply: { map: { k: '1' } } },
      { by: 'three', apply: { map: { k: '2' } }, conflicts: ['two .map.k'] },
      { by: 'two', apply: { map: { k: '1' }, a: '1' } },
    ],
    spec: { map: { k: '1' }, a: '1' },
    owners: { one: ['.map'], two: ['.a', '.map.k'] },
  },
  {
    name: 'set: appliers add and remove their own items',
    from: SMD('set', 'apply_twice / multiple_appliers_remove'),
    steps: [
      { by: 'one', apply: { set: ['a', 'b'] } },
      { by: 'two', apply: { set: ['b', 'c'] } },
      { by: 'one', apply: { set: ['a'] } },
      { by: 'two', apply: { set: ['c'] } },
    ],
    spec: { set: ['a', 'c'] },
    owners: { one: ['.set[="a"]'], two: ['.set[="c"]'] },
  },
  {
    name: 'set: the applied order wins among applied items',
    from: SMD('set', 'apply_twice_reorder / apply_update_apply_reorder_across'),
    steps: [
      { by: 'one', apply: { set: ['a', 'b', 'c', 'd'] } },
      { by: 'one', apply: { set: ['a', 'd', 'c', 'b'] } },
    ],
    spec: { set: ['a', 'd', 'c', 'b'] },
    owners: { one: ['.set[="a"]', '.set[="b"]', '.set[="c"]', '.set[="d"]'] },
  },
  {
    name: 'set: items of others keep their place',
    from: SMD('set', 'apply_update_apply_reorder_across'),
    steps: [
      { by: 'one', apply: { set: ['a', 'b', 'c', 'd'] } },
      { by: 'editor', update: { set: ['a', 'b', 'x', 'c', 'd'] } },
      { by: 'one', apply: { set: ['b', 'a', 'd', 'c'] } },
    ],
    spec: { set: ['b', 'x', 'a', 'd', 'c'] },
    owners: {
      one: ['.set[="a"]', '.set[="b"]', '.set[="c"]', '.set[="d"]'],
      editor: ['.set[="x"]'],
    },
  },
  {
    name: 'keyed list: fields of one item belong to several',
    from: SMD('multiple_appliers', 'multiple_appliers_recursive_list'),
    steps: [
      { by: 'one', apply: { list: [{ name: 'x', value: '1' }] } },
      { by: 'two', apply: { list: [{ name: 'x', nested: ['n'] }, { name: 'y' }] } },
      {
        by: 'two',
        apply: { list: [{ name: 'x', value: '2' }] },
        conflicts: ['one .list[name="x"].value'],
      },
      { by: 'one', apply: { list: [] } },
    ],
    spec: { list: [{ name: 'x', nested: ['n'] }, { name: 'y' }] },
    owners: {
      two: [
        '.list[name="x"]',
        '.list[name="y"]',
        '.list[name="x"].name',
        '.list[name="x"].nested',
        '.list[name="y"].name',
      ],
    },
  },
  {
    name: 'keyed list: several keys, one of them defaulted',
    from: SMD('default_keys', 'apply_missing_defaulted_key'),
    steps: [
      { by: 'one', apply: { ports: [{ port: 1 }] } },
      { by: 'two', apply: { ports: [{ port: 1, protocol: 'TCP', name: 'x' }] } },
      { by: 'three', apply: { ports: [{ port: 1, protocol: 'UDP', name: 'y' }] } },
    ],
    spec: {
      ports: [
        { port: 1, protocol: 'TCP', name: 'x' },
        { port: 1, protocol: 'UDP', name: 'y' },
      ],
    },
    owners: {
      one: ['.ports[port=1,protocol="TCP"]', '.ports[port=1,protocol="TCP"].port'],
      two: ['', '.name', '.port', '.protocol'].map((end) => `.ports[port=1,protocol="TCP"]${end}`),
      three: ['', '.name', '.port', '.protocol'].map(
        (end) => `.ports[port=1,protocol="UDP"]${end}`,
      ),
    },
  },
  {
    name: 'atomic list: owned and replaced as a whole',
    from: SMD('multiple_appliers', 'atomic lists'),
    steps: [
      { by: 'one', apply: { atomicList: ['a', 'b'] } },
      { by: 'two', apply: { atomicList: ['a'] }, conflicts: ['one .atomicList'] },
      { by: 'two', force: { atomicList: ['a'] } },
    ],
    spec: { atomicList: ['a'] },
    owners: { two: ['.atomicList'] },
  },
  {
    name: 'atomic map: owned and replaced as a whole',
    from: `${DOCS}#merge-strategy (x-kubernetes-map-type)`,
    steps: [
      { by: 'one', apply: { atomicMap: { k: '1', l: '1' } } },
      { by: 'two', force: { atomicMap: { m: '1' } } },
    ],
    spec: { atomicMap: { m: '1' } },
    owners: { two: ['.atomicMap'] },
  },
  {
    name: 'preserve unknown: objects by field, lists as a whole',
    from: SMD('preserve_unknown', 'preserve_unknown_fields'),
    steps: [
      { by: 'one', apply: { free: { x: { k: 1 }, l: [1] } } },
      { by: 'two', apply: { free: { x: { m: 2 } } } },
      { by: 'two', apply: { free: { l: [2] } }, conflicts: ['one .free.l'] },
    ],
    spec: { free: { x: { k: 1, m: 2 }, l: [1] } },
    owners: {
      one: ['.free.l', '.free.x', '.free.x.k'],
      two: ['.free.x', '.free.x.m'],
    },
  },
  {
    name: 'duplicates: an updater owns what it doubled once',
    from: SMD('duplicates', 'sets/ownership/duplicates'),
    steps: [{ by: 'editor', update: { set: ['1', '1', '3'] } }],
    spec: { set: ['1', '1', '3'] },
    owners: { editor: ['.set', '.set[="1"]', '.set[="3"]'] },
  },
  {
    name: 'duplicates: doubling an item takes it',
    from: SMD('duplicates', 'sets/ownership/add_duplicate'),
    steps: [
      { by: 'one', update: { set: ['1', '3'] } },
      { by: 'two', update: { set: ['1', '1', '3'] } },
    ],
    spec: { set: ['1', '1', '3'] },
    owners: { one: ['.set', '.set[="3"]'], two: ['.set[="1"]'] },
  },
  {
    name: 'duplicates: an applied item replaces doubled ones, as a conflict',
    from: SMD('duplicates', 'sets/merging/remove_duplicate'),
    steps: [
      { by: 'editor', update: { set: ['1', '1', '3', '4'] } },
      { by: 'one', apply: { set: ['1'] }, conflicts: ['editor .set[="1"]'] },
      { by: 'one', force: { set: ['1'] } },
    ],
    spec: { set: ['1', '3', '4'] },
    owners: { editor: ['.set', '.set[="3"]', '.set[="4"]'], one: ['.set[="1"]'] },
  },
  {
    name: 'duplicates: an apply of other items leaves them',
    from: SMD('duplicates', 'sets/merging/ignore_duplicate'),
    steps: [
      { by: 'editor', update: { set: ['1', '1', '3'] } },
      { by: 'one', apply: { set: ['5'] } },
    ],
    spec: { set: ['1', '1', '3', '5'] },
    owners: { editor: ['.set', '.set[="1"]', '.set[="3"]'], one: ['.set[="5"]'] },
  },
  {
    name: 'duplicates: doubled items of a keyed list are one field',
    from: SMD('duplicates', 'list/ownership/change_duplicated_items'),
    steps: [
      {
        by: 'one',
        update: { list: [{ name: 'a', value: '1' }, { name: 'a', value: '2' }, { name: 'b' }] },
      },
      {
        by: 'two',
        update: { list: [{ name: 'a', value: '1' }, { name: 'a', value: '3' }, { name: 'b' }] },
      },
    ],
    spec: { list: [{ name: 'a', value: '1' }, { name: 'a', value: '3' }, { name: 'b' }] },
    owners: {
      one: ['.list', '.list[name="b"]', '.list[name="b"].name'],
      two: ['.list[name="a"]'],
    },
  },
  {
    name: 'duplicates: an item an updater doubled stays when its applier drops it',
    from: SMD('duplicates', 'list/merge/apply_update_duplicates_apply_without'),
    steps: [
      { by: 'one', apply: { list: [{ name: 'a', value: '1' }, { name: 'b' }] } },
      {
        by: 'editor',
        update: { list: [{ name: 'a', value: '1' }, { name: 'a', value: '2' }, { name: 'b' }] },
      },
      { by: 'one', apply: { list: [{ name: 'b' }] } },
    ],
    spec: { list: [{ name: 'a', value: '1' }, { name: 'a', value: '2' }, { name: 'b' }] },
    owners: { one: ['.list[name="b"]', '.list[name="b"].name'], editor: ['.list[name="a"]'] },
  },
  {
    name: 'schema change to atomic: the owner of a part owns the whole',
    from: SMD('schema_change', 'to-atomic'),
    steps: [
      { by: 'one', apply: { struct: { numeric: 1 } } },
      { by: 'two', apply: { struct: { string: 'x' } }, source: atomic, conflicts: ['one .struct'] },
      { by: 'two', force: { struct: { string: 'x' } }, source: atomic },
    ],
    spec: { struct: { string: 'x' } },
    owners: { two: ['.struct'] },
  },
  {
    name: 'schema change to granular: the owner of the whole owns no parts',
    from: SMD('schema_change', 'to-granular'),
    steps: [
      { by: 'one', apply: { struct: { numeric: 1, string: 'a' } }, source: atomic },
      { by: 'two', apply: { struct: { string: 'b' } } },
    ],
    spec: { struct: { numeric: 1, string: 'b' } },
    owners: { one: ['.struct'], two: ['.struct.string'] },
  },
  {
    name: 'versions: fields are compared in the version of their owner',
    from: SMD('multiple_appliers', 'TestMultipleAppliersRealConversion'),
    steps: [
      { by: 'one', apply: { set: ['a'] }, version: 'v2' },
      { by: 'two', apply: { set: ['a', 'b'] }, version: 'v1', conflicts: ['one .set'] },
      { by: 'two', force: { set: ['a', 'b'] }, version: 'v1' },
    ],
    spec: { set: ['a', 'b'] },
    owners: { two: ['.set[="a"]', '.set[="b"]'] },
  },
  {
    name: 'versions: owners of a version that is gone are forgotten',
    from: SMD('obsolete_versions', 'TestObsoleteVersions'),
    steps: [
      { by: 'old', update: { a: '1' }, version: 'v0', source: granular },
      { by: 'new', update: { a: '1', b: '1' }, version: 'v3' },
    ],
    spec: { a: '1', b: '1' },
    owners: { new: ['.b'] },
  },
  {
    name: 'versions: what an applier stated in a version that is gone stays',
    from: SMD('obsolete_versions', 'TestApplyObsoleteVersion'),
    steps: [
      { by: 'one', apply: { set: ['a', 'b'] }, version: 'v0', source: granular },
      { by: 'one', apply: { set: ['a'] }, version: 'v3' },
    ],
    spec: { set: ['a', 'b'] },
    owners: { one: ['.set[="a"]'] },
  },
  {
    name: 'versions: an applier that moves to another version removes what it stated in the old one',
    from: `${KEP} (one entry per applier)`,
    steps: [
      { by: 'one', apply: { a: '1', set: ['a', 'b'] }, version: 'v1' },
      { by: 'one', apply: { set: ['b'] }, version: 'v3' },
    ],
    spec: { set: ['b'] },
    owners: { one: ['.set[="b"]'] },
  },
];

describe('apply/matrix', () => {
  it.each(CASES)('$name ($from)', ({ steps, spec, owners: expected }) => {
    let live: JsonObject | undefined;
    for (const [index, step] of steps.entries()) live = run(live, step, index);
    expect(live?.spec).toEqual(spec);
    expect(owners(live)).toEqual(expected);
  });
});
