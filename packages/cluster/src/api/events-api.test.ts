import { describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';

const CORE = '/api/v1/namespaces/default/events';
const NEW = '/apis/events.k8s.io/v1/namespaces/default/events';

const coreEvent = (name: string, about: string) => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name },
  involvedObject: { kind: 'Pod', name: about, namespace: 'default' },
  reason: 'Pulled',
  message: 'image pulled',
  type: 'Normal',
  firstTimestamp: '2026-01-01T00:00:00Z',
  lastTimestamp: '2026-01-01T00:10:00Z',
  count: 2,
  source: { component: 'kubelet', host: 'node-1' },
});
const newEvent = (name: string, about: string) => ({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name },
  regarding: { kind: 'Job', name: about, namespace: 'default' },
  reason: 'Made',
  note: 'a job was made',
  type: 'Normal',
  action: 'Create',
  eventTime: '2026-01-01T00:00:00.000000Z',
  reportingController: 'demo.dev/controller',
  reportingInstance: 'controller-1',
});

const names = (body: unknown) =>
  (body as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);

/** One store of Events behind `v1` and `events.k8s.io/v1`, as in kube-apiserver. */
describe('api/events', () => {
  test('shows each Event in both APIs under its names', async () => {
    using api = await createTestApi();
    await api.call('POST', CORE, { body: coreEvent('old', 'web') });
    expect((await api.call('GET', `${NEW}/old`)).body).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      regarding: { name: 'web' },
      note: 'image pulled',
      deprecatedCount: 2,
      deprecatedSource: { component: 'kubelet' },
      deprecatedLastTimestamp: '2026-01-01T00:10:00Z',
    });
    const made = await api.call('POST', NEW, { body: newEvent('new', 'backup') });
    expect(made).toMatchObject({ status: 201, body: { apiVersion: 'events.k8s.io/v1' } });
    const core = await api.call('GET', `${CORE}/new`);
    expect(core.body).toMatchObject({
      apiVersion: 'v1',
      involvedObject: { name: 'backup' },
      message: 'a job was made',
      reportingComponent: 'demo.dev/controller',
      action: 'Create',
    });
    expect(core.body).not.toHaveProperty('regarding');
    expect((await api.call('POST', CORE, { body: coreEvent('new', 'x') })).status).toBe(409);
  });

  test('selects by the fields of either API', async () => {
    using api = await createTestApi();
    await api.call('POST', CORE, { body: coreEvent('old', 'web') });
    await api.call('POST', NEW, { body: newEvent('new', 'backup') });
    const select = async (path: string, selector: string) =>
      names((await api.call('GET', `${path}?fieldSelector=${encodeURIComponent(selector)}`)).body);
    expect(await select(CORE, 'involvedObject.name=backup')).toEqual(['new']);
    expect(await select(CORE, 'involvedObject.kind=Pod,reason=Pulled')).toEqual(['old']);
    expect(await select(CORE, 'source=kubelet')).toEqual(['old']);
    expect(await select(NEW, 'regarding.name=web')).toEqual(['old']);
    expect(await select(NEW, 'regarding.kind!=Pod')).toEqual(['new']);
    expect(await select(NEW, 'reportingController=demo.dev/controller,type=Normal')).toEqual([
      'new',
    ]);
  });

  test('changes and deletes through either API', async () => {
    using api = await createTestApi();
    await api.call('POST', CORE, { body: coreEvent('e', 'web') });
    const headers = { 'content-type': 'application/merge-patch+json' };
    const patched = await api.call('PATCH', `${NEW}/e`, { headers, body: { note: 'changed' } });
    expect(patched).toMatchObject({ status: 200, body: { note: 'changed' } });
    expect((await api.call('GET', `${CORE}/e`)).body).toMatchObject({
      message: 'changed',
      count: 2,
    });
    await api.call('DELETE', `${NEW}/e`);
    expect((await api.call('GET', `${CORE}/e`)).status).toBe(404);
  });

  test('watches what the other API writes', async () => {
    using api = await createTestApi();
    const stop = new AbortController();
    const watch = await api.open('GET', `${NEW}?watch=true&fieldSelector=regarding.name=web`, {
      signal: stop.signal,
    });
    if (watch.kind !== 'watch') throw new Error('no watch');
    await api.call('POST', CORE, { body: coreEvent('other', 'db') });
    await api.call('POST', CORE, { body: coreEvent('e', 'web') });
    for await (const { type, object } of watch.frames) {
      expect({ type, object }).toMatchObject({
        type: 'ADDED',
        object: { apiVersion: 'events.k8s.io/v1', metadata: { name: 'e' }, note: 'image pulled' },
      });
      break;
    }
    stop.abort();
  });

  test('asks more of new Events in the newer API', async () => {
    using api = await createTestApi();
    const { action: _action, eventTime: _time, ...poor } = newEvent('e', 'x');
    const answer = await api.call('POST', NEW, { body: { ...poor, type: 'Odd' } });
    expect(answer.status).toBe(422);
    expect((answer.body as { message: string }).message).toBe(
      'Event "e" is invalid: [eventTime: Required value, type: Invalid value: "": has invalid value: Odd]',
    );
  });

  test('prints the same table for both', async () => {
    using api = await createTestApi();
    await api.call('POST', CORE, { body: coreEvent('e', 'web') });
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const cells = async (path: string) =>
      ((await api.call('GET', path, { headers })).body as { rows: { cells: unknown[] }[] }).rows[0]
        ?.cells;
    const core = await cells(CORE);
    expect(core?.slice(1, 7)).toEqual([
      'Normal',
      'Pulled',
      'pod/web',
      '',
      'kubelet, node-1',
      'image pulled',
    ]);
    expect(core?.slice(8)).toEqual([2, 'e']);
    expect(await cells(NEW)).toEqual(core);
  });
});

/** `autoscaling/v1` and `v2` are one store as well; what v1 has no field for is in annotations. */
describe('api/autoscalers', () => {
  const V1 = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers';
  const V2 = V1.replace('v1', 'v2');
  const metadata = { name: 'web' };
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  const target = { scaleTargetRef, maxReplicas: 5 };
  const metric = (name: string, averageUtilization: number) => ({
    type: 'Resource',
    resource: { name, target: { type: 'Utilization', averageUtilization } },
  });

  test('reads a v1 autoscaler as v2', async () => {
    using api = await createTestApi();
    const spec = { ...target, targetCPUUtilizationPercentage: 60 };
    const body = { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata, spec };
    expect((await api.call('POST', V1, { body })).body).toMatchObject({ spec });
    expect((await api.call('GET', `${V2}/web`)).body).toMatchObject({
      apiVersion: 'autoscaling/v2',
      spec: { ...target, minReplicas: 1, metrics: [metric('cpu', 60)] },
    });
  });

  test('keeps what v1 does not know when v1 writes', async () => {
    using api = await createTestApi();
    const metrics = [metric('cpu', 70), metric('memory', 50)];
    const spec = { ...target, metrics };
    const body = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata, spec };
    await api.call('POST', V2, { body });
    const read = await api.call('GET', `${V1}/web`);
    expect(read.body).toMatchObject({
      metadata: {
        annotations: {
          'autoscaling.alpha.kubernetes.io/metrics': JSON.stringify([metric('memory', 50)]),
        },
      },
      spec: { targetCPUUtilizationPercentage: 70 },
    });
    const headers = { 'content-type': 'application/merge-patch+json' };
    await api.call('PATCH', `${V1}/web`, {
      headers,
      body: { spec: { targetCPUUtilizationPercentage: 40 } },
    });
    const after = await api.call('GET', `${V2}/web`);
    expect(after.body).toMatchObject({
      spec: { metrics: [metric('cpu', 40), metric('memory', 50)] },
    });
    expect(after.body).not.toHaveProperty('metadata.annotations');
  });
});
