import { describe, expect, test } from 'vitest';

import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';

async function scrape(api: TestApi): Promise<Map<string, number>> {
  const response = await api.open('GET', '/metrics');
  expect(response).toMatchObject({
    status: 200,
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
  });
  const text = response.kind === 'text' ? response.body : '';
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line): [string, number] => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

function find(samples: Map<string, number>, name: string, ...parts: string[]): number {
  let sum = 0;
  for (const [key, value] of samples) {
    const isIt = key === name || key.startsWith(`${name}{`);
    if (isIt && parts.every((part) => key.includes(part))) sum += value;
  }
  return sum;
}

// Names and labels: https://kubernetes.io/docs/reference/instrumentation/metrics/
describe('api/monitoring: /metrics', () => {
  test('counts requests by verb, resource and code', async () => {
    using api = await createTestApi();
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    await api.call('POST', MAPS, { body });
    await api.call('POST', MAPS, { body });
    await api.call('GET', `${MAPS}/a`);
    await api.call('GET', MAPS);
    const apply = { 'content-type': 'application/apply-patch+yaml' };
    await api.call('PATCH', `${MAPS}/a?fieldManager=me`, { body, headers: apply });
    const samples = await scrape(api);
    const count = (verb: string, code: number) =>
      find(
        samples,
        'apiserver_request_total',
        `verb="${verb}"`,
        `code="${code}"`,
        'resource="configmaps"',
      );
    expect(count('POST', 201)).toBe(1);
    expect(count('POST', 409)).toBe(1);
    expect(count('GET', 200)).toBe(1);
    expect(count('LIST', 200)).toBe(1);
    expect(count('APPLY', 200)).toBe(1);
    const duration = 'apiserver_request_duration_seconds';
    const post = ['verb="POST"', 'resource="configmaps"'];
    expect(find(samples, `${duration}_bucket`, ...post, 'le="+Inf"')).toBe(2);
    expect(find(samples, `${duration}_count`, ...post)).toBe(2);
    expect(find(samples, 'apiserver_storage_objects', 'resource="configmaps"')).toBe(1);
    expect(find(samples, 'apiserver_storage_objects', 'resource="namespaces"')).toBe(4);
    expect(find(samples, 'apiserver_current_inflight_requests', 'readOnly')).toBe(1);
    expect(find(samples, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  test('counts open watches', async () => {
    using api = await createTestApi();
    const stop = new AbortController();
    await api.open('GET', `${MAPS}?watch=true`, { signal: stop.signal });
    const open = async () =>
      find(await scrape(api), 'apiserver_longrunning_requests', 'resource="configmaps"');
    expect(await open()).toBe(1);
    stop.abort();
    expect(await open()).toBe(0);
  });

  test('makes no series of names that clients make up', async () => {
    using api = await createTestApi();
    const before = (await scrape(api)).size;
    for (let index = 0; index < 50; index += 1) {
      await api.open('GET', `/apis/x${index}.example.com/v1/things`);
      await api.call('GET', `${MAPS}/a/sub${index}`);
      await api.open('GET', `/made/up${index}`);
    }
    expect((await scrape(api)).size).toBeLessThan(before + 120);
  });

  test('is for those who may get it', async () => {
    using api = await createTestApi({ bootstrapPolicy: true });
    const as = (...groups: string[]) => ({ user: { name: 'ana', groups } });
    const refused = await api.open('GET', '/metrics', as('system:authenticated'));
    expect(refused.status).toBe(403);
    const allowed = await api.open('GET', '/metrics', as('system:monitoring'));
    expect(allowed.status).toBe(200);
  });
});
