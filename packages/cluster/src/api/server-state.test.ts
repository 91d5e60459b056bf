import { describe, expect, test } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';

/** kubernetes.io/docs/reference/using-api/health-checks and `kubectl version`. */
describe('api/server-state', () => {
  test.each([
    ['/healthz', 200, 'ok'],
    ['/livez/ping', 200, 'ok'],
    ['/readyz/', 404, '404 page not found\n'],
    ['/readyz?exclude=etcd', 200, 'ok'],
    ['/healthz/poststarthook/rbac/bootstrap-roles', 200, 'ok'],
    [
      '/livez?verbose',
      200,
      expect.stringMatching(/^\[\+\]ping ok\n\[\+\]log ok\n[^]*\nlivez check passed\n$/),
    ],
    [
      '/livez?verbose&exclude=etcd&exclude=no',
      200,
      expect.stringMatching(
        /\[\+\]etcd excluded: ok\n[^]*\nwarn: some health checks cannot be excluded: no matches for "no"\nlivez check passed\n$/,
      ),
    ],
    ['/readyz/nothing', 404, '404 page not found\n'],
  ])('%s', async (path, status, body) => {
    using api = await createTestApi();
    expect(await api.open('GET', path)).toMatchObject({ kind: 'text', status, body });
  });

  test('tells its health in metrics as well', async () => {
    using api = await createTestApi();
    expect(await api.open('GET', '/metrics/slis')).toMatchObject({
      status: 200,
      body: expect.stringContaining('kubernetes_healthcheck{name="etcd",type="livez"} 1\n'),
    });
  });

  test('tells the version it emulates', async () => {
    using api = await createTestApi();
    expect((await api.call('GET', '/version')).body).toMatchObject({
      major: '1',
      minor: '35',
      emulationMajor: '1',
      emulationMinor: '35',
      minCompatibilityMajor: '1',
      minCompatibilityMinor: '34',
    });
  });
});
