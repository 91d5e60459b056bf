import { KubeError } from '@kagent/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToolWorld, type ToolWorld } from '../testing/tool-world.ts';

const pod = (name: string, namespace: string, extra: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image: 'web:1' }], nodeName: 'node-a' },
  status: { phase: 'Running' },
  ...extra,
});
const namespace = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
  status: { phase: 'Active' },
});
const widget = {
  group: 'acme.io',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
  shortNames: ['wdg'],
};

describe('k8s read tools', () => {
  let world: ToolWorld;
  beforeEach(async () => {
    world = await createToolWorld({ api: { kinds: [widget] } });
    await world.seed(namespace('default'), namespace('shop'));
  });
  afterEach(async () => {
    await world.close();
  });

  describe('k8s_get_resources', () => {
    it("shows the server's table, with wide columns that say something", async () => {
      await world.seed(pod('web-1', 'shop'), pod('web-2', 'default'));
      await world.clock.advance(65_000);
      expect(
        await world.call('k8s_get_resources', { resource_type: 'pods', namespace: 'shop' }),
      ).toBe('NAME   STATUS   AGE  NODE\nweb-1  Running  65s  node-a');
      expect(await world.call('k8s_get_resources', { resource_type: 'namespaces' })).toBe(
        'NAME     STATUS  AGE\ndefault  Active  65s\nshop     Active  65s',
      );
      expect(
        await world.call('k8s_get_resources', {
          resource_type: 'pods',
          namespace: 'shop',
          all_namespaces: 'true',
        }),
      ).toBe(
        'NAMESPACE  NAME   STATUS   AGE  NODE\ndefault    web-2  Running  65s  node-a\nshop       web-1  Running  65s  node-a',
      );
    });

    it.each([
      'widgets',
      'widget',
      'wdg',
      'Widget',
      'WIDGETS',
      'widgets.acme.io',
      'widget.v1.acme.io',
    ])('knows a kind as %s', async (name) => {
      await world.seed({
        apiVersion: 'acme.io/v1',
        kind: 'Widget',
        metadata: { name: 'w', namespace: 'default' },
      });
      expect(await world.call('k8s_get_resources', { resource_type: name, output: 'name' })).toBe(
        'widget.acme.io/w',
      );
    });

    it.each([
      [
        { resource_type: 'pods', namespace: 'shop' },
        'No pods found in namespace shop. all_namespaces=true searches everywhere.',
      ],
      [
        { resource_type: 'po' },
        'No pods found in namespace default. all_namespaces=true searches everywhere.',
      ],
      [{ resource_type: 'pods', all_namespaces: true }, 'No pods found in any namespace.'],
      [
        { resource_type: 'pods', namespace: 'sh' },
        'No pods found in namespace sh. Namespace "sh" does not exist. Namespaces: default, shop.',
      ],
      [{ resource_type: 'nodes' }, 'No nodes found.'],
    ])('says so when there is nothing: %j', async (args, text) => {
      expect(await world.call('k8s_get_resources', args)).toBe(text);
    });

    it('finds a name in all namespaces', async () => {
      await world.seed(pod('web-1', 'shop'), pod('web-2', 'shop'));
      const text = await world.call('k8s_get_resources', {
        resource_type: 'pod',
        resource_name: 'web-2',
        all_namespaces: true,
        output: 'name',
      });
      expect(text).toBe('shop pod/web-2');
    });

    it('takes several kinds', async () => {
      await world.seed(pod('web-1', 'shop'));
      const text = await world.call('k8s_get_resources', {
        resource_type: 'pods,configmaps',
        namespace: 'shop',
        output: 'name',
      });
      expect(text).toBe('[pods]\npod/web-1');
    });

    it('notices kinds that came after the first look', async () => {
      let isInstalled = false;
      const late = await createToolWorld({
        api: { kinds: [widget] },
        hooks: {
          async request(request, next) {
            const response = await next(request);
            if (isInstalled || request.path !== '/apis') return response;
            return { ...response, body: { groups: [] } };
          },
        },
      });
      expect(await late.fail('k8s_get_resources', { resource_type: 'wdg' })).toContain(
        'Unknown kind "wdg"',
      );
      isInstalled = true;
      await late.clock.advance(1000);
      expect(await late.call('k8s_get_resources', { resource_type: 'wdg' })).toContain(
        'No widgets found',
      );
      await late.close();
    });

    it('does not call a kind unknown when discovery gave no answer', async () => {
      const cut = await createToolWorld({
        hooks: { request: (request) => Promise.reject(new Error(`refused ${request.path}`)) },
      });
      const text = await cut.fail('k8s_get_resources', { resource_type: 'pods' });
      expect(text).toContain('gave no answer');
      expect(text).not.toContain('Unknown kind');
      await cut.close();
    });

    it('says what exists when a name is wrong', async () => {
      await world.seed(pod('web-1', 'shop'), pod('db-1', 'shop'), pod('api', 'default'));
      const wrong = (args: Record<string, unknown>) =>
        world.fail('k8s_get_resources', { resource_type: 'pods', ...args });
      expect(await wrong({ resource_name: 'web', namespace: 'shop' })).toBe(
        'Pod "web" not found in namespace shop. Existing pods in namespace shop: web-1, db-1.',
      );
      expect(await wrong({ resource_name: 'api', namespace: 'shop' })).toBe(
        'Pod "api" not found in namespace shop. It exists in namespace: default.',
      );
      expect(await wrong({ resource_name: 'x', namespace: 'none' })).toContain(
        'Namespace "none" does not exist.',
      );
    });

    it('says which kinds are close to an unknown one', async () => {
      expect(await world.fail('k8s_get_resources', { resource_type: 'deploymnets' })).toBe(
        'Unknown kind "deploymnets": the cluster has no such resource type. Closest: deployments.',
      );
      expect(await world.fail('k8s_get_resources', { resource_type: 'zzzzzz' })).toContain(
        'k8s_get_available_api_resources',
      );
    });
  });

  it('does not claim that there is nothing where it could not look', async () => {
    const blind = await createToolWorld({
      hooks: {
        async request(request, next) {
          const isList = /\/(events|pods)$/.test(request.path) && request.method === 'GET';
          if (isList)
            throw new KubeError({ reason: 'Forbidden', code: 403, message: 'may not list' });
          return await next(request);
        },
      },
    });
    await blind.seed(pod('web-1', 'shop'), {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { selector: { matchLabels: { app: 'web' } } },
    });
    const target = { resource_type: 'deploy', resource_name: 'web', namespace: 'shop' };
    const text = await blind.call('k8s_describe_resource', target);
    expect(text).toMatch(/^Pods: {2}not known\. Forbidden: may not list/m);
    expect(text).toMatch(/^Events: {2}not known\. Forbidden: may not list/m);
    expect(text).not.toContain('<none>');
    const missing = await blind.fail('k8s_get_pod_logs', { pod_name: 'none', namespace: 'shop' });
    expect(missing).toBe('Pod "none" not found in namespace shop.');
    const logs = { pod_name: 'deploy/web', namespace: 'shop' };
    expect(await blind.fail('k8s_get_pod_logs', logs)).toContain('Forbidden: may not list');
    await blind.close();
  });

  it('never shows the values of a Secret', async () => {
    const secret = 'cGxhbnRlZC1zZWNyZXQ=';
    await world.seed({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 's',
        namespace: 'shop',
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': `{"data":{"p":"${secret}"}}`,
          note: 'kept',
        },
      },
      data: { password: secret },
    });
    const target = { resource_type: 'secret', resource_name: 's', namespace: 'shop' };
    const texts = [
      await world.call('k8s_get_resources', { ...target, output: 'json' }),
      await world.call('k8s_get_resources', {
        resource_type: 'secrets',
        all_namespaces: true,
        output: 'yaml',
      }),
      await world.call('k8s_get_resources', target),
      await world.call('k8s_get_resource_yaml', target),
      await world.call('k8s_describe_resource', target),
    ];
    for (const text of texts) expect(text).not.toMatch(/cGxhbnRlZC1|planted/);
    for (const text of [texts[0], texts[1], texts[3], texts[4]])
      expect(text).toContain('<redacted, 14 bytes>');
    expect(texts[3]).toContain('note: kept');
  });

  it('shows YAML without managedFields', async () => {
    await world.seed({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'shop', managedFields: [{ manager: 'x' }] },
      data: { a: '1' },
    });
    const text = await world.call('k8s_get_resource_yaml', {
      resource_type: 'cm',
      resource_name: 'c',
      namespace: 'shop',
    });
    expect(text).toContain('data:\n  a: "1"');
    expect(text).not.toContain('managedFields');
  });

  it('lists the kinds of the cluster', async () => {
    const text = await world.call('k8s_get_available_api_resources');
    expect(text).toMatch(/^NAME +SHORTNAMES +APIVERSION +NAMESPACED +KIND\n/);
    expect(text).toMatch(/\ndeployments +deploy +apps\/v1 +true +Deployment\n/);
    expect(text).toMatch(/\nwidgets +wdg +acme.io\/v1 +true +Widget/);
  });

  it('shows what it is connected to', async () => {
    const configuration: unknown = JSON.parse(await world.call('k8s_get_cluster_configuration'));
    expect(configuration).toMatchObject({
      version: 'v1.35.0-fake',
      namespaces: ['default', 'shop'],
    });
  });

  describe('k8s_describe_resource', () => {
    const event = (
      name: string,
      object: Record<string, unknown>,
      extra: Record<string, unknown>,
    ) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: 'shop' },
      involvedObject: { kind: 'Pod', namespace: 'shop', ...object },
      type: 'Warning',
      ...extra,
    });

    it('tells why a pod is failing', async () => {
      await world.seed(
        pod('web-1', 'shop', {
          status: {
            phase: 'Running',
            podIP: '10.1.2.3',
            conditions: [
              {
                type: 'Ready',
                status: 'False',
                reason: 'ContainersNotReady',
                message: 'containers with unready status: [main]',
              },
            ],
            containerStatuses: [
              {
                name: 'main',
                ready: false,
                restartCount: 4,
                state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
                lastState: {
                  terminated: {
                    exitCode: 137,
                    reason: 'OOMKilled',
                    finishedAt: '2026-01-01T11:59:00Z',
                  },
                },
              },
            ],
          },
        }),
        event(
          'e1',
          { name: 'web-1' },
          {
            reason: 'BackOff',
            message: 'Back-off restarting failed container',
            count: 7,
            lastTimestamp: '2026-01-01T11:58:00Z',
          },
        ),
        event('e2', { name: 'other' }, { reason: 'Pulled', message: 'not mine' }),
      );
      const text = await world.call('k8s_describe_resource', {
        resource_type: 'pod',
        resource_name: 'web-1',
        namespace: 'shop',
      });
      expect(text).toMatch(/^Name: +web-1\nNamespace: +shop\n/);
      expect(text).toMatch(/Status: +CrashLoopBackOff/);
      expect(text).toMatch(/State: +Waiting \(CrashLoopBackOff\): back-off 40s/);
      expect(text).toMatch(/Last State: +Terminated \(OOMKilled\), exit code 137, 60s ago/);
      expect(text).toMatch(/Restart Count: +4/);
      expect(text).toMatch(/Ready +False +ContainersNotReady +containers with unready status/);
      expect(text).toMatch(/2m \(x7\) +Warning +BackOff +Back-off restarting failed container/);
      expect(text).not.toContain('not mine');
    });

    it('shows the pods of a workload', async () => {
      await world.seed(
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web', namespace: 'shop' },
          spec: { replicas: 2, selector: { matchLabels: { app: 'web' } } },
          status: {
            replicas: 2,
            conditions: [
              { type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable' },
            ],
          },
        },
        pod('web-1', 'shop', {
          status: {
            phase: 'Pending',
            containerStatuses: [
              {
                name: 'main',
                ready: false,
                restartCount: 0,
                state: { waiting: { reason: 'ImagePullBackOff' } },
              },
            ],
          },
        }),
        pod('stranger', 'shop', {
          metadata: { name: 'stranger', namespace: 'shop', labels: { app: 'db' } },
        }),
      );
      const text = await world.call('k8s_describe_resource', {
        resource_type: 'deploy',
        resource_name: 'web',
        namespace: 'shop',
      });
      expect(text).toMatch(/web-1 +0\/1 +ImagePullBackOff +0/);
      expect(text).toMatch(/Available +False +MinimumReplicasUnavailable/);
      expect(text).toMatch(/replicas: 2/);
      expect(text).toContain('Events:  <none>');
      expect(text).not.toContain('stranger');
    });

    it('describes custom kinds', async () => {
      await world.seed({
        apiVersion: 'acme.io/v1',
        kind: 'Widget',
        metadata: { name: 'w', namespace: 'shop' },
        spec: { size: 3 },
        status: { conditions: [{ type: 'Ready', status: 'True', reason: 'Done' }] },
      });
      const text = await world.call('k8s_describe_resource', {
        resource_type: 'widget',
        resource_name: 'w',
        namespace: 'shop',
      });
      expect(text).toMatch(/Kind: +Widget \(acme.io\/v1\)/);
      expect(text).toContain('Spec:\n  size: 3');
      expect(text).toMatch(/Ready +True +Done/);
    });
  });

  describe('k8s_get_events', () => {
    it('sorts by time, counts, and shows the namespace only when there are several', async () => {
      const event = (name: string, place: string, extra: Record<string, unknown>) => ({
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace: place },
        involvedObject: { kind: 'Pod', name: 'p' },
        type: 'Normal',
        ...extra,
      });
      await world.seed(
        event('late', 'shop', {
          reason: 'Started',
          message: 'two\nlines',
          lastTimestamp: '2026-01-01T11:59:30Z',
        }),
        event('early', 'shop', {
          reason: 'Pulled',
          message: 'm',
          count: 3,
          eventTime: '2026-01-01T11:00:00Z',
        }),
      );
      expect(await world.call('k8s_get_events', { namespace: 'shop' })).toBe(
        'LAST-SEEN  TYPE    REASON   OBJECT  MESSAGE\n1h (x3)    Normal  Pulled   pod/p   m\n30s        Normal  Started  pod/p   two lines',
      );
      expect(await world.call('k8s_get_events')).toMatch(/^NAMESPACE +LAST-SEEN/);
      expect(await world.call('k8s_get_events', { namespace: 'default' })).toBe(
        'No events found in namespace default.',
      );
    });
  });

  describe('k8s_get_pod_logs', () => {
    beforeEach(async () => {
      await world.seed(
        pod('web-1', 'shop', {
          spec: { containers: [{ name: 'main' }, { name: 'proxy' }] },
          status: {
            containerStatuses: [
              {
                name: 'main',
                ready: true,
                restartCount: 2,
                lastState: { terminated: { exitCode: 1, reason: 'Error' } },
              },
            ],
          },
        }),
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web', namespace: 'shop' },
          spec: { selector: { matchLabels: { app: 'web' } } },
        },
      );
      const lines = Array.from({ length: 100 }, (_, index) => `line ${index + 1}\n`);
      world.api.logs.set('shop/web-1/main', lines.join(''));
      world.api.logs.set('shop/web-1/proxy', 'proxy log\n');
      world.api.logs.set('shop/web-1/main/previous', 'panic: out of cheese\n');
    });

    it('shows the last 50 lines and what else there is to know', async () => {
      const text = await world.call('k8s_get_pod_logs', { pod_name: 'web-1', namespace: 'shop' });
      expect(text.split('\n').slice(0, 3)).toEqual([
        '[container main; others: proxy]',
        '[restarted 2 times; the last run ended with exit code 1 (Error); previous=true shows its log]',
        'line 51',
      ]);
      expect(text.split('\n')).toHaveLength(52);
    });

    it.each([
      [{ container: 'proxy' }, 'proxy log'],
      [{ container: 'main', tail_lines: '2', previous: true }, 'panic: out of cheese'],
    ])('takes %j', async (args, expected) => {
      expect(
        await world.call('k8s_get_pod_logs', { pod_name: 'web-1', namespace: 'shop', ...args }),
      ).toBe(expected);
    });

    it('finds a pod of a deployment', async () => {
      const text = await world.call('k8s_get_pod_logs', {
        pod_name: 'deployment/web',
        namespace: 'shop',
        container: 'proxy',
      });
      expect(text).toBe('[pod web-1]\nproxy log');
    });

    it('says what is wrong', async () => {
      const wrong = (args: Record<string, unknown>) =>
        world.fail('k8s_get_pod_logs', { namespace: 'shop', ...args });
      expect(await wrong({ pod_name: 'web-1', container: 'x' })).toBe(
        'Pod "web-1" has no container "x". Containers: main, proxy.',
      );
      expect(await wrong({ pod_name: 'web' })).toContain('Existing pods in namespace shop: web-1');
      expect(await wrong({ pod_name: 'web-1', tail_lines: 'many' })).toMatch(
        /^k8s_get_pod_logs: wrong arguments: tail_lines: /,
      );
      expect(await wrong({})).toMatch(/wrong arguments: pod_name: /);
    });
  });
});
