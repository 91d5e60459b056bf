import { describe, expect, test } from 'vitest';

import type { JsonObject } from '../schema/json.ts';
import { createTestApi } from '../testing/test-api.ts';
import { stringAt, valueAt } from './json.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const MAPS = '/api/v1/namespaces/default/configmaps';

function crd(versions: JsonObject[], extra: JsonObject = {}) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'boxes.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'boxes', kind: 'Box' },
      versions,
      ...extra,
    },
  };
}

const SCHEMA = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: { size: { type: 'integer' }, tags: { type: 'array', items: { type: 'string' } } },
    },
  },
};
const version = (name: string, extra: JsonObject = {}) => ({
  name,
  served: true,
  storage: true,
  schema: { openAPIV3Schema: SCHEMA },
  ...extra,
});

describe('api/object-writer', () => {
  test('chooses a generated name before the kind puts it into labels', async () => {
    using api = await createTestApi();
    const created = await api.call('POST', '/apis/batch/v1/namespaces/default/jobs', {
      body: {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { generateName: 'run-' },
        spec: {
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } },
        },
      },
    });
    const name = stringAt(created.body, 'metadata', 'name');
    expect(name).toMatch(/^run-[a-z0-9]{5}$/);
    expect(valueAt(created.body, 'spec', 'template', 'metadata', 'labels')).toMatchObject({
      'job-name': name,
      'batch.kubernetes.io/job-name': name,
    });
  });

  test.each([
    {
      what: 'a schema that is not structural',
      body: crd([
        version('v1', {
          schema: { openAPIV3Schema: { type: 'object', properties: { a: {} } } },
        }),
      ]),
      cause: {
        field: 'spec.validation.openAPIV3Schema.properties[a].type',
        message: 'Required value: must not be empty for specified object fields',
      },
    },
    {
      what: 'a selectable field that is no field',
      body: crd([version('v1', { selectableFields: [{ jsonPath: '.spec.none' }] })]),
      cause: {
        field: 'spec.selectableFields[0].jsonPath',
        message: 'Invalid value: ".spec.none": is an invalid path: does not refer to a valid field',
      },
    },
    {
      what: 'a selectable field that is a list',
      body: crd([version('v1', { selectableFields: [{ jsonPath: '.spec.tags' }] })]),
      cause: {
        message:
          'Invalid value: ".spec.tags": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      },
    },
    {
      what: 'a selectable field twice',
      body: crd([
        version('v1', {
          selectableFields: [{ jsonPath: '.spec.size' }, { jsonPath: '.spec.size' }],
        }),
      ]),
      cause: { reason: 'FieldValueDuplicate' },
    },
    {
      what: 'a conversion without a webhook',
      body: crd([version('v1')], { conversion: { strategy: 'Webhook' } }),
      cause: {
        field: 'spec.conversion.webhookClientConfig',
        message: 'Required value: required when strategy is set to Webhook',
      },
    },
    {
      what: 'a conversion webhook without TLS',
      body: crd([version('v1')], {
        conversion: {
          strategy: 'Webhook',
          webhook: {
            clientConfig: { url: 'http://hook.example.com' },
            conversionReviewVersions: ['v1'],
          },
        },
      }),
      cause: {
        message: `Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      },
    },
  ])('refuses a CRD with $what', async ({ body, cause }) => {
    using api = await createTestApi();
    expect(await api.call('POST', CRDS, { body })).toMatchObject({
      status: 422,
      body: { details: { causes: expect.arrayContaining([expect.objectContaining(cause)]) } },
    });
  });

  test('keeps a version that objects may still be stored in, until its storage is migrated', async () => {
    using api = await createTestApi();
    await api.call('POST', CRDS, { body: crd([version('v1')]) });
    const patch = (path: string, body: object) =>
      api.call('PATCH', path, {
        body,
        headers: { 'content-type': 'application/merge-patch+json' },
      });
    const path = `${CRDS}/boxes.example.com`;
    const both = [version('v1', { storage: false }), version('v2')];
    expect(await patch(path, { spec: { versions: both } })).toMatchObject({
      status: 200,
      body: { status: { storedVersions: ['v1', 'v2'] } },
    });
    const refused = await patch(path, { spec: { versions: [version('v2')] } });
    expect(refused).toMatchObject({ status: 422 });
    expect(stringAt(refused.body, 'message')).toContain(
      'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version',
    );
    expect((await patch(`${path}/status`, { status: { storedVersions: ['v2'] } })).status).toBe(
      200,
    );
    expect((await patch(path, { spec: { versions: [version('v2')] } })).status).toBe(200);
  });

  test.each([
    {
      what: 'a propagation policy and orphanDependents',
      body: { propagationPolicy: 'Background', orphanDependents: true },
      status: 422,
      message:
        'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Background": orphanDependents and deletionPropagation cannot be both set',
    },
    {
      what: 'an unknown kind of dry run',
      body: { dryRun: ['Some'] },
      status: 422,
      message:
        'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
    },
    {
      what: 'the uid of another object',
      body: { preconditions: { uid: 'other' } },
      status: 409,
      message: expect.stringMatching(
        /^Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition \(other\) does not match the UID in record \(.+\)\. The object might have been deleted and then recreated$/,
      ),
    },
  ])('does not delete by $what', async ({ body, status, message }) => {
    using api = await createTestApi();
    await api.call('POST', MAPS, {
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } },
    });
    expect(await api.call('DELETE', `${MAPS}/a`, { body })).toMatchObject({
      status,
      body: { message },
    });
    expect((await api.call('GET', `${MAPS}/a`)).status).toBe(200);
  });

  test('deletes a collection page by page', async () => {
    using api = await createTestApi();
    const labels = { batch: 'x' };
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await api.call('POST', MAPS, {
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } },
      });
    }
    const first = await api.call('DELETE', `${MAPS}?limit=2&labelSelector=batch=x`);
    expect(first.body).toMatchObject({
      kind: 'ConfigMapList',
      items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }],
      metadata: { continue: expect.any(String) },
    });
    const rest = await api.call('DELETE', `${MAPS}?labelSelector=batch=x`);
    expect(valueAt(rest.body, 'items')).toHaveLength(3);
    expect((await api.call('GET', `${MAPS}?labelSelector=batch=x`)).body).toMatchObject({
      items: [],
    });
  });
});
