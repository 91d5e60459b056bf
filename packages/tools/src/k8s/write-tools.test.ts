import { CONFIG_MAPS, DEPLOYMENTS, KubeError, PODS, type Deployment } from '@kagent/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToolWorld, type ToolWorld } from '../testing/tool-world.ts';

const key = { namespace: 'shop', name: 'web' };
const target = { resource_type: 'deployment', resource_name: 'web', namespace: 'shop' };

function deployment(extra: Partial<Deployment> = {}) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...key, labels: { app: 'web' }, annotations: { note: 'old' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } } },
    },
    ...extra,
  };
}

describe('k8s write tools', () => {
  let world: ToolWorld;
  const read = () => world.api.client.get(DEPLOYMENTS, key);
  beforeEach(async () => {
    world = await createToolWorld({
      fetch: async (input) => {
        const url = String(input);
        if (url.endsWith('/ok.yaml'))
          return new Response('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: remote}\n');
        if (url.endsWith('/secret')) return new Response('root:x:0:0: [planted');
        return new Response('', { status: 404 });
      },
    });
    await world.seed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  });
  afterEach(async () => {
    await world.close();
  });

  it('scales', async () => {
    await world.seed(deployment());
    expect(await world.call('k8s_scale', { name: 'web', namespace: 'shop', replicas: '3' })).toBe(
      'deployment.apps/web in namespace shop scaled from 1 to 3.',
    );
    expect((await read()).spec?.replicas).toBe(3);
    expect(
      await world.fail('k8s_scale', { name: 'wbe', namespace: 'shop', replicas: 1 }),
    ).toContain('Existing deployments in namespace shop: web');
    expect(
      await world.fail('k8s_scale', { name: 'web', namespace: 'shop', replicas: -1 }),
    ).toContain('replicas:');
  });

  it.each([
    ['strategic by default', { patch: '{"spec":{"replicas":5}}' }],
    ['merge, as YAML', { patch: 'spec:\n  replicas: 5', patch_type: 'merge' }],
    ['json', { patch: '[{"op":"replace","path":"/spec/replicas","value":5}]', patch_type: 'json' }],
    ['an object instead of text', { patch: { spec: { replicas: 5 } } }],
  ])('patches: %s', async (_, args) => {
    await world.seed(deployment());
    expect(await world.call('k8s_patch_resource', { ...target, ...args })).toBe(
      'deployment.apps/web in namespace shop patched.',
    );
    expect((await read()).spec?.replicas).toBe(5);
  });

  it('falls back to a merge patch for kinds without strategic patches', async () => {
    await world.close();
    world = await createToolWorld({
      hooks: {
        async request(request, next) {
          if (request.headers?.['content-type']?.startsWith('application/strategic') === true)
            throw new KubeError({ reason: 'UnsupportedMediaType', code: 415, message: 'no' });
          return await next(request);
        },
      },
    });
    await world.seed(deployment());
    await world.call('k8s_patch_resource', { ...target, patch: '{"spec":{"replicas":5}}' });
    expect((await read()).spec?.replicas).toBe(5);
  });

  it.each([
    [{ patch: 'hello' }, 'patch has to be one JSON or YAML object'],
    [{ patch: '{a: [' }, "The YAML can't be read"],
    [{ patch: '[]', patch_type: 'merge' }, 'use patch_type=json'],
    [{ patch: '{}', patch_type: 'json' }, 'needs an array of operations'],
    [{ patch: '{}', patch_type: 'other' }, 'wrong arguments: patch_type'],
  ])('refuses the patch %j', async (args, text) => {
    await world.seed(deployment());
    expect(await world.fail('k8s_patch_resource', { ...target, ...args })).toContain(text);
  });

  it('patches a status', async () => {
    await world.seed(deployment());
    await world.call('k8s_patch_status', { ...target, patch: '{"status":{"readyReplicas":1}}' });
    expect((await read()).status?.readyReplicas).toBe(1);
    const { path } = world.api.requests.findLast((request) => request.method === 'PATCH')!;
    expect(path).toMatch(/\/web\/status$/);
  });

  it('deletes', async () => {
    await world.seed(deployment());
    expect(await world.call('k8s_delete_resource', target)).toBe(
      'deployment.apps/web in namespace shop deleted.',
    );
    expect(await world.api.client.find(DEPLOYMENTS, key)).toBeUndefined();
    expect(await world.fail('k8s_delete_resource', target)).toContain(
      'There are no deployments in namespace shop.',
    );
  });

  describe('k8s_apply_manifest', () => {
    const manifest = `
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {x: "1"}
---
# nothing here
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: shop}}
`;
    it('creates and changes several documents', async () => {
      expect(await world.call('k8s_apply_manifest', { manifest })).toBe(
        'configmap/a created in namespace default\nconfigmap/b created in namespace shop',
      );
      const text = await world.call('k8s_apply_manifest', {
        manifest: manifest.replace('"1"', '"2"'),
      });
      expect(text).toContain('configmap/a configured in namespace default');
      expect(
        (await world.api.client.get(CONFIG_MAPS, { namespace: 'default', name: 'a' })).data,
      ).toEqual({ x: '2' });
      const { query } = world.api.requests.findLast((request) => request.method === 'PATCH')!;
      expect(query).toEqual({ fieldManager: 'kagent-tools', force: 'true' });
    });

    it.each([
      ['', 'wrong arguments: manifest'],
      ['# only a comment', 'The manifest is empty.'],
      ['kind: ConfigMap', 'Document 1 of the manifest is not a Kubernetes object: apiVersion: '],
      ['a: [', "The YAML can't be read"],
      ['x'.repeat(1024 * 1024 + 1), 'larger than 1 MiB'],
      [
        '{apiVersion: acme.io/v1, kind: Gadget, metadata: {name: g}}',
        'Gadget "g" failed: the cluster has no kind Gadget in acme.io/v1.',
      ],
    ])('refuses %.30j', async (text, problem) => {
      expect(await world.fail('k8s_apply_manifest', { manifest: text })).toContain(problem);
    });

    it('writes nothing when a document is malformed, and the good ones when one is refused', async () => {
      const good = '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}';
      const find = () => world.api.client.find(CONFIG_MAPS, { namespace: 'default', name: 'a' });
      await world.fail('k8s_apply_manifest', { manifest: `${good}\n---\nkind: X` });
      expect(await find()).toBeUndefined();
      const text = await world.fail('k8s_apply_manifest', {
        manifest: `{apiVersion: a/v1, kind: X, metadata: {name: x}}\n---\n${good}`,
      });
      expect(text).toContain('configmap/a created');
      expect(await find()).toBeDefined();
    });
  });

  it('creates, and reports what exists already', async () => {
    const yaml_content =
      '{apiVersion: v1, kind: Pod, metadata: {generateName: job-, namespace: shop}, spec: {containers: []}}';
    expect(await world.call('k8s_create_resource', { yaml_content })).toMatch(
      /^pod\/job-\d+ created in namespace shop$/,
    );
    expect((await world.api.client.list(PODS)).items).toHaveLength(1);
    const fixed = '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}';
    await world.call('k8s_create_resource', { yaml_content: fixed });
    expect(await world.fail('k8s_create_resource', { yaml_content: fixed })).toContain(
      'AlreadyExists',
    );
  });

  it('creates from a URL', async () => {
    expect(
      await world.call('k8s_create_resource_from_url', {
        url: 'https://x.example/ok.yaml',
        namespace: 'shop',
      }),
    ).toBe('configmap/remote created in namespace shop');
  });

  it.each([
    ['file:///etc/passwd', 'http or https'],
    ['javascript:alert(1)', 'http or https'],
    ['no url', 'http or https'],
    ['https://me:pw@x.example/ok.yaml', 'must not hold credentials'],
    ['https://x.example/none', 'x.example answered with HTTP 404'],
  ])('refuses the URL %s', async (url, text) => {
    expect(await world.fail('k8s_create_resource_from_url', { url })).toContain(text);
  });

  it('does not echo what a URL holds when it is no manifest', async () => {
    expect(
      await world.fail('k8s_create_resource_from_url', { url: 'http://x.example/secret' }),
    ).not.toContain('planted');
  });

  describe('labels and annotations', () => {
    beforeEach(() => world.seed(deployment()));

    it.each([
      [
        'k8s_label_resource',
        { labels: 'tier=front app=shop' },
        'labels tier=front, app=shop (was web).',
        { labels: { tier: 'front', app: 'shop' } },
      ],
      [
        'k8s_label_resource',
        { labels: 'a=1, b=2' },
        'labels a=1, b=2.',
        { labels: { a: '1', b: '2' } },
      ],
      ['k8s_label_resource', { labels: { a: 1 } }, 'labels a=1.', { labels: { a: '1' } }],
      [
        'k8s_annotate_resource',
        { annotations: 'note="two words" url=http://x?a=b' },
        'annotations note=two words (was old), url=http://x?a=b.',
        { annotations: { note: 'two words', url: 'http://x?a=b' } },
      ],
      ['k8s_remove_label', { label_key: 'app' }, 'labels app removed (was web).', { labels: {} }],
      [
        'k8s_remove_annotation',
        { annotation_key: 'note-' },
        'annotations note removed (was old).',
        { annotations: {} },
      ],
      ['k8s_remove_label', { label_key: 'none' }, 'not changed', {}],
    ])('%s %j', async (...[tool, args, text, metadata]) => {
      expect(await world.call(tool, { ...target, ...args })).toContain(text);
      expect((await read()).metadata).toMatchObject(metadata);
    });

    it('does not guess', async () => {
      expect(await world.fail('k8s_label_resource', { ...target, labels: 'front' })).toContain(
        'give key=value pairs',
      );
    });
  });

  describe('k8s_rollout', () => {
    const rollout = (action: string) => world.call('k8s_rollout', { ...target, action });

    it.each([
      [{ observedGeneration: 0 }, 'Waiting for the controller'],
      [
        { observedGeneration: 1, replicas: 1, updatedReplicas: 0 },
        'is rolling out: 0 of 1 replicas updated',
      ],
      [
        { observedGeneration: 1, replicas: 2, updatedReplicas: 1, availableReplicas: 1 },
        '1 old replicas still to be ended',
      ],
      [
        { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 0 },
        '0 of 1 updated replicas are available',
      ],
      [
        { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
        'successfully rolled out',
      ],
      [
        {
          observedGeneration: 1,
          conditions: [
            { type: 'Progressing', status: 'False' as const, reason: 'ProgressDeadlineExceeded' },
          ],
        },
        'exceeded its progress deadline',
      ],
    ])('status %j', async (status, text) => {
      await world.seed(deployment({ status }));
      expect(await rollout('status')).toContain(text);
    });

    it('restarts, pauses and resumes', async () => {
      await world.seed(deployment());
      await rollout('restart');
      const { annotations } = (await read()).spec?.template?.metadata ?? {};
      expect(annotations?.['kubectl.kubernetes.io/restartedAt']).toBe('2026-01-01T12:00:00.000Z');
      await rollout('pause');
      expect((await read()).spec?.paused).toBe(true);
      expect(await world.fail('k8s_rollout', { ...target, action: 'restart' })).toContain(
        'resume it first',
      );
      await rollout('resume');
      expect((await read()).spec?.paused).toBeUndefined();
      expect(await rollout('resume')).toContain('already running');
    });

    it('goes back to the revision before', async () => {
      await world.seed(deployment());
      const { uid } = (await read()).metadata;
      const replicaSet = (revision: number, image: string) => ({
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: {
          name: `web-${revision}`,
          namespace: 'shop',
          annotations: { 'deployment.kubernetes.io/revision': String(revision) },
          ownerReferences: [
            { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: uid ?? '' },
          ],
        },
        spec: {
          template: {
            metadata: { labels: { app: 'web', 'pod-template-hash': 'x' } },
            spec: { containers: [{ name: 'main', image }] },
          },
        },
      });
      expect(await world.fail('k8s_rollout', { ...target, action: 'undo' })).toContain(
        'no earlier revision',
      );
      await world.seed(replicaSet(10, 'web:10'), replicaSet(9, 'web:9'), replicaSet(2, 'web:2'));
      expect(await rollout('history')).toMatch(/^REVISION .*\n2 .*web:2\n9 .*web:9\n10 .*web:10$/);
      expect(await rollout('undo')).toContain('rolled back to revision 9');
      const { template } = (await read()).spec ?? {};
      expect(template).toEqual({
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'main', image: 'web:9' }] },
      });
    });

    it('is for workloads only', async () => {
      expect(
        await world.fail('k8s_rollout', { ...target, resource_type: 'cm', action: 'status' }),
      ).toContain('ConfigMap has no rollout');
    });
  });
});
