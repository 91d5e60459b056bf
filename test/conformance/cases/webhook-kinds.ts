/** What webhook configurations may look like. */
import type { Area } from '../case.ts';
import { creates, mutate, type Mutation, updates } from './mutations.ts';

const PLACE = '/apis/admissionregistration.k8s.io/v1';

const rule = {
  operations: ['CREATE'],
  apiGroups: ['$id.example.com'],
  apiVersions: ['v1'],
  resources: ['foos'],
};
const hook = {
  name: 'a.example.com',
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  clientConfig: { url: 'https://127.0.0.1:1/x' },
  rules: [rule],
};
const configuration = { metadata: { name: '$id' }, webhooks: [hook] };
const changed = (changes: Mutation): Mutation => ({ webhooks: [mutate(hook, changes)] });
const ruled = (changes: object): Mutation => changed({ rules: [{ ...rule, ...changes }] });

const WEBHOOKS: Mutation[] = [
  {},
  { webhooks: [hook, hook] },
  changed({ name: 'a' }),
  changed({ name: 'Bad_.x.y' }),
  changed({ sideEffects: undefined }),
  changed({ sideEffects: 'Some' }),
  changed({ sideEffects: 'Foo' }),
  changed({ admissionReviewVersions: undefined }),
  changed({ admissionReviewVersions: ['v2'] }),
  changed({ admissionReviewVersions: ['v1', 'v1'] }),
  changed({ clientConfig: undefined }),
  changed({ 'clientConfig.url': 'http://x' }),
  changed({ clientConfig: { service: {} } }),
  changed({ failurePolicy: 'Foo' }),
  changed({ matchPolicy: 'Foo' }),
  changed({ timeoutSeconds: 31 }),
  changed({ namespaceSelector: { matchLabels: { 'a b': 'c' } } }),
  changed({ rules: [{}] }),
  ruled({ operations: ['FOO'] }),
  ruled({ operations: ['*', 'CREATE'] }),
  ruled({ apiGroups: ['*', 'a'] }),
  ruled({ resources: ['*', 'foos'] }),
  ruled({ resources: ['foos/*', 'foos/status'] }),
  ruled({ scope: 'Foo' }),
  changed({ matchConditions: [{ name: '', expression: '' }] }),
];

export const WEBHOOK_KINDS: Area = {
  name: 'webhook-kinds',
  cases: [
    creates(`${PLACE}/validatingwebhookconfigurations`, configuration, WEBHOOKS),
    creates(`${PLACE}/mutatingwebhookconfigurations`, configuration, [
      {},
      changed({ reinvocationPolicy: 'Foo' }),
    ]),
    updates(`${PLACE}/validatingwebhookconfigurations`, configuration, [
      {},
      changed({ failurePolicy: 'Ignore' }),
    ]),
  ],
};
