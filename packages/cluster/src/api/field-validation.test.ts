import { describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';

const JSON_BODY =
  '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","name":"a"},"spec":{"foo":1,"containers":' +
  '[{"name":"c","image":"i","bar":[1],"image":"i"}]}}';
const YAML_BODY = `
apiVersion: v1
kind: Pod
metadata:
  name: a
  name: a
spec:
  foo: 1
  containers:
  - name: c
    image: i
    bar: [1]
    image: i
`;
const UNKNOWN = ['unknown field "spec.containers[0].bar"', 'unknown field "spec.foo"'];
const JSON_COMPLAINTS = [
  ...UNKNOWN,
  'duplicate field "metadata.name"',
  'duplicate field "spec.containers[0].image"',
];
/** The YAML reader comes first and tells lines. */
const YAML_COMPLAINTS = [
  'line 6: key "name" already set in map',
  'line 13: key "image" already set in map',
];
const PODS = '/api/v1/namespaces/default/pods';

/** kubernetes.io/docs/reference/using-api/api-concepts, field validation. */
describe('api/field-validation', () => {
  describe.each([
    {
      type: 'application/json',
      body: JSON_BODY,
      refusal: JSON_COMPLAINTS.join(', '),
      warnings: JSON_COMPLAINTS,
    },
    {
      type: 'application/yaml',
      body: YAML_BODY,
      refusal: `yaml: unmarshal errors:\n${[`  ${YAML_COMPLAINTS.join('\n  ')}`, ...UNKNOWN].join(', ')}`,
      warnings: [...YAML_COMPLAINTS, ...UNKNOWN],
    },
  ])('$type', ({ type, body, refusal, warnings }) => {
    const headers = { 'content-type': type };

    test('Strict refuses with everything that is wrong', async () => {
      using api = await createTestApi();
      const answer = await api.call('POST', `${PODS}?fieldValidation=Strict`, { headers, body });
      expect(answer).toMatchObject({
        status: 400,
        body: {
          reason: 'BadRequest',
          message: `Pod in version "v1" cannot be handled as a Pod: strict decoding error: ${refusal}`,
        },
      });
    });

    test.each(['Warn', ''])('%s warns and stores the rest', async (mode) => {
      using api = await createTestApi();
      const answer = await api.call('POST', `${PODS}?fieldValidation=${mode}`, { headers, body });
      expect(answer.status).toBe(201);
      expect(answer.headers['warning']).toEqual(
        warnings.map((text) => `299 - ${JSON.stringify(text)}`),
      );
      expect(answer.body).not.toHaveProperty('spec.foo');
    });

    test('Ignore says nothing', async () => {
      using api = await createTestApi();
      const answer = await api.call('POST', `${PODS}?fieldValidation=Ignore`, { headers, body });
      expect(answer.status).toBe(201);
      expect(answer.headers['warning']).toBeUndefined();
    });
  });

  const deployment = (spec: object, container: object = {}) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: {
        metadata: { labels: { a: 'b' } },
        spec: { containers: [{ name: 'c', image: 'i', ...container }] },
      },
      ...spec,
    },
  });

  /** Texts of Go's JSON decoder, as `kubectl apply` shows them. */
  test.each([
    [
      deployment({ replicas: '2' }),
      'string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      deployment({ replicas: 1.5 }),
      'number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      deployment({}, { image: true }),
      'bool into Go struct field Container.spec.template.spec.containers.image of type string',
    ],
    [
      deployment({}, { args: 'x' }),
      'string into Go struct field Container.spec.template.spec.containers.args of type []string',
    ],
    [
      deployment({}, { env: [{ name: 'A', value: 1 }] }),
      'number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string',
    ],
    [
      deployment({ template: [] }),
      'array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec',
    ],
    [
      deployment({ progressDeadlineSeconds: 3e9 }),
      'number 3000000000 into Go struct field DeploymentSpec.spec.progressDeadlineSeconds of type int32',
    ],
    [
      deployment({ selector: { matchLabels: 'a' } }),
      'string into Go struct field LabelSelector.spec.selector.matchLabels of type map[string]string',
    ],
  ])('refuses what Go cannot decode %#', async (body, problem) => {
    using api = await createTestApi();
    const answer = await api.call('POST', '/apis/apps/v1/namespaces/default/deployments', { body });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        message: `Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal ${problem}`,
      },
    });
  });

  test('refuses an int64 that would come out rounded, and no other large number', async () => {
    using api = await createTestApi();
    const create = (path: string, body: object) =>
      api.call('POST', path, {
        body: JSON.stringify(body).replaceAll('"LARGE"', '9223372036854775807'),
      });
    const lease = {
      spec: { leaseDurationSeconds: 5 },
      metadata: { name: 'a', generation: 'LARGE' },
    };
    expect(
      await create('/apis/coordination.k8s.io/v1/namespaces/default/leases', lease),
    ).toMatchObject({
      status: 400,
      body: {
        message: expect.stringContaining(
          'metadata.generation: 9223372036854776000 is an integer beyond 2^53, which cannot be stored exactly',
        ),
      },
    });
    const quota = { metadata: { name: 'a' }, spec: { hard: { pods: 'LARGE' } } };
    const quotas = '/api/v1/namespaces/default/resourcequotas';
    expect(await create(quotas, quota)).toMatchObject({ status: 201 });
  });
});
