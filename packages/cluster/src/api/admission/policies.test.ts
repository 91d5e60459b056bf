import { describe, expect, test } from 'vitest';

import type { JsonObject } from '../../schema/json.ts';
import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';

const REGISTRATION = '/apis/admissionregistration.k8s.io/v1';
const MAPS = '/api/v1/namespaces/default/configmaps';
const RULES = [
  { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] },
];

const policy = (spec: JsonObject) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'p' },
  spec: { matchConstraints: { resourceRules: RULES }, ...spec },
});
const binding = (spec: JsonObject = {}) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: 'b' },
  spec: { policyName: 'p', validationActions: ['Deny'], ...spec },
});

async function install(api: TestApi, spec: JsonObject, bound: JsonObject = {}): Promise<void> {
  const made = await api.call('POST', `${REGISTRATION}/validatingadmissionpolicies`, {
    body: policy(spec),
  });
  expect(made).toMatchObject({ status: 201 });
  const bind = await api.call('POST', `${REGISTRATION}/validatingadmissionpolicybindings`, {
    body: binding(bound),
  });
  expect(bind).toMatchObject({ status: 201 });
}

function create(api: TestApi, name: string, extra: JsonObject = {}) {
  return api.call('POST', MAPS, {
    body: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, ...extra },
      data: { size: '5' },
    },
  });
}

const DENIED =
  "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request:";

describe('api/admission/policies', () => {
  test.each([
    {
      what: 'the expression, when nothing else is said',
      spec: { validations: [{ expression: "object.metadata.name != 'a'" }] },
      message: `${DENIED} failed expression: object.metadata.name != 'a'`,
      code: 422,
    },
    {
      what: 'the message and the code of the reason',
      spec: { validations: [{ expression: 'false', message: 'never', reason: 'Forbidden' }] },
      message: `${DENIED} never`,
      code: 403,
    },
    {
      what: 'the messageExpression',
      spec: {
        validations: [
          {
            expression: 'false',
            message: 'no',
            messageExpression: "'not ' + object.metadata.name",
          },
        ],
      },
      message: `${DENIED} not a`,
      code: 422,
    },
    {
      what: 'the message when messageExpression fails',
      spec: {
        validations: [
          { expression: 'false', message: 'no', messageExpression: 'object.data.missing' },
        ],
      },
      message: `${DENIED} no`,
      code: 422,
    },
    {
      what: 'variables',
      spec: {
        variables: [
          { name: 'size', expression: 'int(object.data.size)' },
          { name: 'twice', expression: 'variables.size * 2' },
        ],
        validations: [{ expression: 'variables.twice < 10' }],
      },
      message: `${DENIED} failed expression: variables.twice < 10`,
      code: 422,
    },
    {
      what: 'the error of an expression',
      spec: { validations: [{ expression: 'object.data.missing == 1' }] },
      message: `${DENIED} expression 'object.data.missing == 1' resulted in error: no such key: missing`,
      code: 422,
    },
    {
      what: 'who asks and how',
      spec: {
        validations: [
          {
            expression:
              "request.operation != 'CREATE' || request.userInfo.username != 'system:apiserver' || namespaceObject.metadata.name != 'default'",
          },
        ],
      },
      message: expect.stringContaining(`${DENIED} failed expression: request.operation`),
      code: 422,
    },
    {
      what: 'what the user may do',
      spec: {
        validations: [
          { expression: "!authorizer.group('').resource('secrets').check('get').allowed()" },
        ],
      },
      message: expect.stringContaining(`${DENIED} failed expression: !authorizer`),
      code: 422,
    },
  ])('refuses by $what', async ({ spec, message, code }) => {
    using api = await createTestApi();
    await install(api, spec);
    expect(await create(api, 'a')).toMatchObject({ status: code, body: { message, code } });
    expect((await api.call('GET', `${MAPS}/a`)).status).toBe(404);
  });

  test.each([
    { what: 'is bound to nothing', spec: {}, bound: { policyName: 'other' } },
    {
      what: 'excludes the resource',
      spec: { matchConstraints: { resourceRules: RULES, excludeResourceRules: RULES } },
      bound: {},
    },
    {
      what: 'names other objects',
      spec: { matchConstraints: { resourceRules: [{ ...RULES[0], resourceNames: ['b'] }] } },
      bound: {},
    },
    {
      what: 'has a condition that is false',
      spec: { matchConditions: [{ name: 'no', expression: "request.name == 'b'" }] },
      bound: {},
    },
    {
      what: 'is bound to other namespaces',
      spec: {},
      bound: { matchResources: { namespaceSelector: { matchLabels: { a: 'b' } } } },
    },
    {
      what: 'ignores its failures',
      spec: { failurePolicy: 'Ignore', validations: [{ expression: 'object.data.missing == 1' }] },
      bound: {},
    },
    { what: 'only audits', spec: {}, bound: { validationActions: ['Audit'] } },
  ])('lets through what a policy does not refuse: it $what', async ({ spec, bound }) => {
    using api = await createTestApi();
    await install(api, { validations: [{ expression: 'false' }], ...spec }, bound);
    expect((await create(api, 'a')).status).toBe(201);
  });

  test('warns', async () => {
    using api = await createTestApi();
    const spec = { validations: [{ expression: 'false', message: 'careful' }] };
    await install(api, spec, { validationActions: ['Warn', 'Audit'] });
    const created = await create(api, 'a');
    expect(created.status).toBe(201);
    expect(created.headers['warning']).toEqual([
      `299 - "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': careful"`,
    ]);
  });

  test('decides on connections by their options', async () => {
    using api = await createTestApi();
    const connect = { operations: ['CONNECT'], apiGroups: [''], apiVersions: ['v1'] };
    await install(api, {
      matchConstraints: { resourceRules: [{ ...connect, resources: ['pods/exec'] }] },
      validations: [{ expression: "object.command[0] != 'sh'", message: 'no shells' }],
    });
    const pods = '/api/v1/namespaces/default/pods';
    const spec = { containers: [{ name: 'a', image: 'a' }] };
    await api.call('POST', pods, {
      body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec },
    });
    const refused = await api.call('POST', `${pods}/a/exec?command=sh&stdout=true`);
    expect(refused).toMatchObject({ status: 422 });
    expect(JSON.stringify(refused.body)).toContain('denied request: no shells');
    // No node runs it: that is what is left to complain about.
    expect(await api.call('POST', `${pods}/a/exec?command=ls&stdout=true`)).toMatchObject({
      status: 400,
      body: { message: 'pod a does not have a host assigned' },
    });
  });

  test('sees the old object', async () => {
    using api = await createTestApi();
    await create(api, 'a');
    await install(api, {
      validations: [{ expression: 'oldObject == null || object.data.size == oldObject.data.size' }],
    });
    const patch = (body: object) =>
      api.call('PATCH', `${MAPS}/a`, {
        body,
        headers: { 'content-type': 'application/merge-patch+json' },
      });
    expect((await patch({ data: { other: '1' } })).status).toBe(200);
    expect((await patch({ data: { size: '6' } })).status).toBe(422);
  });

  test.each([
    { name: 'limit', size: '9', code: 201 },
    { name: 'limit', size: '4', code: 422 },
    { name: undefined, size: '4', code: 422 },
  ])('takes parameters by name or selector', async ({ name, size, code }) => {
    using api = await createTestApi();
    const labels = { role: 'limit' };
    const metadata = { name: 'limit', labels };
    await api.call('POST', MAPS, {
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { size } },
    });
    const selector = name === undefined ? { selector: { matchLabels: labels } } : { name };
    const paramRef = { ...selector, namespace: 'default', parameterNotFoundAction: 'Deny' };
    await install(
      api,
      {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        validations: [{ expression: 'int(object.data.size) <= int(params.data.size)' }],
      },
      { paramRef },
    );
    expect((await create(api, 'a')).status).toBe(code);
  });

  test.each([
    {
      action: 'Deny',
      expected: {
        status: 422,
        body: {
          message: `${DENIED} failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
        },
      },
    },
    { action: 'Allow', expected: { status: 201 } },
  ])('knows what to do without parameters: $action', async ({ action, expected }) => {
    using api = await createTestApi();
    const paramRef = { name: 'none', parameterNotFoundAction: action };
    await install(
      api,
      {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        validations: [{ expression: 'false' }],
      },
      { paramRef },
    );
    expect(await create(api, 'a')).toMatchObject(expected);
  });

  test.each([
    {
      what: 'an expression that does not compile',
      spec: { validations: [{ expression: 'object.' }] },
      field: 'spec.validations[0].expression',
    },
    {
      what: 'an unknown variable',
      spec: { validations: [{ expression: 'nothing == 1' }] },
      field: 'spec.validations[0].expression',
    },
    {
      what: 'a variable that uses a later one',
      spec: {
        variables: [
          { name: 'a', expression: 'nothing' },
          { name: 'b', expression: '1' },
        ],
        validations: [{ expression: 'true' }],
      },
      field: 'spec.variables[0].expression',
    },
    {
      what: 'no rules',
      spec: { matchConstraints: {} },
      field: 'spec.matchConstraints.resourceRules',
    },
    { what: 'no validations', spec: { validations: [] }, field: 'spec.validations' },
  ])('is not made with $what', async ({ spec, field }) => {
    using api = await createTestApi();
    const refused = await api.call('POST', `${REGISTRATION}/validatingadmissionpolicies`, {
      body: policy({ validations: [{ expression: 'true' }], ...spec }),
    });
    expect(refused).toMatchObject({
      status: 422,
      body: { details: { causes: expect.arrayContaining([expect.objectContaining({ field })]) } },
    });
  });
});
