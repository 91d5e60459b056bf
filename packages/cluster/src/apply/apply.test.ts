import { describe, expect, it } from 'vitest';
import { builtinObjectSchema } from '../builtin/schemas.ts';
import { compileSchema } from '../schema/compile.ts';
import { cloneJson, type JsonObject } from '../schema/json.ts';
import type { Schema, SchemaSource } from '../schema/schema.ts';
import { serverSideApply, type ApplyInput, type ApplyResult } from './apply.ts';
import { trackUpdate } from './track.ts';

const text: Schema = { type: 'string' };
const portItem: Schema = {
  type: 'object',
  required: ['port'],
  properties: {
    port: { type: 'integer' },
    protocol: { ...text, default: 'TCP' },
    name: text,
    target: text,
  },
};
const source = compileSchema({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        a: text,
        b: text,
        replicas: { type: 'integer' },
        map: { type: 'object', additionalProperties: text },
        whole: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
        struct: { type: 'object', properties: { x: text, y: text } },
        list: { type: 'array', items: text },
        set: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
        ports: {
          type: 'array',
          items: portItem,
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
    status: { type: 'object', properties: { phase: text } },
  },
}).source;

const EARLY = '2026-01-01T00:00:00Z';
const LATER = '2026-01-02T00:00:00Z';
const apiVersion = 'g/v1';

function thing(spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return { apiVersion, kind: 'Thing', metadata: { name: 'a', ...metadata }, spec };
}

type Options = Partial<Omit<ApplyInput, 'live' | 'applied'>>;

function tryApply(
  live: JsonObject | undefined,
  applied: JsonObject,
  options: Options = {},
): ApplyResult {
  const defaults = { manager: 'one', force: false, source, apiVersion, now: EARLY };
  return serverSideApply({ live, applied, ...defaults, ...options });
}

function apply(
  live: JsonObject | undefined,
  applied: JsonObject,
  options: Options = {},
): JsonObject {
  const result = tryApply(live, applied, options);
  if (result.kind === 'conflict') throw new Error(result.message);
  return result.object;
}

/** A write that is no apply. */
function update(
  before: JsonObject | undefined,
  after: JsonObject,
  options: { manager?: string; now?: string; subresource?: string } = {},
): JsonObject {
  const managedFields = trackUpdate({
    before,
    after,
    manager: 'editor',
    source,
    apiVersion,
    now: EARLY,
    ...options,
  });
  return { ...after, metadata: { ...(after.metadata as JsonObject), managedFields } };
}

/** `manager` → fieldsV1 */
function owners(object: JsonObject): JsonObject {
  const metadata = object.metadata as { managedFields?: { manager: string; fieldsV1: unknown }[] };
  return Object.fromEntries(
    (metadata.managedFields ?? []).map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
  );
}

describe('serverSideApply creates', () => {
  it('the object with its owner', () => {
    const object = apply(undefined, thing({ a: '1', map: { k: 'v' } }, { labels: { l: '1' } }));
    expect(object).toEqual({
      ...thing({ a: '1', map: { k: 'v' } }),
      metadata: {
        name: 'a',
        labels: { l: '1' },
        managedFields: [
          {
            manager: 'one',
            operation: 'Apply',
            apiVersion,
            time: EARLY,
            fieldsType: 'FieldsV1',
            fieldsV1: {
              'f:metadata': { 'f:labels': { 'f:l': {} } },
              'f:spec': { 'f:a': {}, 'f:map': { 'f:k': {} } },
            },
          },
        ],
      },
    });
  });

  it.each<{ name: string; spec: JsonObject; fields: JsonObject }>([
    {
      name: 'scalars and atomic lists',
      spec: { a: '1', list: ['x'] },
      fields: { 'f:a': {}, 'f:list': {} },
    },
    { name: 'an atomic map as a whole', spec: { whole: { k: 'v' } }, fields: { 'f:whole': {} } },
    {
      name: 'items of a set',
      spec: { set: ['x', 'y'] },
      fields: { 'f:set': { 'v:"x"': {}, 'v:"y"': {} } },
    },
    {
      name: 'items of a map list, with defaulted keys',
      spec: { ports: [{ port: 80, name: 'http' }] },
      fields: {
        'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {}, 'f:name': {} } },
      },
    },
    { name: 'an empty object', spec: { struct: {} }, fields: { 'f:struct': {} } },
    {
      name: 'free content: objects by field, lists as a whole',
      spec: { free: { x: { y: 1 }, l: [{ z: 1 }] } },
      fields: { 'f:free': { 'f:l': {}, 'f:x': { '.': {}, 'f:y': {} } } },
    },
  ])('owning $name', ({ spec, fields }) => {
    expect(owners(apply(undefined, thing(spec)))).toEqual({ one: { 'f:spec': fields } });
  });
});

describe('serverSideApply again', () => {
  const cases: { name: string; first: JsonObject; second: JsonObject; after: JsonObject }[] = [
    {
      name: 'changes a value',
      first: { a: '1', b: '1' },
      second: { a: '2', b: '1' },
      after: { a: '2', b: '1' },
    },
    { name: 'removes a field', first: { a: '1', b: '1' }, second: { a: '1' }, after: { a: '1' } },
    {
      name: 'removes a struct with all fields',
      first: { a: '1', struct: { x: '1', y: '1' } },
      second: { a: '1' },
      after: { a: '1' },
    },
    {
      name: 'removes a field of a struct',
      first: { struct: { x: '1', y: '1' } },
      second: { struct: { x: '1' } },
      after: { struct: { x: '1' } },
    },
    {
      name: 'removes map entries',
      first: { map: { k: '1', l: '1' } },
      second: { map: { l: '1' } },
      after: { map: { l: '1' } },
    },
    {
      name: 'empties a map that stays',
      first: { map: { k: '1' } },
      second: { map: {} },
      after: { map: {} },
    },
    {
      name: 'replaces an atomic list',
      first: { list: ['a', 'b'] },
      second: { list: ['c'] },
      after: { list: ['c'] },
    },
    {
      name: 'replaces an atomic map',
      first: { whole: { a: '1' } },
      second: { whole: { b: '1' } },
      after: { whole: { b: '1' } },
    },
    {
      name: 'removes items of a set',
      first: { set: ['a', 'b'] },
      second: { set: ['b', 'c'] },
      after: { set: ['b', 'c'] },
    },
    {
      name: 'removes items of a map list',
      first: { ports: [{ port: 80 }, { port: 81, name: 'x' }] },
      second: { ports: [{ port: 80 }] },
      after: { ports: [{ port: 80 }] },
    },
    {
      name: 'tells items by all keys',
      first: {
        ports: [
          { port: 53, protocol: 'UDP' },
          { port: 53, protocol: 'TCP' },
        ],
      },
      second: { ports: [{ port: 53 }] },
      after: { ports: [{ port: 53 }] },
    },
    {
      name: 'orders as applied',
      first: { set: ['a', 'b', 'c'] },
      second: { set: ['c', 'a', 'b'] },
      after: { set: ['c', 'a', 'b'] },
    },
  ];
  it.each(cases)('$name', ({ first, second, after }) => {
    const live = apply(undefined, thing(first));
    const before = cloneJson(live);
    const result = apply(live, thing(second), { now: LATER });
    expect(result.spec).toEqual(after);
    expect(live).toEqual(before);
    expect(owners(result)).toEqual(owners(apply(undefined, thing(second))));
  });

  it.each(cases)('is idempotent, times included: $name', ({ first, second }) => {
    const live = apply(apply(undefined, thing(first)), thing(second));
    expect(apply(live, thing(second), { now: LATER })).toEqual(live);
    expect(apply(live, thing(second), { now: LATER, force: true })).toEqual(live);
  });

  it('through another version takes over its own entry', () => {
    const live = apply(undefined, thing({ a: '1' }));
    const result = apply(
      live,
      { ...thing({ a: '1' }), apiVersion: 'g/v2' },
      { apiVersion: 'g/v2', now: LATER },
    );
    expect(result.metadata).toMatchObject({
      managedFields: [{ manager: 'one', apiVersion: 'g/v2', time: LATER }],
    });
  });

  it('leaves what the server set', () => {
    const live = apply(undefined, thing({ a: '1', ports: [{ port: 80 }] }));
    const served = cloneJson(live);
    Object.assign(served.metadata as JsonObject, { uid: 'u', resourceVersion: '5', generation: 1 });
    served.status = { phase: 'Running' };
    Object.assign((served.spec as { ports: JsonObject[] }).ports[0] ?? {}, { target: '8080' });
    const result = apply(
      served,
      thing({ a: '1', ports: [{ port: 80 }] }, { creationTimestamp: null }),
    );
    expect(result).toEqual(served);
  });
});

describe('serverSideApply with several managers', () => {
  const two: Options = { manager: 'two' };

  it('shares a field both state equally', () => {
    const live = apply(apply(undefined, thing({ a: '1' })), thing({ a: '1', b: '2' }), two);
    expect(owners(live)).toEqual({
      one: { 'f:spec': { 'f:a': {} } },
      two: { 'f:spec': { 'f:a': {}, 'f:b': {} } },
    });
  });

  it('keeps a shared field until the last owner drops it', () => {
    const shared = apply(
      apply(undefined, thing({ a: '1', b: '1' })),
      thing({ a: '1', b: '1' }),
      two,
    );
    const dropped = apply(shared, thing({ b: '1' }));
    expect(dropped.spec).toEqual({ a: '1', b: '1' });
    expect(apply(dropped, thing({ b: '1' }), two).spec).toEqual({ b: '1' });
  });

  it('refuses to change the field of another', () => {
    const live = apply(undefined, thing({ a: '1', b: '1' }));
    expect(tryApply(live, thing({ a: '2' }), two)).toEqual({
      kind: 'conflict',
      causes: [
        { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.a' },
      ],
      message: 'Apply failed with 1 conflict: conflict with "one": .spec.a',
    });
  });

  it('names all conflicts by manager', () => {
    const live = update(
      apply(undefined, thing({ a: '1', b: '1' })),
      thing({ a: '1', b: '1', replicas: 1 }),
      {
        manager: 'kubectl-edit',
      },
    );
    const result = tryApply(live, thing({ a: '2', b: '2', replicas: 2 }), two);
    expect(result).toMatchObject({
      kind: 'conflict',
      message: [
        'Apply failed with 3 conflicts: conflicts with "kubectl-edit" using g/v1:',
        '- .spec.replicas',
        'conflicts with "one":',
        '- .spec.a',
        '- .spec.b',
      ].join('\n'),
    });
  });

  it('names the subresource of the other manager', () => {
    const live = update(apply(undefined, thing({ a: '1' })), thing({ a: '1', replicas: 1 }), {
      manager: 'scaler',
      subresource: 'scale',
    });
    expect(tryApply(live, thing({ replicas: 2 }), two)).toMatchObject({
      causes: [
        {
          message: 'conflict with "scaler" with subresource "scale" using g/v1',
          field: '.spec.replicas',
        },
      ],
    });
  });

  it('forced, takes the field away', () => {
    const live = apply(undefined, thing({ a: '1', b: '1' }));
    const result = apply(live, thing({ a: '2' }), { ...two, force: true });
    expect(result.spec).toEqual({ a: '2', b: '1' });
    expect(owners(result)).toEqual({
      one: { 'f:spec': { 'f:b': {} } },
      two: { 'f:spec': { 'f:a': {} } },
    });
  });

  it('forced, drops a manager that is left with nothing', () => {
    const live = apply(undefined, thing({ a: '1' }));
    expect(owners(apply(live, thing({ a: '2' }), { ...two, force: true }))).toEqual({
      two: { 'f:spec': { 'f:a': {} } },
    });
  });

  it('merges lists and maps of both', () => {
    const live = apply(
      undefined,
      thing({ set: ['a'], map: { a: '1' }, ports: [{ port: 80, name: 'x' }] }),
    );
    const merged = apply(
      live,
      thing({ set: ['b'], map: { b: '2' }, ports: [{ port: 80, target: 't' }, { port: 81 }] }),
      two,
    );
    expect(merged.spec).toEqual({
      set: ['a', 'b'],
      map: { a: '1', b: '2' },
      ports: [{ port: 80, name: 'x', target: 't' }, { port: 81 }],
    });
    const gone = apply(merged, thing({}));
    expect(gone.spec).toEqual({
      set: ['b'],
      map: { b: '2' },
      ports: [{ port: 80, target: 't' }, { port: 81 }],
    });
  });

  it('conflicts on an atomic list as a whole', () => {
    const live = apply(undefined, thing({ list: ['a'] }));
    expect(tryApply(live, thing({ list: ['a', 'b'] }), two)).toMatchObject({
      causes: [{ field: '.spec.list' }],
    });
  });

  it.each([
    { live: ['a', 'b', 'c'], applied: ['c', 'a'], after: ['b', 'c', 'a'] },
    { live: ['a', 'b'], applied: ['x', 'a'], after: ['x', 'a', 'b'] },
    { live: ['a', 'b', 'c'], applied: ['c', 'b', 'x'], after: ['a', 'c', 'b', 'x'] },
    { live: ['a', 'b'], applied: ['x', 'y'], after: ['a', 'b', 'x', 'y'] },
    { live: ['a', 'b', 'c', 'd'], applied: ['b', 'x', 'd'], after: ['a', 'b', 'c', 'x', 'd'] },
  ])('orders $live with $applied as $after', ({ live, applied, after }) => {
    const object = apply(undefined, thing({ set: live }));
    expect(apply(object, thing({ set: applied }), two).spec).toEqual({ set: after });
  });

  it('may be told apart by subresource', () => {
    const live = apply(undefined, thing({ a: '1' }), { hasStatus: true });
    const status = {
      ...thing({ a: 'ignored' }, { labels: { l: 'ignored' } }),
      status: { phase: 'Up' },
    };
    const result = apply(live, status, {
      subresource: 'status',
      hasStatus: true,
      statusResets: ['labels'],
    });
    expect(result).toMatchObject({ spec: { a: '1' }, status: { phase: 'Up' } });
    expect(result.metadata).not.toHaveProperty('labels');
    expect(result.metadata).toMatchObject({
      managedFields: [
        { manager: 'one', fieldsV1: { 'f:spec': { 'f:a': {} } } },
        { manager: 'one', subresource: 'status', fieldsV1: { 'f:status': { 'f:phase': {} } } },
      ],
    });
    const main = apply(
      result,
      { ...thing({ a: '2' }), status: { phase: 'ignored' } },
      { hasStatus: true },
    );
    expect(main).toMatchObject({ spec: { a: '2' }, status: { phase: 'Up' } });
  });
});

describe('serverSideApply and other writes', () => {
  it('an update takes the changed field, a later apply conflicts', () => {
    const applied = apply(undefined, thing({ a: '1', b: '1' }));
    const edited = update(applied, thing({ a: '2', b: '1' }), { manager: 'kubectl-edit' });
    expect(owners(edited)).toEqual({
      one: { 'f:spec': { 'f:b': {} } },
      'kubectl-edit': { 'f:spec': { 'f:a': {} } },
    });
    expect(tryApply(edited, thing({ a: '1', b: '1' }))).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "kubectl-edit" using g/v1: .spec.a',
    });
    expect(apply(edited, thing({ a: '2', b: '1' })).spec).toEqual({ a: '2', b: '1' });
  });

  it('does not remove what an update owns', () => {
    const applied = apply(undefined, thing({ a: '1', b: '1' }));
    const edited = update(applied, thing({ a: '1', b: '2' }));
    expect(apply(edited, thing({ a: '1' })).spec).toEqual({ a: '1', b: '2' });
  });

  it('an object nobody tracked belongs to before-first-apply', () => {
    const live = thing({ a: '1', b: '1' });
    expect(tryApply(live, thing({ a: '2' }))).toMatchObject({
      message:
        'Apply failed with 1 conflict: conflict with "before-first-apply" using g/v1: .spec.a',
    });
    expect(owners(apply(live, thing({ a: '1' })))).toEqual({
      one: { 'f:spec': { 'f:a': {} } },
      'before-first-apply': { 'f:spec': { '.': {}, 'f:a': {}, 'f:b': {} } },
    });
  });

  it('kubectl moves from client-side apply by editing the entries', () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const created = update(
      undefined,
      thing({ a: '1', b: '1' }, { annotations: { [annotation]: '{}' } }),
      {
        manager: 'kubectl-client-side-apply',
      },
    );
    const entries = (created.metadata as { managedFields: JsonObject[] }).managedFields;
    const migrated = update(created, {
      ...created,
      metadata: {
        ...(created.metadata as JsonObject),
        managedFields: [{ ...entries[0], manager: 'kubectl', operation: 'Apply' }],
      },
    });
    expect(owners(migrated)).toHaveProperty('kubectl');
    const result = apply(migrated, thing({ a: '2' }), { manager: 'kubectl', now: LATER });
    expect(result.spec).toEqual({ a: '2' });
    expect(owners(result)).toEqual({ kubectl: { 'f:spec': { 'f:a': {} } } });
  });

  it('kubectl may change what it applied client-side, and keeps that record', () => {
    const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
    const last = JSON.stringify(thing({ a: '1' }));
    const created = update(undefined, thing({ a: '1' }, { annotations: { [annotation]: last } }), {
      manager: 'kubectl-client-side-apply',
    });
    expect(tryApply(created, thing({ a: '2' }), { manager: 'other' }).kind).toBe('conflict');
    const result = apply(created, thing({ a: '2' }), { manager: 'kubectl' });
    expect(result.spec).toEqual({ a: '2' });
    const { annotations } = result.metadata as { annotations: Record<string, string> };
    expect(JSON.parse(annotations[annotation] ?? '')).toEqual(thing({ a: '2' }));
    const edited = update(created, { ...created, spec: { a: '9' } }, { manager: 'kubectl-edit' });
    expect(tryApply(edited, thing({ a: '2' }), { manager: 'kubectl' }).kind).toBe('conflict');
  });
});

describe('serverSideApply refuses', () => {
  it.each<{ name: string; applied: JsonObject; status?: number; message: string }>([
    {
      name: 'managedFields in the configuration',
      status: 400,
      applied: thing({}, { managedFields: [{ manager: 'x' }] }),
      message: 'metadata.managedFields must be nil',
    },
    {
      name: 'an item twice',
      applied: thing({ ports: [{ port: 80 }, { port: 80, protocol: 'TCP' }] }),
      message:
        'failed to create typed patch object (/a; g/v1, Kind=Thing): .spec.ports: duplicate entries for key [port=80,protocol="TCP"]',
    },
  ])('$name', ({ applied, message, status = 400 }) => {
    expect(() => tryApply(undefined, applied)).toThrow(
      expect.objectContaining({ name: 'PatchError', status, message }) as Error,
    );
  });
});

describe('serverSideApply of built-in kinds', () => {
  const deploymentSource = builtinObjectSchema('apps/v1', 'Deployment')?.source as SchemaSource;
  const serviceSource = builtinObjectSchema('v1', 'Service')?.source as SchemaSource;

  it('Deployment: containers by name, ports by number and protocol, selector as a whole', () => {
    const applied = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: 'a:1', ports: [{ containerPort: 80 }] }] },
        },
      },
    };
    const live = apply(undefined, applied, { source: deploymentSource, apiVersion: 'apps/v1' });
    expect(owners(live)).toEqual({
      one: {
        'f:spec': {
          'f:selector': {},
          'f:template': {
            'f:metadata': { 'f:labels': { 'f:app': {} } },
            'f:spec': {
              'f:containers': {
                'k:{"name":"web"}': {
                  '.': {},
                  'f:image': {},
                  'f:name': {},
                  'f:ports': {
                    'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} },
                  },
                },
              },
            },
          },
        },
      },
    });
  });

  it('Service: a second manager adds a port', () => {
    const service = (ports: JsonObject[]): JsonObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { ports },
    });
    const options = { source: serviceSource, apiVersion: 'v1' };
    const live = apply(undefined, service([{ port: 80, protocol: 'TCP' }]), options);
    const both = apply(live, service([{ port: 81 }]), { ...options, manager: 'two' });
    expect(both.spec).toEqual({ ports: [{ port: 80, protocol: 'TCP' }, { port: 81 }] });
    expect(apply(both, service([]), options).spec).toEqual({ ports: [{ port: 81 }] });
  });
});
