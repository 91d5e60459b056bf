import type { KubeObject, ResourceType } from '@kagent/kube';
import { describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';
import type { TestApi } from '../testing/test-api.ts';
import { createMemoryStorage } from '../storage/memory-storage.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const WIDGETS = '/apis/demo.dev/v1/namespaces/default/widgets';

const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1 },
        color: { type: 'string', default: 'red' },
        replicas: { type: 'integer' },
      },
      'x-kubernetes-validations': [{ rule: 'self.size < 100', message: 'too big' }],
    },
    status: { type: 'object', properties: { phase: { type: 'string' } } },
  },
};

function version(name: string, extra: object = {}): object {
  return {
    name,
    served: true,
    storage: name === 'v1',
    schema: { openAPIV3Schema: schema },
    subresources: { status: {} },
    additionalPrinterColumns: [
      { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
      { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    ],
    selectableFields: [{ jsonPath: '.spec.color' }],
    ...extra,
  };
}

function crd(versions: object[] = [version('v1')], names: object = {}): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.demo.dev' },
    spec: {
      group: 'demo.dev',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], ...names },
      versions,
    },
  };
}

const widget = (name: string, spec: object = { size: 3 }, extra: object = {}) => ({
  apiVersion: 'demo.dev/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
  ...extra,
});

async function withCrd(definition = crd()): Promise<TestApi> {
  const api = await createTestApi();
  expect((await api.call('POST', CRDS, { body: definition })).status).toBe(201);
  return api;
}

describe('api/crd', () => {
  test('is established and served by the time the create returns', async () => {
    using api = await createTestApi();
    const { body } = await api.call('POST', CRDS, { body: crd() });
    expect(body).toMatchObject({
      metadata: { finalizers: ['customresourcecleanup.apiextensions.k8s.io'] },
      spec: {
        names: { singular: 'widget', listKind: 'WidgetList' },
        conversion: { strategy: 'None' },
      },
      status: {
        acceptedNames: { kind: 'Widget' },
        storedVersions: ['v1'],
        conditions: [
          { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts' },
          { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
        ],
      },
    });
    expect((await api.call('GET', WIDGETS)).body).toMatchObject({ kind: 'WidgetList', items: [] });
    const discovery = await api.call('GET', '/apis/demo.dev/v1');
    expect(discovery.body).toMatchObject({
      resources: [{ name: 'widgets', shortNames: ['wd'] }, { name: 'widgets/status' }],
    });
    const index = (await api.call('GET', '/openapi/v3')).body as { paths: Record<string, object> };
    expect(index.paths).toHaveProperty(['apis/demo.dev/v1', 'serverRelativeURL']);
  });

  test('defaults, prunes and validates objects', async () => {
    using api = await withCrd();
    const created = await api.call('POST', WIDGETS, {
      body: widget('one', { size: 3, extra: 1 }, { status: { phase: 'x' } }),
    });
    expect(created.headers['warning']).toEqual(['299 - "unknown field \\"spec.extra\\""']);
    expect(created.body).toMatchObject({
      metadata: { generation: 1 },
      spec: { size: 3, color: 'red' },
    });
    expect(created.body).not.toHaveProperty('spec.extra');
    expect(created.body).not.toHaveProperty('status');
    const invalid = await api.call('POST', WIDGETS, { body: widget('two', { size: 0 }) });
    expect(invalid).toMatchObject({
      status: 422,
      body: {
        message: expect.stringContaining(
          'Widget.demo.dev "two" is invalid: spec.size: Invalid value',
        ),
        details: {
          group: 'demo.dev',
          kind: 'Widget',
          name: 'two',
          causes: [{ field: 'spec.size', reason: 'FieldValueInvalid' }],
        },
      },
    });
    const cel = await api.call('POST', WIDGETS, { body: widget('two', { size: 200 }) });
    expect(cel.body).toMatchObject({ code: 422, message: expect.stringContaining('too big') });
    const table = await api.call('GET', WIDGETS, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    expect(table.body).toMatchObject({
      columnDefinitions: [{ name: 'Name' }, { name: 'Size', type: 'integer' }, { name: 'Phase' }],
      rows: [{ cells: ['one', 3, null] }],
    });
    const selected = await api.call('GET', `${WIDGETS}?fieldSelector=spec.color=blue`);
    expect(selected.body).toMatchObject({ items: [] });
    expect((await api.call('GET', `${WIDGETS}?fieldSelector=spec.size=3`)).status).toBe(400);
  });

  test('serves all versions of one stored object', async () => {
    using api = await withCrd(crd([version('v1'), version('v1alpha1', { storage: false })]));
    await api.call('POST', '/apis/demo.dev/v1alpha1/namespaces/default/widgets', {
      body: { ...widget('one'), apiVersion: 'demo.dev/v1alpha1' },
    });
    expect((await api.call('GET', `${WIDGETS}/one`)).body).toMatchObject({
      apiVersion: 'demo.dev/v1',
      spec: { size: 3 },
    });
    const old = await api.call('GET', '/apis/demo.dev/v1alpha1/namespaces/default/widgets/one');
    expect(old.body).toMatchObject({ apiVersion: 'demo.dev/v1alpha1' });
    const group = await api.call('GET', '/apis/demo.dev');
    expect(group.body).toMatchObject({
      preferredVersion: { version: 'v1' },
      versions: [{ version: 'v1' }, { version: 'v1alpha1' }],
    });
  });

  test('keeps objects when the definition changes, and ends watches of versions that go', async () => {
    using api = await withCrd(crd([version('v1'), version('v1alpha1', { storage: false })]));
    await api.call('POST', WIDGETS, { body: widget('one') });
    const watch = await api.open('GET', '/apis/demo.dev/v1alpha1/widgets?watch=true');
    const hash = async () =>
      (
        (await api.call('GET', '/openapi/v3')).body as {
          paths: Record<string, { serverRelativeURL: string }>;
        }
      ).paths['apis/demo.dev/v1']?.serverRelativeURL;
    const before = await hash();
    const blind = await api.call('PUT', `${CRDS}/widgets.demo.dev`, { body: crd() });
    expect(blind.body).toMatchObject({
      code: 422,
      message: expect.stringContaining(
        'metadata.resourceVersion: Invalid value: 0: must be specified',
      ),
    });
    const current = (await api.call('GET', `${CRDS}/widgets.demo.dev`)).body as {
      metadata: object;
    };
    const changed = await api.call('PUT', `${CRDS}/widgets.demo.dev`, {
      body: { ...crd([version('v1', { selectableFields: [] })]), metadata: current.metadata },
    });
    expect(changed.body).toMatchObject({
      status: { storedVersions: ['v1'] },
      metadata: { generation: 2 },
    });
    expect(await hash()).not.toBe(before);
    expect((await api.call('GET', `${WIDGETS}/one`)).status).toBe(200);
    expect((await api.open('GET', '/apis/demo.dev/v1alpha1/widgets')).status).toBe(404);
    if (watch.kind !== 'watch') throw new Error('no watch');
    const types: string[] = [];
    for await (const { type } of watch.frames) types.push(type);
    expect(types).toEqual(['ADDED']);
  });

  test('takes its objects along, and waits for those that are held', async () => {
    using api = await withCrd();
    await api.call('POST', WIDGETS, { body: widget('free') });
    await api.call('POST', WIDGETS, {
      body: { ...widget('held'), metadata: { name: 'held', finalizers: ['demo.dev/hold'] } },
    });
    await api.call('DELETE', `${CRDS}/widgets.demo.dev`);
    expect((await api.call('GET', `${CRDS}/widgets.demo.dev`)).body).toMatchObject({
      status: {
        conditions: expect.arrayContaining([
          expect.objectContaining({ type: 'Terminating', status: 'True' }),
        ]),
      },
    });
    expect((await api.call('GET', `${WIDGETS}/free`)).status).toBe(404);
    expect((await api.call('POST', WIDGETS, { body: widget('late') })).status).toBe(405);
    await api.call('PATCH', `${WIDGETS}/held`, {
      body: { metadata: { finalizers: null } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect((await api.call('GET', `${CRDS}/widgets.demo.dev`)).status).toBe(404);
    expect((await api.open('GET', WIDGETS)).status).toBe(404);
  });

  test('refuses definitions that are wrong', async () => {
    using api = await createTestApi();
    const refusal = async (definition: object) => {
      const { status, body } = await api.call('POST', CRDS, { body: definition });
      expect(status).toBe(422);
      return (body as { message: string }).message;
    };
    expect(await refusal({ ...crd(), metadata: { name: 'x.demo.dev' } })).toContain(
      'metadata.name: Invalid value: "x.demo.dev": must be spec.names.plural+"."+spec.group',
    );
    expect(await refusal(crd([version('v1', { storage: false })]))).toContain(
      'must have exactly one version marked as storage version',
    );
    expect(await refusal(crd([version('v1', { schema: undefined })]))).toContain(
      'spec.versions[0].schema.openAPIV3Schema: Required value',
    );
    expect(
      await refusal(crd([version('v1', { schema: { openAPIV3Schema: { type: 'string' } } })])),
    ).toContain('must be object at the root');
    const free = crd() as { spec: object };
    expect(
      await refusal({ ...free, spec: { ...free.spec, preserveUnknownFields: true } }),
    ).toContain(
      'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    );
    const alternatives = { ...schema, anyOf: [{ required: ['spec'] }] };
    expect(
      await refusal(crd([version('v1', { schema: { openAPIV3Schema: alternatives } })])),
    ).toContain('if the status subresource is enabled');
    const broken = {
      type: 'object',
      properties: { spec: { type: 'object', 'x-kubernetes-validations': [{ rule: 'self.(' }] } },
    };
    expect(await refusal(crd([version('v1', { schema: { openAPIV3Schema: broken } })]))).toContain(
      'spec.validation.openAPIV3Schema',
    );
  });

  test('does not serve names that another definition has', async () => {
    using api = await withCrd();
    const other = {
      ...crd([version('v1')], { plural: 'wd', shortNames: [] }),
      metadata: { name: 'wd.demo.dev' },
    };
    const { body } = await api.call('POST', CRDS, { body: other });
    expect(body).toMatchObject({
      status: {
        conditions: [
          { type: 'NamesAccepted', status: 'False', message: '"wd" is already in use' },
          { type: 'Established', status: 'False' },
        ],
      },
    });
    expect((await api.open('GET', '/apis/demo.dev/v1/wd')).status).toBe(404);
  });

  /** https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#defaulting */
  test('shows defaults that are younger than an object, in lists and watches too', async () => {
    using api = await withCrd();
    await api.call('POST', WIDGETS, { body: widget('old') });
    const spec = structuredClone(schema);
    Object.assign(spec.properties.spec.properties, { shape: { type: 'string', default: 'round' } });
    const changed = crd([version('v1', { schema: { openAPIV3Schema: spec } })]) as KubeObject;
    const { body } = await api.call('GET', `${CRDS}/widgets.demo.dev`);
    const { resourceVersion } = (body as KubeObject).metadata;
    changed.metadata.resourceVersion = resourceVersion;
    await api.call('PUT', `${CRDS}/widgets.demo.dev`, { body: changed });
    const shown = { spec: { size: 3, color: 'red', shape: 'round' } };
    expect((await api.call('GET', `${WIDGETS}/old`)).body).toMatchObject(shown);
    expect((await api.call('GET', WIDGETS)).body).toMatchObject({ items: [shown] });
    const watch = await api.open('GET', `${WIDGETS}?watch=true`);
    if (watch.kind !== 'watch') throw new Error(watch.kind);
    for await (const frame of watch.frames) {
      expect(JSON.parse(frame.bytes.toString())).toMatchObject({ type: 'ADDED', object: shown });
      break;
    }
    const headers = { 'content-type': 'application/merge-patch+json' };
    const patch = { body: { metadata: { labels: { a: 'b' } } }, headers };
    expect((await api.call('PATCH', `${WIDGETS}/old`, patch)).body).toMatchObject(shown);
  });

  test('is served again from the storage', async () => {
    const storage = createMemoryStorage();
    const api = await createTestApi({ storage });
    await api.call('POST', CRDS, { body: crd() });
    await api.call('POST', WIDGETS, { body: widget('one') });
    api.server.stop();
    using again = await createTestApi({ storage });
    expect((await again.call('GET', `${WIDGETS}/one`)).status).toBe(200);
    const type: ResourceType<KubeObject & { spec: { size: number } }> = {
      group: 'demo.dev',
      version: 'v1',
      kind: 'Widget',
      plural: 'widgets',
      namespaced: true,
    };
    expect((await again.client.get(type, { namespace: 'default', name: 'one' })).spec.size).toBe(3);
  });
});
