import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { decodeProtobuf } from './protobuf.ts';

/** Bodies as kubectl 1.35.2 and helm 4.1.4 send them, base64. */
const bodies = new Map<string, string>(
  Object.entries(
    JSON.parse(
      readFileSync(new URL('./__fixtures__/request-bodies.json', import.meta.url), 'utf8'),
    ),
  ),
);
const body = (name: string) => Uint8Array.from(Buffer.from(bodies.get(name) ?? '', 'base64'));

type Part = number[];
const varint = (value: bigint): Part => {
  const bytes: Part = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
};
const integer = (number: number, value: number): Part => [
  ...varint(BigInt(number << 3)),
  ...varint(BigInt(value)),
];
const chunk = (number: number, bytes: Part): Part => [
  ...varint(BigInt((number << 3) | 2)),
  ...varint(BigInt(bytes.length)),
  ...bytes,
];
const text = (number: number, value: string): Part => chunk(number, [...Buffer.from(value)]);
const envelope = (apiVersion: string, kind: string, raw: Part): Uint8Array =>
  Uint8Array.from([
    ...Buffer.from('k8s\0'),
    ...chunk(1, [...text(1, apiVersion), ...text(2, kind)]),
    ...chunk(2, raw),
  ]);

/** Type of the result, or name of the error. */
function outcome(bytes: Uint8Array): string {
  try {
    return typeof decodeProtobuf(bytes);
  } catch (error) {
    return error instanceof Error ? error.name : 'nothing known';
  }
}

describe('decodeProtobuf', () => {
  it('reads what kubectl creates', () => {
    expect(decodeProtobuf(body('namespace'))).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'demo' },
      spec: {},
      status: {},
    });
    expect(decodeProtobuf(body('configmap'))).toMatchObject({ data: { mode: 'fast', empty: '' } });
    expect(decodeProtobuf(body('secret'))).toMatchObject({ data: { password: 'czNjcmV0' } });
    expect(decodeProtobuf(body('deployment'))).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'web' } },
        template: {
          spec: {
            containers: [
              {
                name: 'nginx',
                image: 'nginx:1.27',
                ports: [{ containerPort: 8080 }],
                resources: {},
              },
            ],
          },
        },
      },
    });
    expect(decodeProtobuf(body('service'))).toMatchObject({
      spec: {
        type: 'NodePort',
        ports: [{ name: '80-8080', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 }],
      },
    });
  });

  it('reads batch, access and policy kinds', () => {
    expect(decodeProtobuf(body('job'))).toMatchObject({
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ command: ['echo', 'hi'] }] } },
      },
    });
    expect(decodeProtobuf(body('cronjob'))).toMatchObject({
      spec: { schedule: '*/5 * * * *', jobTemplate: { metadata: { name: 'tick' } } },
    });
    expect(decodeProtobuf(body('role'))).toMatchObject({
      rules: [
        { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] },
        { verbs: ['get', 'list'], apiGroups: ['apps'], resources: ['deployments'] },
      ],
    });
    expect(decodeProtobuf(body('rolebinding'))).toMatchObject({
      subjects: [
        { kind: 'User', name: 'ann' },
        { kind: 'ServiceAccount', name: 'bot', namespace: 'demo' },
      ],
      roleRef: { kind: 'Role', name: 'reader' },
    });
    expect(decodeProtobuf(body('serviceaccount'))).toMatchObject({ metadata: { name: 'bot' } });
    expect(decodeProtobuf(body('quota'))).toMatchObject({
      spec: { hard: { cpu: '500m', memory: '1Gi', pods: '10' } },
    });
    expect(decodeProtobuf(body('pdb'))).toMatchObject({ spec: { minAvailable: '50%' } });
    expect(decodeProtobuf(body('ingress'))).toMatchObject({
      spec: { tls: [{ hosts: ['example.com'], secretName: 'web-tls' }], ingressClassName: 'nginx' },
    });
  });

  it('reads questions and token requests', () => {
    expect(decodeProtobuf(body('can-i'))).toMatchObject({
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'list', resource: 'pods', subresource: 'log' } },
    });
    expect(decodeProtobuf(body('can-i-list'))).toMatchObject({ kind: 'SelfSubjectRulesReview' });
    expect(decodeProtobuf(body('whoami'))).toMatchObject({ kind: 'SelfSubjectReview' });
    expect(decodeProtobuf(body('token'))).toMatchObject({
      kind: 'TokenRequest',
      spec: { audiences: ['test'], expirationSeconds: 3600 },
    });
  });

  it('reads the release Secret of helm', () => {
    const secret = decodeProtobuf(body('helm'));
    expect(secret).toMatchObject({
      kind: 'Secret',
      type: 'helm.sh/release.v1',
      metadata: { name: 'sh.helm.release.v1.tiny.v1', labels: { owner: 'helm', name: 'tiny' } },
    });
    const { release } = secret.data as { release: string };
    expect(Buffer.from(release, 'base64').toString('base64')).toBe(release);
  });

  it('reads negative numbers, packed lists, instants and either form of IntOrString', () => {
    expect(
      decodeProtobuf(envelope('v1', 'Pod', chunk(2, chunk(14, integer(2, -5))))),
    ).toMatchObject({
      spec: { securityContext: { runAsUser: -5 } },
    });
    const packed = chunk(2, chunk(14, chunk(4, [...varint(7n), ...varint(-1n)])));
    expect(decodeProtobuf(envelope('v1', 'Pod', packed))).toMatchObject({
      spec: { securityContext: { supplementalGroups: [7, -1] } },
    });
    const instant = [...integer(1, 1_700_000_000), ...integer(2, 123_456_789)];
    const lease = chunk(2, [...chunk(3, instant), ...integer(2, 15)]);
    expect(decodeProtobuf(envelope('coordination.k8s.io/v1', 'Lease', lease))).toMatchObject({
      spec: { acquireTime: '2023-11-14T22:13:20.123456Z', leaseDurationSeconds: 15 },
    });
    const event = chunk(6, instant);
    expect(decodeProtobuf(envelope('v1', 'Event', event))).toMatchObject({
      firstTimestamp: '2023-11-14T22:13:20Z',
    });
    const budget = chunk(2, [
      ...chunk(1, integer(2, 1)),
      ...chunk(3, [...integer(1, 1), ...text(3, '30%')]),
    ]);
    expect(decodeProtobuf(envelope('policy/v1', 'PodDisruptionBudget', budget))).toMatchObject({
      spec: { minAvailable: 1, maxUnavailable: '30%' },
    });
  });

  it('reads raw JSON, extra values and recursive schemas', () => {
    const revision = chunk(2, text(1, '{"spec":{"a":[1]}}'));
    expect(decodeProtobuf(envelope('apps/v1', 'ControllerRevision', revision))).toMatchObject({
      data: { spec: { a: [1] } },
    });
    const extra = chunk(5, [...text(1, 'scopes'), ...chunk(2, [...text(1, 'a'), ...text(1, 'b')])]);
    const review = chunk(2, extra);
    expect(
      decodeProtobuf(envelope('authorization.k8s.io/v1', 'SubjectAccessReview', review)),
    ).toMatchObject({ spec: { extra: { scopes: ['a', 'b'] } } });
    const leaf = text(5, 'string');
    const schema = [
      ...text(5, 'object'),
      ...chunk(29, [
        ...text(1, 'list'),
        ...chunk(2, [...text(5, 'array'), ...chunk(24, chunk(1, leaf))]),
      ]),
      ...chunk(30, [...integer(1, 0), ...chunk(2, leaf)]),
      ...chunk(20, text(1, '"x"')),
    ];
    const crd = chunk(
      2,
      chunk(7, [...text(1, 'v1'), ...integer(2, 1), ...chunk(4, chunk(1, schema))]),
    );
    expect(
      decodeProtobuf(envelope('apiextensions.k8s.io/v1', 'CustomResourceDefinition', crd)),
    ).toMatchObject({
      spec: {
        versions: [
          {
            name: 'v1',
            served: true,
            schema: {
              openAPIV3Schema: {
                properties: { list: { type: 'array', items: { type: 'string' } } },
                additionalProperties: { type: 'string' },
                enum: ['x'],
              },
            },
          },
        ],
      },
    });
  });

  it('skips fields it does not know, groups included', () => {
    const group = [
      ...varint(BigInt((99 << 3) | 3)),
      ...integer(1, 5),
      ...varint(BigInt((99 << 3) | 4)),
    ];
    const raw = [...text(90, 'later'), ...integer(91, 7), ...group, ...chunk(1, text(1, 'n'))];
    expect(decodeProtobuf(envelope('v1', 'ConfigMap', raw))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'n' },
    });
  });

  it('never sets a prototype', () => {
    const entry = chunk(2, [...text(1, '__proto__'), ...text(2, 'x')]);
    const decoded = decodeProtobuf(envelope('v1', 'ConfigMap', entry));
    expect(Object.getPrototypeOf(decoded.data)).toBe(Object.prototype);
  });

  it.each([
    ['no magic', Uint8Array.from([1, 2, 3, 4])],
    ['nothing', new Uint8Array()],
    ['a length beyond the end', envelope('v1', 'ConfigMap', [0x0a, 0x7f])],
    ['an endless number', envelope('v1', 'ConfigMap', [0x08, ...Array<number>(12).fill(0xff)])],
    ['field number 0', envelope('v1', 'ConfigMap', [0x02, 0x00])],
    ['an open group', envelope('v1', 'ConfigMap', varint(BigInt((99 << 3) | 3)))],
    ['a number where a message belongs', envelope('v1', 'ConfigMap', integer(1, 1))],
    [
      'raw bytes that are no JSON',
      envelope('apps/v1', 'ControllerRevision', chunk(2, text(1, '{'))),
    ],
  ])('refuses %s', (_name, bytes) => {
    expect(() => decodeProtobuf(bytes)).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  it('refuses kinds without a table', () => {
    const bytes = envelope('kagent.dev/v1alpha2', 'Agent', []);
    expect(() => decodeProtobuf(bytes)).toThrow(expect.objectContaining({ code: 'unknown_kind' }));
  });

  it('refuses nesting without bound', () => {
    let schema: Part = text(5, 'object');
    for (let depth = 0; depth < 400; depth += 1) schema = chunk(28, schema);
    const crd = chunk(2, chunk(7, chunk(4, chunk(1, schema))));
    const bytes = envelope('apiextensions.k8s.io/v1', 'CustomResourceDefinition', crd);
    expect(() => decodeProtobuf(bytes)).toThrow(/nests too deeply/);
  });

  it('survives damaged bytes: a result or a ProtobufError, soon', () => {
    let seed = 42;
    const random = (limit: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fff_ffff;
      return seed % limit;
    };
    for (const name of bodies.keys()) {
      const original = body(name);
      for (let round = 0; round < 60; round += 1) {
        let bytes = original.slice();
        for (let change = 0; change <= random(4); change += 1)
          bytes[random(bytes.length)] = random(256);
        if (random(5) === 0) bytes = bytes.slice(0, random(bytes.length));
        expect(outcome(bytes)).toMatch(/^(?:object|ProtobufError)$/);
      }
    }
  });
});
