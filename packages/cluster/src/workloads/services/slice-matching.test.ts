import { describe, expect, it } from 'vitest';

import type { EndpointSlice } from '../objects.ts';
import { matchSlices } from './slice-matching.ts';

const slice = (name: string, port?: number): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, generateName: 'web-', namespace: 'default' },
  addressType: 'IPv4',
  endpoints: [],
  ports: port === undefined ? [] : [{ name: '', port, protocol: 'TCP' }],
});

function matched(wanted: EndpointSlice[], existing: EndpointSlice[]): unknown {
  const { pairs, surplus } = matchSlices(wanted, existing);
  return {
    names: pairs.map((pair) => pair.wanted.metadata.name),
    old: pairs.map(({ old }) => old?.metadata.name),
    surplus: surplus.map(({ metadata }) => metadata.name),
  };
}

describe('matchSlices', () => {
  it.each([
    [
      'keeps the slice of the same ports',
      [slice('web-a', 80)],
      [slice('web-b', 80)],
      ['web-b'],
      [],
    ],
    ['reuses one of other ports', [slice('web-a', 81)], [slice('web-b', 80)], ['web-b'], []],
    [
      'leaves one slice when none of many is wanted',
      [slice('web-a')],
      [slice('web-b', 80), slice('web-c', 81)],
      ['web-b'],
      ['web-c'],
    ],
  ])('%s', (_name, wanted, existing, names, surplus) => {
    expect(matched(wanted, existing)).toEqual({ names, old: names, surplus });
  });

  it('never takes a name that another slice has', () => {
    const existing = [slice('web-a', 81)];
    const { pairs } = matchSlices([slice('web-a', 80), slice('web-b', 81)], existing);
    expect(pairs[1]?.wanted.metadata.name).toBe('web-a');
    expect(pairs[0]?.wanted.metadata.name).toMatch(/^web-(?!a$).{5}$/);
  });
});
