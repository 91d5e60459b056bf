import { describe, expect, it } from 'vitest';
import { compileSchema } from '../schema/compile.ts';
import type { JsonObject } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import { trackUpdate, type TrackInput } from './track.ts';

const text: Schema = { type: 'string' };
const { source } = compileSchema({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        a: text,
        b: text,
        set: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
      },
    },
    status: { type: 'object', properties: { phase: text } },
  },
});

const EARLY = '2026-01-01T00:00:00Z';
const LATER = '2026-01-02T00:00:00Z';

function thing(spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'g/v1', kind: 'Thing', metadata: { name: 'a', ...metadata }, spec };
}

function track(
  before: JsonObject | undefined,
  after: JsonObject,
  options: Partial<TrackInput> = {},
): ReturnType<typeof trackUpdate> {
  const defaults = { manager: 'editor', source, apiVersion: 'g/v1', now: EARLY };
  return trackUpdate({ before, after, ...defaults, ...options });
}

function entry(manager: string, spec: JsonObject, extra: JsonObject = {}): JsonObject {
  return {
    manager,
    operation: 'Update',
    apiVersion: 'g/v1',
    time: EARLY,
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': spec },
    ...extra,
  };
}

describe('trackUpdate', () => {
  it('on create owns everything but what the system sets', () => {
    const object = thing(
      { a: '1', set: ['x'] },
      { namespace: 'n', uid: 'u', creationTimestamp: EARLY, generation: 1, labels: { l: '1' } },
    );
    expect(track(undefined, object)).toEqual([
      entry(
        'editor',
        {},
        {
          fieldsV1: {
            'f:metadata': { 'f:labels': { '.': {}, 'f:l': {} } },
            'f:spec': { '.': {}, 'f:a': {}, 'f:set': { '.': {}, 'v:"x"': {} } },
          },
        },
      ),
    ]);
  });

  it.each<{
    name: string;
    from: JsonObject;
    to: JsonObject;
    first: JsonObject;
    second?: JsonObject;
  }>([
    {
      name: 'a changed field goes to who changed it',
      from: { a: '1', b: '1' },
      to: { a: '2', b: '1' },
      first: { '.': {}, 'f:b': {} },
      second: { 'f:a': {} },
    },
    {
      name: 'a new field goes to who added it',
      from: { a: '1' },
      to: { a: '1', b: '1' },
      first: { '.': {}, 'f:a': {} },
      second: { 'f:b': {} },
    },
    {
      name: 'a removed field goes to nobody',
      from: { a: '1', b: '1' },
      to: { a: '1' },
      first: { '.': {}, 'f:a': {} },
    },
    {
      name: 'items of sets are fields',
      from: { set: ['x', 'y'] },
      to: { set: ['y', 'z'] },
      first: { '.': {}, 'f:set': { '.': {}, 'v:"y"': {} } },
      second: { 'f:set': { 'v:"z"': {} } },
    },
  ])('$name', ({ from, to, first, second }) => {
    const managedFields = track(undefined, thing(from), { manager: 'first' });
    const expected = [entry('first', first)];
    if (second !== undefined) expected.push(entry('second', second, { time: LATER }));
    const before = thing(from, { managedFields });
    expect(track(before, thing(to), { manager: 'second', now: LATER })).toEqual(expected);
  });

  it('a write that changes nothing leaves the entries alone', () => {
    const managedFields = track(undefined, thing({ a: '1' }));
    const before = thing({ a: '1' }, { managedFields, resourceVersion: '1' });
    const after = thing({ a: '1' }, { resourceVersion: '2' });
    expect(track(before, after, { manager: 'other', now: LATER })).toEqual(managedFields);
  });

  it('the same manager has one entry per version and subresource', () => {
    const created = thing({ a: '1' }, { managedFields: track(undefined, thing({ a: '1' })) });
    const again = track(created, thing({ a: '2', b: '1' }), { now: LATER });
    expect(again).toEqual([entry('editor', { '.': {}, 'f:a': {}, 'f:b': {} }, { time: LATER })]);
    const withStatus = { ...created, status: { phase: 'Up' } };
    expect(track(created, withStatus, { subresource: 'status' })).toEqual([
      entry('editor', { '.': {}, 'f:a': {} }),
      entry(
        'editor',
        {},
        {
          fieldsV1: { 'f:status': { '.': {}, 'f:phase': {} } },
          subresource: 'status',
        },
      ),
    ]);
    expect(track(created, thing({ a: '1', b: '1' }), { apiVersion: 'g/v2' })).toHaveLength(2);
  });

  it('takes entries a client edited, keeps those it forgot', () => {
    const managedFields = track(undefined, thing({ a: '1' }));
    const before = thing({ a: '1' }, { managedFields });
    expect(track(before, thing({ a: '1' }))).toEqual(managedFields);
    const renamed = [entry('renamed', { 'f:a': {} })];
    expect(track(before, thing({ a: '1' }, { managedFields: renamed }))).toEqual(renamed);
    expect(
      track(before, thing({ a: '1' }, { managedFields: renamed }), { subresource: 'status' }),
    ).toEqual(managedFields);
  });

  it('does not track an object whose entries were emptied', () => {
    const managedFields = track(undefined, thing({ a: '1' }));
    const before = thing({ a: '1' }, { managedFields });
    expect(track(before, thing({ a: '1' }, { managedFields: [{}] }))).toEqual([]);
    expect(track(thing({ a: '1' }), thing({ a: '2' }))).toEqual([]);
  });

  it('joins the oldest of more than ten updaters', () => {
    let object = thing({}, { managedFields: track(undefined, thing({ a: '0' })) });
    object = { ...object, spec: { a: '0' } };
    for (let i = 1; i <= 14; i++) {
      const after = thing({ a: '0' }, { labels: { ...labels(object), [`l${i}`]: '1' } });
      const now = `2026-02-${String(i).padStart(2, '0')}T00:00:00Z`;
      const managedFields = track(object, after, { manager: `m${i}`, now });
      object = { ...after, metadata: { ...(after.metadata as JsonObject), managedFields } };
    }
    const { managedFields } = object.metadata as { managedFields: { manager: string }[] };
    expect(managedFields.map(({ manager }) => manager)).toEqual([
      'ancient-changes',
      ...[6, 7, 8, 9, 10, 11, 12, 13, 14].map((i) => `m${i}`),
    ]);
  });

  function labels(object: JsonObject): JsonObject {
    return ((object.metadata as JsonObject).labels ?? {}) as JsonObject;
  }
});
