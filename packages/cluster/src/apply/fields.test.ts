import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../schema/json.ts';
import {
  difference,
  fieldPaths,
  formatFields,
  intersection,
  parseFields,
  sameFields,
  union,
} from './fields.ts';

const deployment: JsonObject = {
  'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
  'f:spec': {
    'f:replicas': {},
    'f:template': {
      'f:spec': {
        'f:containers': {
          'k:{"name":"web"}': {
            '.': {},
            'f:image': {},
            'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:name': {} } },
          },
        },
      },
    },
  },
  'f:words': { 'v:"a"': {}, 'v:"b"': {} },
};

describe('fields', () => {
  it('reads and writes FieldsV1', () => {
    expect(formatFields(parseFields(deployment))).toEqual(deployment);
  });

  it('reads keys in any order and writes them sorted', () => {
    const fields = { 'k:{"protocol":"TCP", "port":1}': {} };
    expect(formatFields(parseFields(fields))).toEqual({ 'k:{"port":1,"protocol":"TCP"}': {} });
  });

  it.each([null, 'x', [], { 'x:y': {} }, { 'k:{bad': {} }, { 'f:a': { 'q:': {} } }])(
    'skips what it does not understand: %j',
    (fields) => {
      expect(parseFields(fields).size).toBe(0);
    },
  );

  it('names paths as people read them', () => {
    expect([...fieldPaths(parseFields(deployment))]).toEqual([
      '.metadata.labels',
      '.metadata.labels.app',
      '.spec.replicas',
      '.spec.template.spec.containers[name="web"]',
      '.spec.template.spec.containers[name="web"].image',
      '.spec.template.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"]',
      '.spec.template.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"].name',
      '.words[="a"]',
      '.words[="b"]',
    ]);
  });

  const sets: JsonObject[] = [
    {},
    { 'f:a': {} },
    { 'f:a': { 'f:b': {} } },
    { 'f:a': { '.': {}, 'f:b': {} }, 'f:c': {} },
    { 'f:a': { 'f:b': { 'f:d': {} }, 'v:1': {} } },
    deployment,
  ];

  it('obeys the laws of sets', () => {
    for (const left of sets) {
      for (const right of sets) {
        const [a, b] = [parseFields(left), parseFields(right)];
        expect(sameFields(union(a, b), union(b, a))).toBe(true);
        expect(sameFields(intersection(a, b), intersection(b, a))).toBe(true);
        expect(sameFields(difference(a, b), difference(a, intersection(a, b)))).toBe(true);
        expect(sameFields(union(difference(a, b), intersection(a, b)), a)).toBe(true);
        expect(intersection(difference(a, b), b).size).toBe(0);
        expect(difference(a, union(a, b)).size).toBe(0);
      }
    }
  });

  it('keeps fields below a removed one', () => {
    const rest = difference(
      parseFields({ 'f:a': { '.': {}, 'f:b': {} } }),
      parseFields({ 'f:a': {} }),
    );
    expect(formatFields(rest)).toEqual({ 'f:a': { 'f:b': {} } });
  });
});
