import { describe, expect, test } from 'vitest';

import { compileJsonPath, fieldPath } from './json-path.ts';

const object = {
  metadata: { labels: { 'example.com/app': 'web' } },
  spec: { size: 3, ports: [{ port: 80 }, { port: 443, name: 'tls' }] },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Ok', status: 'False' },
    ],
  },
};

describe('api/json-path', () => {
  test.each([
    ['.spec.size', [3]],
    ['{.spec.size}', [3]],
    ['$.spec.size', [3]],
    ['.spec.ports[0].port', [80]],
    ['.spec.ports[-1].port', [443]],
    ['.spec.ports[*].port', [80, 443]],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type == 'Ok')].status", ['False']],
    ['.status.conditions[?(@.type!="Ready")].type', ['Ok']],
    ['.spec.ports[?(@.port>100)].name', ['tls']],
    ['.spec.ports[?(@.name)].port', [443]],
    ['.metadata.labels.example\\.com/app', ['web']],
    [".metadata.labels['example.com/app']", ['web']],
    ['.spec.missing.deep', []],
    ['.spec.size.deep', []],
    ['.constructor', []],
    ['.spec[', []],
  ])('%s', (path, expected) => expect(compileJsonPath(path)(object)).toEqual(expected));

  test('gives the keys of a plain path', () => {
    expect(fieldPath('.spec.replicas')).toEqual(['spec', 'replicas']);
    expect(fieldPath('.metadata.labels.example\\.com/app')).toEqual([
      'metadata',
      'labels',
      'example.com/app',
    ]);
  });
});
