import { KubeError } from '@kagent/kube';
import { describe, expect, test } from 'vitest';

import type { PodLogQuery } from '../node/pod-logs.ts';
import { createTestApi } from '../testing/test-api.ts';

const PODS = '/api/v1/namespaces/default/pods';
const LOG = `${PODS}/p/log`;

async function withPod(read: (query: PodLogQuery) => Promise<AsyncIterable<string>>) {
  const api = await createTestApi({ podLogs: { read } });
  const spec = { containers: [{ name: 'c', image: 'x' }], nodeName: 'n1' };
  await api.call('POST', PODS, {
    body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec },
  });
  return api;
}

async function* chunks(...texts: string[]): AsyncGenerator<string> {
  yield* texts;
}

describe('api/pod-subresources', () => {
  test('streams logs from the node with what was asked for', async () => {
    const queries: PodLogQuery[] = [];
    using api = await withPod(async (query) => {
      queries.push(query);
      return chunks('one\n', 'two\n');
    });
    const query =
      'container=c&follow=true&tailLines=5&previous=false&timestamps=1&sinceSeconds=60&limitBytes=99';
    const response = await api.open('GET', `${LOG}?${query}`);
    if (response.kind !== 'stream') throw new Error(JSON.stringify(response));
    expect(response.headers['content-type']).toBe('text/plain');
    let text = '';
    for await (const chunk of response.chunks) text += chunk;
    expect(text).toBe('one\ntwo\n');
    expect(queries).toEqual([
      expect.objectContaining({
        namespace: 'default',
        pod: 'p',
        container: 'c',
        follow: true,
        previous: false,
        timestamps: true,
        tailLines: 5,
        sinceSeconds: 60,
        limitBytes: 99,
      }),
    ]);
    let logs = '';
    for await (const chunk of await api.client.logs({ namespace: 'default', name: 'p' }))
      logs += chunk;
    expect(logs).toBe('one\ntwo\n');
  });

  test("passes the node's refusals on, and refuses what is no log", async () => {
    const message = 'container "c" in pod "p" is waiting to start: ContainerCreating';
    const status = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'BadRequest',
      message,
      code: 400,
    } as const;
    using api = await withPod(() =>
      Promise.reject(new KubeError({ reason: 'BadRequest', code: 400, message, status })),
    );
    expect(await api.call('GET', LOG)).toMatchObject({ status: 400, body: { message } });
    await expect(api.client.logs({ namespace: 'default', name: 'p' })).rejects.toMatchObject({
      message,
    });
    expect((await api.call('GET', `${LOG}?tailLines=many`)).status).toBe(400);
    expect((await api.call('GET', `${LOG}?sinceTime=later`)).status).toBe(400);
    expect((await api.call('GET', `${PODS}/q/log`)).status).toBe(404);
  });

  test('has an empty log of a pod that is nowhere', async () => {
    using api = await createTestApi();
    const spec = { containers: [{ name: 'c', image: 'x' }] };
    await api.call('POST', PODS, {
      body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec },
    });
    expect(await api.open('GET', LOG)).toMatchObject({ status: 204, body: '' });
  });
});
