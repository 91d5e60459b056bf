/** Parts of a CRD beside the schema: names, versions, columns, selectable fields, conversion. */
import { crdOf, crdWith, NAMES, versionOf } from './crd-parts.ts';

const S = { type: 'string' };
const sc = {
  openAPIV3Schema: {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          a: S,
          n: { type: 'integer' },
          o: { type: 'object' },
          l: { type: 'array', items: S },
          m: { type: 'object', additionalProperties: S },
          num: { type: 'number' },
          b: { type: 'boolean' },
        },
      },
      status: { type: 'object', properties: { n: { type: 'integer' }, s: S } },
    },
  },
};
const sc2 = {
  openAPIV3Schema: {
    type: 'object',
    properties: { spec: { type: 'object', properties: { b: S } } },
  },
};
const names = (changes: object) => crdWith({ names: { ...NAMES, ...changes } });
const V = (changes: object) => crdWith({ versions: [versionOf({ schema: sc, ...changes })] });
const W = (webhook: object) => crdWith({ conversion: { strategy: 'Webhook', webhook } });

export const SPECS: Readonly<Record<string, object>> = {
  ok: crdWith(),
  nospec: {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'a.b' },
  },
  emptyspec: {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'a.b' },
    spec: {},
  },
  name1: crdWith({}, { name: 'Foo.x' }),
  name2: crdWith({}, { name: 'foo.x' }),
  group1: crdWith({ group: '' }),
  group2: crdWith({ group: 'nodot' }),
  group3: crdWith({ group: 'Bad_.x' }),
  group4: crdWith({ group: 'a..b' }),
  scope1: crdWith({ scope: '' }),
  scope2: crdWith({ scope: 'Foo' }),
  scope3: crdWith({ scope: undefined }),
  scopeC: crdWith({ scope: 'Cluster' }),
  names0: crdWith({ names: {} }),
  names1: crdWith({ names: undefined }),
  nplural: names({ plural: 'Things' }),
  nplural2: names({ plural: '' }),
  nsing: names({ singular: 'Thing!' }),
  nsing0: names({ singular: undefined, listKind: undefined }),
  nkind: names({ kind: 'Thing_', listKind: undefined }),
  nkind2: names({ kind: '' }),
  nkind3: names({ kind: '1Thing', listKind: '2x' }),
  nsame: names({ listKind: 'Thing' }),
  nshort: names({ shortNames: ['a', 'B', 'c_d', ''] }),
  ncat: names({ categories: ['all', 'X', ''] }),
  nshortdup: names({ shortNames: ['a', 'a'], categories: ['all', 'all'] }),
  vers0: crdWith({ versions: [] }),
  versU: crdWith({ versions: undefined }),
  versN: crdWith({ versions: null }),
  vnames: crdWith({ versions: [versionOf({ name: 'V1' })] }),
  vnames2: crdWith({ versions: [versionOf({ name: '' })] }),
  vnames3: crdWith({ versions: [versionOf({ name: '1' })] }),
  dup: crdWith({ versions: [versionOf(), versionOf()] }),
  dup2: crdWith({ versions: [versionOf(), versionOf({ storage: false })] }),
  dup3: crdWith({ versions: [versionOf(), versionOf({ storage: false, schema: sc2 })] }),
  nostorage: crdWith({ versions: [versionOf({ storage: false })] }),
  noserved: crdWith({ versions: [versionOf({ served: false })] }),
  twostorage: crdWith({ versions: [versionOf(), versionOf({ name: 'v2', schema: sc2 })] }),
  omitted: crdWith({ versions: [{ name: 'v1', schema: sc }] }),
  noschema: crdWith({ versions: [versionOf({ schema: undefined })] }),
  noschema2: crdWith({ versions: [versionOf({ schema: {} })] }),
  noschema3: crdWith({
    versions: [versionOf(), versionOf({ name: 'v2', storage: false, schema: undefined })],
  }),
  noschema4: crdWith({ versions: [versionOf({ schema: { openAPIV3Schema: null } })] }),
  schemaempty: crdWith({ versions: [versionOf({ schema: { openAPIV3Schema: {} } })] }),
  two: crdWith({
    versions: [
      versionOf({ schema: sc }),
      versionOf({ name: 'v2', storage: false, schema: { openAPIV3Schema: { type: 'array' } } }),
    ],
  }),
  two2: crdWith({
    versions: [
      versionOf({ schema: { openAPIV3Schema: { type: 'object', properties: { a: {} } } } }),
      versionOf({
        name: 'v2',
        storage: false,
        schema: { openAPIV3Schema: { type: 'object', properties: { a: {} } } },
      }),
    ],
  }),
  twosub: crdWith({
    versions: [
      versionOf({ schema: sc, subresources: { scale: {} } }),
      versionOf({ name: 'v2', storage: false, schema: sc2, subresources: { scale: {} } }),
    ],
  }),
  twosub2: crdWith({
    versions: [
      versionOf({ schema: sc, subresources: { scale: {} } }),
      versionOf({ name: 'v2', storage: false, schema: sc }),
    ],
  }),
  twocol: crdWith({
    versions: [
      versionOf({ schema: sc, additionalPrinterColumns: [{ name: '' }] }),
      versionOf({ name: 'v2', storage: false, schema: sc }),
    ],
  }),
  preserve: crdWith({ preserveUnknownFields: true }),
  preserve2: crdWith({ preserveUnknownFields: false }),
  preserve3: crdWith({
    preserveUnknownFields: true,
    conversion: {
      strategy: 'Webhook',
      webhook: { clientConfig: { url: 'https://x' }, conversionReviewVersions: ['v1'] },
    },
  }),
  dep1: V({ deprecated: true, deprecationWarning: '' }),
  dep2: V({ deprecationWarning: 'x' }),
  dep3: V({ deprecated: true, deprecationWarning: 'x'.repeat(257) }),
  dep4: V({ deprecated: true, deprecationWarning: 'a\nb\u0001' }),
  dep5: V({ deprecated: true, deprecationWarning: 'ok é' }),
  scale0: V({ subresources: { scale: {} } }),
  scale1: V({
    subresources: {
      scale: { specReplicasPath: 'spec.n', statusReplicasPath: 'x', labelSelectorPath: 'y' },
    },
  }),
  scale2: V({
    subresources: {
      scale: { specReplicasPath: '.n', statusReplicasPath: '.spec.n', labelSelectorPath: '.x' },
    },
  }),
  scale3: V({
    subresources: {
      scale: {
        specReplicasPath: '.spec.n',
        statusReplicasPath: '.status.n',
        labelSelectorPath: '',
      },
    },
  }),
  scale4: V({
    subresources: {
      scale: {
        specReplicasPath: '.',
        statusReplicasPath: '.status',
        labelSelectorPath: '.status.s',
      },
    },
  }),
  scale5: V({
    subresources: {
      scale: { specReplicasPath: '.spec.l[0]', statusReplicasPath: '.status.n' },
      foo: 1,
    },
  }),
  col0: V({ additionalPrinterColumns: [{}] }),
  col1: V({ additionalPrinterColumns: [{ name: 'a', type: 'foo', format: 'bar', jsonPath: 'x' }] }),
  col2: V({
    additionalPrinterColumns: [
      { name: 'a', type: 'string', jsonPath: '.spec[' },
      { name: 'a', type: 'date', jsonPath: '.' },
    ],
  }),
  col4: V({ additionalPrinterColumns: [{ name: 'a', type: 'string', JSONPath: '.a' }] }),
  col5: V({
    additionalPrinterColumns: [
      { name: 'a', type: 'string', jsonPath: '.spec.x[?(@.type=="y")].z', format: 'password' },
    ],
  }),
  col6: V({ additionalPrinterColumns: [{ name: 'a', type: 'string', jsonPath: '{.spec.x}' }] }),
  sel0: V({ selectableFields: [{}] }),
  sel1: V({ selectableFields: [{ jsonPath: 'spec.a' }] }),
  sel2: V({ selectableFields: [{ jsonPath: '.spec.nope' }] }),
  sel3: V({ selectableFields: [{ jsonPath: '.spec.o' }] }),
  sel4: V({ selectableFields: [{ jsonPath: '.spec.l' }] }),
  sel5: V({ selectableFields: [{ jsonPath: '.spec.m.x' }] }),
  sel6: V({ selectableFields: [{ jsonPath: ".spec['a']" }] }),
  sel7: V({ selectableFields: [{ jsonPath: '.metadata.name' }] }),
  sel8: V({ selectableFields: [{ jsonPath: '.spec.a' }, { jsonPath: '.spec.a' }] }),
  sel9: V({
    selectableFields: 'abcdefghi'.split('').map((c) => ({ jsonPath: `.spec.${c}` })),
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec: {
            type: 'object',
            properties: Object.fromEntries('abcdefghi'.split('').map((c) => [c, S])),
          },
        },
      },
    },
  }),
  sel10: V({ selectableFields: [{ jsonPath: '.spec.n' }, { jsonPath: '.spec.b' }] }),
  sel11: V({ selectableFields: [{ jsonPath: '.spec.num' }] }),
  sel12: V({ selectableFields: [{ jsonPath: '.spec.l[0]' }] }),
  sel13: V({
    selectableFields: [
      { jsonPath: '.spec.' },
      { jsonPath: '.' },
      { jsonPath: '' },
      { jsonPath: '..a' },
      { jsonPath: '.spec.a ' },
    ],
  }),
  sel14: V({ selectableFields: [{ jsonPath: '.apiVersion' }] }),
  sel15: V({
    selectableFields: [{ jsonPath: '.metadata.name' }],
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: { metadata: { type: 'object', properties: { name: S } } },
      },
    },
  }),
  conv1: crdWith({ conversion: { strategy: '' } }),
  conv2: crdWith({ conversion: {} }),
  conv3: crdWith({ conversion: { strategy: 'Foo' } }),
  conv4: crdWith({ conversion: { strategy: 'Webhook' } }),
  conv5: crdWith({
    conversion: {
      strategy: 'None',
      webhook: { clientConfig: { url: 'https://x' }, conversionReviewVersions: ['v1'] },
    },
  }),
  conv6: crdWith({
    conversion: { strategy: 'None', webhook: { conversionReviewVersions: ['v1'] } },
  }),
  conv7: crdWith({ conversion: null }),
  w1: W({}),
  w2: W({ clientConfig: {}, conversionReviewVersions: [] }),
  w3: W({
    clientConfig: { url: 'https://x', service: { name: 'a', namespace: 'b' } },
    conversionReviewVersions: ['v2'],
  }),
  w4: W({ clientConfig: { url: 'http://x' }, conversionReviewVersions: ['v1', 'v1', 'V_'] }),
  w5: W({ clientConfig: { url: 'https://u:p@x/a?b#c' }, conversionReviewVersions: ['v1beta1'] }),
  w6: W({ clientConfig: { url: 'x' }, conversionReviewVersions: ['v1'] }),
  w7: W({ clientConfig: { url: '' }, conversionReviewVersions: ['v1'] }),
  w8: W({ clientConfig: { url: 'https://' }, conversionReviewVersions: ['v1'] }),
  w9: W({ clientConfig: { service: {} }, conversionReviewVersions: ['v1'] }),
  w10: W({
    clientConfig: { service: { name: 'a', namespace: 'b', port: 0 } },
    conversionReviewVersions: ['v1'],
  }),
  w11: W({
    clientConfig: { service: { name: 'a', namespace: 'b', port: 70000, path: 'x/y' } },
    conversionReviewVersions: ['v1'],
  }),
  w12: W({
    clientConfig: { service: { name: 'a', namespace: 'b', path: '/x//y' } },
    conversionReviewVersions: ['v1'],
  }),
  w13: W({
    clientConfig: { service: { name: 'a', namespace: 'b', path: '/a b' } },
    conversionReviewVersions: ['v1'],
  }),
  w14: W({
    clientConfig: { url: 'https://x', caBundle: 'Zm9v' },
    conversionReviewVersions: ['v1'],
  }),
  w16: W({ clientConfig: { url: 'https://x:99999/%zz' }, conversionReviewVersions: ['v1'] }),
  w17: W({
    clientConfig: { service: { name: 'a', namespace: 'b', path: '/' } },
    conversionReviewVersions: ['v1'],
  }),
  w18: W({
    clientConfig: { service: { name: 'A_', namespace: 'b', path: '/a/' } },
    conversionReviewVersions: ['v1'],
  }),
  approve1: crdWith({ group: 'foo.k8s.io' }, { name: 'things.foo.k8s.io' }),
  approve2: crdWith(
    { group: 'foo.k8s.io' },
    { name: 'things.foo.k8s.io', annotations: { 'api-approved.kubernetes.io': 'x' } },
  ),
  approve3: crdWith(
    { group: 'foo.kubernetes.io' },
    {
      name: 'things.foo.kubernetes.io',
      annotations: { 'api-approved.kubernetes.io': 'unapproved, x' },
    },
  ),
  approve4: crdWith(
    { group: 'foo.k8s.io' },
    {
      name: 'things.foo.k8s.io',
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/x' },
    },
  ),
  approve5: crdWith({ group: 'x-k8s.io.com' }, { name: 'things.x-k8s.io.com' }),
  approve6: crdWith({ group: 'x.x-k8s.io' }, { name: 'things.x.x-k8s.io' }),
  typeErr: crdWith({ versions: 'x' }),
  typeErr2: crdWith({ names: 'x' }),
  typeErr3: crdWith({ versions: [versionOf({ served: 'yes' })] }),
  typeErr4: crdWith({
    versions: [
      versionOf({
        additionalPrinterColumns: [{ name: 'a', type: 'string', jsonPath: '.x', priority: 'x' }],
      }),
    ],
  }),
  typeErr5: crdWith({ versions: [{ ...versionOf(), schema: 'x' }] }),
  typeErr6: crdOf({ type: ['string'] }),
  typeErr7: crdOf({ type: 'object', properties: { a: { type: 'string', maxLength: 'x' } } }),
  typeErr8: crdOf({ type: 'object', required: 'x' }),
};
