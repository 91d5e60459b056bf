import { describe, expect, it } from 'vitest';

import { builtinTypes, type FieldType } from './types.ts';

function referenced(type: FieldType): string | undefined {
  switch (type.form) {
    case 'object':
      return type.type;
    case 'list':
      return referenced(type.items);
    case 'map':
      return referenced(type.values);
    case 'scalar':
      return undefined;
  }
}

/** JSON names of a type with those of inlined types. */
function jsonNames(name: string): string[] {
  return builtinTypes
    .get(name)
    .fields.flatMap((field) =>
      field.name === '' && field.type.form === 'object' ? jsonNames(field.type.type) : [field.name],
    );
}

describe('built-in type tables', () => {
  const types = builtinTypes.names().map((name) => builtinTypes.get(name));

  const fields = types.flatMap(({ name, fields: own }) =>
    own.map((field) => ({ field, place: `${name}.${field.name}` })),
  );
  const isRepeated = (list: unknown[]) => new Set(list).size < list.length;

  it('gives every field of a type its own number and name', () => {
    expect(
      fields.filter(({ field }) => !(Number.isInteger(field.number) && field.number > 0)),
    ).toEqual([]);
    const repeated = types.filter(
      (type) =>
        isRepeated(type.fields.map(({ number }) => number)) || isRepeated(jsonNames(type.name)),
    );
    expect(repeated.map(({ name }) => name)).toEqual([]);
  });

  it('refers only to types that exist', () => {
    const known = new Set(builtinTypes.names());
    const dangling = fields.filter(({ field }) => {
      const target = referenced(field.type);
      return target !== undefined && !known.has(target);
    });
    expect(dangling.map(({ place }) => place)).toEqual([]);
  });

  it('names list keys and merge keys that the items have', () => {
    const keyed = fields.flatMap(({ field, place }) =>
      [
        ...(field.listKeys ?? []),
        ...(field.patchMergeKey === undefined ? [] : [field.patchMergeKey]),
      ].map((key) => ({
        place: `${place} ${key}`,
        isKnown: jsonNames(referenced(field.type) ?? '').includes(key),
      })),
    );
    expect(keyed.length).toBeGreaterThan(60);
    expect(keyed.filter(({ isKnown }) => !isKnown)).toEqual([]);
  });

  it('gives a map list its keys and a default that is one of the allowed values', () => {
    const keyless = fields.filter(
      ({ field }) => field.listType === 'map' && field.listKeys === undefined,
    );
    expect(keyless.map(({ place }) => place)).toEqual([]);
    const defaulted = fields.filter(
      ({ field }) => field.default !== undefined && field.enum !== undefined,
    );
    expect(defaulted.length).toBeGreaterThan(20);
    const odd = defaulted.filter(
      ({ field }) => !field.enum?.some((value) => value === field.default),
    );
    expect(odd.map(({ place }) => place)).toEqual([]);
  });

  it('reads a line of the notation in full', () => {
    const ports = builtinTypes.get('core.Container').fields.find(({ name }) => name === 'ports');
    expect(ports).toMatchObject({
      number: 6,
      type: { form: 'list', items: { form: 'object', type: 'core.ContainerPort' } },
      listType: 'map',
      listKeys: ['containerPort', 'protocol'],
      patchStrategy: 'merge',
      patchMergeKey: 'containerPort',
      isRequired: false,
    });
    const protocol = builtinTypes.get('core.ContainerPort').byNumber.get(4);
    expect(protocol).toMatchObject({
      name: 'protocol',
      default: 'TCP',
      enum: ['SCTP', 'TCP', 'UDP'],
    });
    expect(builtinTypes.get('core.Volume').byNumber.get(2)).toMatchObject({ name: '' });
    expect(builtinTypes.get('meta.LabelSelector').isAtomic).toBe(true);
  });

  it('finds kinds by apiVersion and kind, and options under every group version', () => {
    expect(builtinTypes.ofKind('v1', 'Pod')).toBe('core.Pod');
    expect(builtinTypes.ofKind('autoscaling/v1', 'Scale')).toBe('autoscalingV1.Scale');
    expect(builtinTypes.ofKind('policy/v1', 'DeleteOptions')).toBe('meta.DeleteOptions');
    expect(builtinTypes.ofKind('v1', 'PodSpec')).toBeUndefined();
    expect(builtinTypes.ofKind('v1', 'constructor')).toBeUndefined();
    expect(builtinTypes.ofKind('kagent.dev/v1alpha2', 'Agent')).toBeUndefined();
  });
});
