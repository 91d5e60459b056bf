/** Schemas of CRD versions: what may stand in them and how what may not is called. */
const S = { type: 'string' };
const O = { type: 'object' };

export const SCHEMAS: Readonly<Record<string, object>> = {
  notype: {},
  empty: { properties: {} },
  arr: { type: 'array' },
  rootarray: { type: 'array', items: S },
  badtype: { type: 'object', properties: { a: { type: 'foo' } } },
  noType2: {
    type: 'object',
    properties: { a: {}, b: { properties: { c: {} } }, d: { type: 'array', items: {} } },
  },
  addlRoot: { type: 'object', additionalProperties: S },
  addlBoth: {
    type: 'object',
    properties: { a: { type: 'object', properties: { x: S }, additionalProperties: S } },
  },
  addlFalse: { type: 'object', properties: { a: { type: 'object', additionalProperties: false } } },
  addlTrue: { type: 'object', properties: { a: { type: 'object', additionalProperties: true } } },
  unique: { type: 'object', properties: { a: { type: 'array', uniqueItems: true, items: S } } },
  nullableRoot: { type: 'object', nullable: true },
  ref: { type: 'object', properties: { a: { $ref: '#/x' } } },
  xref: { type: 'object', properties: { a: { $schema: 'x', id: 'y', type: 'string' } } },
  defs: {
    type: 'object',
    definitions: { a: S },
    properties: { a: { type: 'string', definitions: {} } },
  },
  patProps: { type: 'object', patternProperties: { a: S } },
  addlItems: {
    type: 'object',
    properties: { a: { type: 'array', items: S, additionalItems: true } },
  },
  addlItems2: {
    type: 'object',
    properties: { a: { type: 'array', items: S, additionalItems: S } },
  },
  intstr: {
    type: 'object',
    properties: { a: { 'x-kubernetes-int-or-string': true, type: 'string' } },
  },
  intstr2: {
    type: 'object',
    properties: {
      a: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    },
  },
  intstr3: {
    type: 'object',
    properties: {
      a: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'string' }, { type: 'integer' }] },
    },
  },
  intstr4: {
    type: 'object',
    properties: {
      a: {
        'x-kubernetes-int-or-string': true,
        allOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { pattern: 'x' }],
      },
    },
  },
  intstr5: {
    type: 'object',
    properties: {
      a: {
        'x-kubernetes-int-or-string': true,
        'x-kubernetes-preserve-unknown-fields': true,
        'x-kubernetes-embedded-resource': true,
      },
    },
  },
  intstr6: {
    type: 'object',
    properties: {
      a: { 'x-kubernetes-int-or-string': true, minimum: 3, maxLength: 3, default: 'abcd' },
    },
  },
  presFalse: {
    type: 'object',
    properties: { a: { type: 'object', 'x-kubernetes-preserve-unknown-fields': false } },
  },
  emb1: { type: 'object', properties: { a: { 'x-kubernetes-embedded-resource': true } } },
  emb2: {
    type: 'object',
    properties: { a: { type: 'object', 'x-kubernetes-embedded-resource': true } },
  },
  emb3: {
    type: 'object',
    properties: {
      a: {
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        'x-kubernetes-preserve-unknown-fields': true,
      },
    },
  },
  emb4: {
    type: 'object',
    properties: {
      a: {
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        properties: { apiVersion: { type: 'integer' }, kind: O, metadata: { type: 'string' } },
      },
    },
  },
  emb5: {
    type: 'object',
    properties: {
      a: { type: 'object', 'x-kubernetes-embedded-resource': true, additionalProperties: S },
    },
  },
  emb6: {
    type: 'object',
    properties: {
      a: {
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        properties: { metadata: { type: 'object', properties: { labels: O } } },
      },
    },
  },
  meta1: {
    type: 'object',
    properties: {
      metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 3 } } },
    },
  },
  meta2: {
    type: 'object',
    properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } },
  },
  meta3: { type: 'object', properties: { metadata: { type: 'object', required: ['name'] } } },
  meta4: { type: 'object', properties: { metadata: { type: 'string' } } },
  meta5: {
    type: 'object',
    properties: { metadata: { type: 'object', properties: { name: { type: 'integer' } } } },
  },
  meta6: {
    type: 'object',
    properties: {
      metadata: {
        type: 'object',
        properties: {
          name: { type: 'string', pattern: '^a' },
          generateName: { type: 'string', format: 'x', minLength: 3 },
        },
      },
    },
  },
  meta7: {
    type: 'object',
    properties: { metadata: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
  },
  meta8: { type: 'object', properties: { apiVersion: O, kind: { type: 'integer' }, metadata: {} } },
  meta9: {
    type: 'object',
    properties: { metadata: { type: 'object', default: { name: 'x' }, description: 'f' } },
  },
  metaInAny2: { type: 'object', anyOf: [{ properties: { kind: { enum: ['a'] } } }] },
  listNoItems: {
    type: 'object',
    properties: { a: { type: 'array', 'x-kubernetes-list-type': 'map' } },
  },
  setObj: {
    type: 'object',
    properties: {
      a: {
        type: 'array',
        items: { type: 'object', properties: { x: S } },
        'x-kubernetes-list-type': 'set',
      },
    },
  },
  setObjAtomic: {
    type: 'object',
    properties: {
      a: {
        type: 'array',
        items: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { x: S } },
        'x-kubernetes-list-type': 'set',
      },
    },
  },
  setNull: {
    type: 'object',
    properties: {
      a: {
        type: 'array',
        items: { type: 'string', nullable: true },
        'x-kubernetes-list-type': 'set',
      },
    },
  },
  setArr: {
    type: 'object',
    properties: {
      a: {
        type: 'array',
        items: { type: 'array', items: S, 'x-kubernetes-list-type': 'set' },
        'x-kubernetes-list-type': 'set',
      },
    },
  },
  listType1: {
    type: 'object',
    properties: { a: { type: 'string', 'x-kubernetes-list-type': 'set' } },
  },
  listType2: {
    type: 'object',
    properties: { a: { type: 'array', items: S, 'x-kubernetes-list-type': 'foo' } },
  },
  listType3: {
    type: 'object',
    properties: { a: { type: 'array', items: S, 'x-kubernetes-list-type': 'map' } },
  },
  listType4: {
    type: 'object',
    properties: { a: { type: 'array', items: S, 'x-kubernetes-list-map-keys': ['x'] } },
  },
  listType5: {
    type: 'object',
    properties: {
      a: {
        type: 'array',
        items: { type: 'object', properties: { x: S } },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['x', 'x', 'y'],
      },
    },
  },
  listType6: {
    type: 'object',
    properties: {
      a: {
        type: 'array',
        items: {
          type: 'object',
          required: ['x'],
          properties: { x: O, y: { type: 'array', items: S } },
        },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['x', 'y'],
      },
    },
  },
  listType7: {
    type: 'object',
    properties: {
      a: {
        type: 'array',
        items: {
          type: 'object',
          required: ['x'],
          properties: { x: { type: 'string', nullable: true } },
          nullable: true,
        },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['x'],
      },
    },
  },
  listType8: {
    type: 'object',
    properties: {
      a: {
        type: 'array',
        items: S,
        'x-kubernetes-list-type': 'set',
        'x-kubernetes-list-map-keys': ['x'],
      },
    },
  },
  listType9: {
    type: 'object',
    properties: {
      a: {
        'x-kubernetes-preserve-unknown-fields': true,
        'x-kubernetes-list-type': 'set',
        'x-kubernetes-map-type': 'atomic',
      },
    },
  },
  mapType1: {
    type: 'object',
    properties: { a: { type: 'string', 'x-kubernetes-map-type': 'atomic' } },
  },
  mapType2: {
    type: 'object',
    properties: { a: { type: 'object', 'x-kubernetes-map-type': 'foo' } },
  },
  pattern: { type: 'object', properties: { a: { type: 'string', pattern: '(' } } },
  junc: {
    type: 'object',
    properties: {
      a: {
        type: 'string',
        allOf: [{ type: 'string', description: 'x', default: 'x', title: 't', nullable: true }],
      },
    },
  },
  junc2: {
    type: 'object',
    properties: { a: { type: 'string' } },
    anyOf: [
      { required: ['a'] },
      { properties: { b: { minLength: 3 } } },
      { items: { minLength: 2 } },
    ],
  },
  junc3: {
    type: 'object',
    properties: {
      a: {
        type: 'object',
        oneOf: [{ required: ['x'] }, { not: { properties: { z: { enum: ['a'] } } } }],
      },
    },
  },
  junc4: {
    type: 'object',
    properties: {
      a: {
        type: 'object',
        anyOf: [
          {
            'x-kubernetes-int-or-string': true,
            'x-kubernetes-preserve-unknown-fields': true,
            'x-kubernetes-embedded-resource': true,
            'x-kubernetes-list-type': 'set',
            'x-kubernetes-list-map-keys': ['x'],
            'x-kubernetes-map-type': 'atomic',
            additionalProperties: true,
            externalDocs: { url: 'x' },
            example: 3,
          },
        ],
      },
    },
  },
  junc5: {
    type: 'object',
    properties: {
      a: {
        type: 'object',
        additionalProperties: S,
        anyOf: [{ additionalProperties: { maxLength: 3 } }],
      },
    },
  },
  junc6: {
    type: 'object',
    properties: {
      a: {
        type: 'object',
        additionalProperties: S,
        anyOf: [{ properties: { x: { maxLength: 3 } } }],
      },
    },
  },
  junc7: {
    type: 'object',
    properties: {
      a: {
        type: 'object',
        properties: { b: S },
        anyOf: [{ 'x-kubernetes-validations': [{ rule: 'true' }] }],
      },
    },
  },
  exmin: {
    type: 'object',
    properties: {
      a: {
        type: 'integer',
        minimum: 5,
        maximum: 3,
        exclusiveMinimum: true,
        exclusiveMaximum: true,
        multipleOf: 0,
      },
    },
  },
  exmin2: {
    type: 'object',
    properties: {
      a: {
        type: 'integer',
        multipleOf: -1,
        minLength: -1,
        minItems: -4,
        maxItems: -3,
        maxProperties: -3,
      },
    },
  },
  default1: { type: 'object', properties: { a: { type: 'string', default: 3 } } },
  default2: {
    type: 'object',
    properties: { a: { type: 'object', properties: { x: S }, default: { y: 3 } } },
  },
  default4: { type: 'object', properties: { a: { type: 'string', default: null } } },
  default5: {
    type: 'object',
    properties: { a: { type: 'string', nullable: true, default: null } },
  },
  default6: {
    type: 'object',
    properties: { a: { type: 'object', required: ['x'], properties: { x: S }, default: {} } },
  },
  default7: {
    type: 'object',
    properties: {
      a: { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, default: ['a', 'c', 3] },
    },
  },
  default8: {
    type: 'object',
    properties: {
      metadata: { type: 'object', properties: { name: { type: 'string', default: 'x' } } },
    },
  },
  default10: {
    type: 'object',
    properties: {
      a: {
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        'x-kubernetes-preserve-unknown-fields': true,
        default: {},
      },
    },
  },
  default13: {
    type: 'object',
    properties: {
      a: { type: 'object', properties: { b: { type: 'string', default: 3 } }, default: { b: 'x' } },
    },
  },
  default15: {
    type: 'object',
    properties: {
      a: { type: 'array', 'x-kubernetes-list-type': 'set', items: S, default: ['a', 'a'] },
    },
  },
  default17: {
    type: 'object',
    properties: {
      a: {
        type: 'object',
        'x-kubernetes-validations': [{ rule: 'self.x > 3' }],
        properties: { x: { type: 'integer' } },
        default: { x: 2 },
      },
    },
  },
  default18: {
    type: 'object',
    properties: {
      a: {
        type: 'object',
        anyOf: [{ properties: { x: { default: 1 } } }],
        properties: { x: { type: 'integer' } },
      },
    },
  },
  external: {
    type: 'object',
    externalDocs: { url: 'x', description: 'd' },
    example: { a: 1 },
    title: 't',
  },
  long: {
    type: 'object',
    properties: {
      a: { type: 'string', format: 'unknown-format' },
      b: { type: 'integer', format: 'int32' },
      c: { type: 'number', format: 'float' },
      d: { type: 'string', format: 'int64' },
    },
  },
  required1: { type: 'object', required: ['nope', 'nope'], properties: { a: S } },
  preserveRoot: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  preserveNoType: { 'x-kubernetes-preserve-unknown-fields': true },
  intFmt: {
    type: 'object',
    properties: { a: { type: 'integer', minimum: 1e30 }, b: { type: 'integer', enum: [1.5] } },
  },
};
