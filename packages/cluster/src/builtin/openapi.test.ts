import { describe, expect, it } from 'vitest';

import type { KindDefinition } from '../api/kinds.ts';
import { compileSchema } from '../schema/compile.ts';
import type { Schema } from '../schema/schema.ts';
import { openApiV3 } from './openapi.ts';
import { builtinKinds } from './registry.ts';

const kinds = builtinKinds();
const document = (group: string, version: string) =>
  openApiV3({
    group,
    version,
    kinds: kinds.filter((kind) => kind.group === group && kind.versions[0]?.version === version),
  });

function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) =>
    key === '$ref' && typeof below === 'string' ? [below] : references(below),
  );
}

describe('openApiV3', () => {
  const apps = document('apps', 'v1');
  const { schemas } = apps.components;

  it('resolves every reference in every document', () => {
    const dangling = kinds.flatMap(({ group, versions }) => {
      const made = document(group, versions[0]?.version ?? '');
      const known = new Set(
        Object.keys(made.components.schemas).map((name) => `#/components/schemas/${name}`),
      );
      return references(made).filter((reference) => !known.has(reference));
    });
    expect(dangling).toEqual([]);
  });

  it('publishes list types, merge keys, defaults, enums and descriptions', () => {
    const pod = schemas['io.k8s.api.core.v1.PodSpec'];
    expect(pod?.required).toEqual(['containers']);
    expect(pod?.properties?.containers).toEqual({
      type: 'array',
      items: {
        default: {},
        allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }],
      },
      description: 'Containers of the pod, at least one.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
    });
    // Filled in by a function of the server, which is not told.
    expect(pod?.properties?.restartPolicy).not.toHaveProperty('default');
    expect(pod?.properties?.restartPolicy?.enum).toEqual(['Always', 'Never', 'OnFailure']);
    expect(pod?.properties?.securityContext?.allOf).toEqual([
      { $ref: '#/components/schemas/io.k8s.api.core.v1.PodSecurityContext' },
    ]);
    const volume = schemas['io.k8s.api.core.v1.Volume'];
    expect(Object.keys(volume?.properties ?? {})).toEqual(
      expect.arrayContaining(['name', 'emptyDir', 'secret']),
    );
  });

  it('marks kinds and patch operations as kubectl looks for them', () => {
    const gvk = { group: 'apps', version: 'v1', kind: 'Deployment' };
    expect(schemas['io.k8s.api.apps.v1.Deployment']?.['x-kubernetes-group-version-kind']).toEqual([
      gvk,
    ]);
    const item = apps.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'];
    expect(item?.patch).toMatchObject({
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': gvk,
    });
    expect(Object.keys(item?.patch?.requestBody?.content ?? {})).toEqual([
      'application/apply-patch+yaml',
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/strategic-merge-patch+json',
    ]);
    expect(item?.patch?.parameters?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['dryRun', 'fieldManager', 'fieldValidation', 'force']),
    );
    expect(apps.paths['/apis/apps/v1/deployments']?.get?.['x-kubernetes-action']).toBe('list');
    const scale = apps.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale'];
    expect(scale?.get?.['x-kubernetes-group-version-kind'].kind).toBe('Scale');
  });

  it('gives reviews only what can be asked', () => {
    const { paths } = document('authorization.k8s.io', 'v1');
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    expect(Object.keys(paths[path] ?? {}).sort()).toEqual(['parameters', 'post']);
  });

  it('has an operationId only once', () => {
    const ids = JSON.stringify(apps.paths).match(/"operationId":"\w+"/g) ?? [];
    expect(ids.length).toBeGreaterThan(50);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('publishes custom kinds without strategic merge', () => {
    const schema: Schema = {
      type: 'object',
      properties: {
        spec: { type: 'object', description: 'what', properties: { size: { type: 'integer' } } },
      },
    };
    const widget: KindDefinition = {
      group: 'example.com',
      kind: 'Widget',
      listKind: 'WidgetList',
      plural: 'widgets',
      singular: 'widget',
      shortNames: [],
      categories: [],
      namespaced: true,
      versions: [
        {
          version: 'v1',
          served: true,
          storage: true,
          schema: compileSchema(schema),
          columns: [],
          status: true,
          selectableFields: [],
        },
      ],
    };
    const made = openApiV3({ group: 'example.com', version: 'v1', kinds: [widget] });
    const published = made.components.schemas['com.example.v1.Widget'];
    expect(published?.properties?.spec).toEqual(schema.properties?.spec);
    expect(published?.properties?.metadata?.allOf?.[0]?.$ref).toMatch(/ObjectMeta$/);
    expect(made.components.schemas['com.example.v1.WidgetList']).toBeDefined();
    const patch = made.paths['/apis/example.com/v1/namespaces/{namespace}/widgets/{name}']?.patch;
    expect(Object.keys(patch?.requestBody?.content ?? {})).not.toContain(
      'application/strategic-merge-patch+json',
    );
    expect(
      made.paths['/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/status'],
    ).toBeDefined();
    const replaced = openApiV3({
      group: 'example.com',
      version: 'v1',
      kinds: [widget],
      crdSchemas: { Widget: { type: 'object', properties: { other: { type: 'string' } } } },
    });
    expect(replaced.components.schemas['com.example.v1.Widget']?.properties?.other).toBeDefined();
  });
});
