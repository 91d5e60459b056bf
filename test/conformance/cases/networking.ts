/** What Ingresses, IngressClasses, NetworkPolicies and EndpointSlices may look like. */
import type { Area } from '../case.ts';
import { creates, mutate, type Mutation, reports, updates } from './mutations.ts';

const PLACE = '/apis/networking.k8s.io/v1/namespaces/$ns';
const CLASSES = '/apis/networking.k8s.io/v1/ingressclasses';
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/$ns/endpointslices';

const port = { number: 80 };
const path = { path: '/', pathType: 'Prefix', backend: { service: { name: 's', port } } };
const ingress = {
  metadata: { name: 'i' },
  spec: { ingressClassName: 'web', rules: [{ host: 'a.example.com', http: { paths: [path] } }] },
};

const PATH = 'spec.rules.0.http.paths.0';
const HOST = 'spec.rules.0.host';
const at = (value: string, pathType = 'Prefix'): Mutation => ({
  [`${PATH}.path`]: value,
  [`${PATH}.pathType`]: pathType,
});
const behind = (backend: unknown): Mutation => ({ [`${PATH}.backend`]: backend });
const served = (name: string, where: object): Mutation =>
  behind({ service: { name, port: where } });
const resource = (reference: object): Mutation => behind({ resource: reference });

const INGRESSES: Mutation[] = [
  {},
  { spec: undefined },
  { 'spec.ingressClassName': 'Bad_' },
  { 'metadata.annotations': { 'kubernetes.io/ingress.class': 'nginx' } },
  {
    'metadata.annotations': { 'kubernetes.io/ingress.class': 'nginx' },
    'spec.ingressClassName': 'x',
  },
  ...['', 'foo', '/a//b', '/a/../b', '/%2f', '/a/.'].map((value) => at(value)),
  at('foo', 'ImplementationSpecific'),
  at('/', 'Foo'),
  { [`${PATH}.pathType`]: undefined },
  behind(undefined),
  behind({ service: {} }),
  behind({ serviceName: 's', servicePort: 80 }),
  served('s', {}),
  served('s', { number: 70_000 }),
  served('s', { number: '80' }),
  served('s', { name: 'http' }),
  served('s', { name: 'http', number: 80 }),
  served('9s', { name: 'Bad_' }),
  resource({ apiGroup: 'a.b', kind: 'X', name: 'y' }),
  resource({ kind: '', name: '' }),
  resource({ kind: 'a/b', name: 'c/d', apiGroup: 'Bad_' }),
  behind({ resource: { kind: 'X', name: 'y' }, service: { name: 's', port } }),
  ...['Bad_', '*.example.com', '*', '*.foo.*.com', '1.2.3.4', 'a.example.com:80'].map((host) => ({
    [HOST]: host,
  })),
  { 'spec.rules.0.http': {} },
  { 'spec.defaultBackend': { service: { name: 's', port } }, 'spec.rules': undefined },
  { 'spec.defaultBackend': {} },
  { 'spec.tls': [{ hosts: ['a.example.com', '*.example.com'], secretName: 's' }] },
  { 'spec.tls': [{ hosts: ['Bad_', ''], secretName: 'Bad_' }] },
];

const addresses = (...entries: object[]) => ({ loadBalancer: { ingress: entries } });

const policy = {
  metadata: { name: 'n' },
  spec: {
    podSelector: {},
    ingress: [{ from: [{ podSelector: { matchLabels: { a: 'b' } } }], ports: [{ port: 80 }] }],
  },
};
const peer = (value: object): Mutation => ({ 'spec.ingress.0.from.0': value });
const block = (cidr: string, ...except: string[]): Mutation => peer({ ipBlock: { cidr, except } });
const open = (value: object): Mutation => ({ 'spec.ingress.0.ports.0': value });

const POLICIES: Mutation[] = [
  {},
  { spec: undefined },
  { 'spec.podSelector.matchLabels': { 'a b': 'c' } },
  { 'spec.policyTypes': ['Egress'] },
  { 'spec.policyTypes': ['Foo'] },
  { 'spec.policyTypes': ['Ingress', 'Egress', 'Ingress'] },
  { 'spec.ingress': [{}] },
  { 'spec.egress': [{}] },
  { 'spec.egress': [{ to: [{}] }] },
  peer({ ipBlock: {} }),
  block('172.16.0.0/12'),
  block('172.16.0.0'),
  block('172.16.0.1/12'),
  block('x'),
  block('::/0'),
  block('172.16.0.0/12', '172.17.0.0/16'),
  block('172.16.0.0/12', '192.168.0.0/16', '172.16.0.0/12', 'x'),
  peer({ ipBlock: { cidr: '172.16.0.0/12' }, podSelector: {} }),
  peer({ namespaceSelector: { matchLabels: { 'a b': 'c' } } }),
  open({}),
  open({ port: 0 }),
  open({ port: 'http' }),
  open({ port: 'Bad_' }),
  open({ port: 80, endPort: 90 }),
  open({ port: 80, endPort: 0 }),
  open({ port: 'http', endPort: 90 }),
  open({ endPort: 90 }),
  open({ protocol: 'Foo', port: 80 }),
  open({ port: 1.5 }),
];

const ingressClass = { metadata: { name: '$id' }, spec: { controller: 'example.com/x' } };
const parameters = (value: object): Mutation => ({
  'spec.parameters': { kind: 'X', name: 'y', ...value },
});

const INGRESS_CLASSES: Mutation[] = [
  {},
  { spec: undefined },
  { 'spec.controller': 'x' },
  { 'spec.controller': 'Bad_/x' },
  { 'spec.parameters': {} },
  parameters({}),
  parameters({ scope: 'Foo' }),
  parameters({ scope: 'Namespace' }),
  parameters({ scope: 'Namespace', namespace: 'n' }),
  parameters({ namespace: 'n' }),
];

const slice = {
  metadata: { name: 'e' },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['192.0.2.1'] }],
  ports: [{ name: 'http', port: 80 }],
};
const endpoint = (value: object): Mutation => ({
  'endpoints.0': { addresses: ['192.0.2.1'], ...value },
});

const ENDPOINT_SLICES: Mutation[] = [
  {},
  { addressType: undefined },
  { addressType: 'Foo' },
  { addressType: 'IPv6' },
  { addressType: 'FQDN', 'endpoints.0.addresses': ['a.b'] },
  { endpoints: undefined, ports: undefined },
  ...['x', '0.0.0.0', '169.254.0.1'].map((address) => endpoint({ addresses: [address] })),
  endpoint({ addresses: [] }),
  endpoint({ conditions: { ready: true }, hostname: 'Bad_', nodeName: 'Bad_' }),
  endpoint({ hints: { forZones: [{ name: 'a' }, { name: 'a' }] } }),
  { 'ports.0.name': 'Bad_' },
  { 'ports.0.protocol': 'Foo' },
  { ports: [{ port: 80 }, { port: 81 }] },
  { 'ports.0.appProtocol': 'bad prot' },
];

const classless = mutate(ingress, { 'spec.ingressClassName': undefined });
const asDefault = {
  ...ingressClass,
  metadata: {
    name: '$id',
    annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' },
  },
};

export const NETWORKING: Area = {
  name: 'networking',
  cases: [
    creates(`${PLACE}/ingresses`, ingress, INGRESSES),
    updates(`${PLACE}/ingresses`, ingress, [{}, at('foo'), { [HOST]: 'x.y' }]),
    reports(`${PLACE}/ingresses`, ingress, [
      addresses({ ip: '192.0.2.1', ports: [{ port: 80, protocol: 'TCP' }] }),
      addresses({ ip: 'x', hostname: 'Bad_' }),
      addresses({ hostname: '1.2.3.4' }),
    ]),
    creates(`${PLACE}/networkpolicies`, policy, POLICIES),
    updates(`${PLACE}/networkpolicies`, policy, [{}, { 'spec.policyTypes': ['Egress'] }]),
    creates(CLASSES, ingressClass, INGRESS_CLASSES),
    updates(CLASSES, ingressClass, [{ 'spec.controller': 'a.b/c' }, parameters({})]),
    creates(SLICES, slice, ENDPOINT_SLICES),
    updates(SLICES, slice, [{ addressType: 'IPv6', endpoints: [] }, { 'ports.0.port': 81 }]),
    {
      name: 'default IngressClass',
      steps: [
        { request: `POST ${CLASSES}`, body: asDefault, quiet: true },
        // What admission sees of classes is a moment late on a real server.
        {
          request: `POST ${PLACE}/ingresses?dryRun=All`,
          body: classless,
          until: { 'spec.ingressClassName': '*' },
        },
        { request: `POST ${PLACE}/ingresses`, body: classless },
      ],
    },
  ],
};
