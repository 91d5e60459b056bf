import { describe, expect, it } from 'vitest';
import { createKubeClient } from './create-kube-client.ts';
import { createHttpTransport } from './http-transport.ts';
import { createInformer, type Informer } from './informer.ts';
import { interceptTransport, type TransportInterceptor } from './intercept.ts';
import { silentLogger } from './logger.ts';
import { CONFIG_MAPS, type ConfigMap } from './resources.ts';
import { createFakeApi, type FakeApiOptions } from './testing/fake-api.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { serveTransport } from './testing/serve-transport.ts';

function configMap(name: string, data: Record<string, string> = {}, namespace = 'ns'): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data };
}

function record(informer: Informer<ConfigMap>): string[] {
  const seen: string[] = [];
  informer.onChange((change) => {
    const before = change.type === 'updated' ? `${change.old.data?.['v'] ?? ''}->` : '';
    seen.push(
      `${change.type} ${change.object.metadata.name} ${before}${change.object.data?.['v'] ?? ''}`.trim(),
    );
  });
  return seen;
}

function setup(options: { api?: FakeApiOptions; hooks?: TransportInterceptor } = {}) {
  const api = createFakeApi(options.api);
  const clock = createFakeClock();
  const client = createKubeClient(interceptTransport(api.transport, options.hooks ?? {}));
  const start = (scope: { namespace?: string; labelSelector?: string } = {}) =>
    createInformer({ client, type: CONFIG_MAPS, clock, logger: silentLogger, ...scope });
  return { api, clock, start };
}

describe('informer', () => {
  it.each([
    { name: 'streamed list', api: {} },
    { name: 'plain list', api: { refuseWatchList: true } },
  ])(
    'delivers the state, then every change with what was before ($name)',
    async ({ api: apiOptions }) => {
      const { api, clock, start } = setup({ api: apiOptions });
      const created = await api.client.create(CONFIG_MAPS, configMap('a', { v: '1' }));
      const informer = start();
      const seen = record(informer);
      await informer.synced;
      expect(seen).toEqual(['added a 1']);
      await clock.advance(0);
      await api.client.replace(CONFIG_MAPS, { ...created, data: { v: '2' } });
      await api.client.create(CONFIG_MAPS, configMap('b'));
      await api.client.delete(CONFIG_MAPS, { namespace: 'ns', name: 'a' });
      await clock.advance(0);
      expect(seen).toEqual(['added a 1', 'updated a 1->2', 'added b', 'deleted a 2']);
      expect(informer.list().map((object) => object.metadata.name)).toEqual(['b']);
      await informer.stop();
      expect(api.openWatches).toBe(0);
    },
  );

  it('reads all pages of a plain list', async () => {
    const { api, start } = setup({ api: { refuseWatchList: true } });
    for (let i = 0; i < 1201; i += 1) await api.client.create(CONFIG_MAPS, configMap(`m-${i}`));
    const informer = start();
    await informer.synced;
    expect(informer.list()).toHaveLength(1201);
    await informer.stop();
  });

  it('goes on after the server closed the watch without reading the state again', async () => {
    const { api, clock, start } = setup();
    const informer = start();
    const seen = record(informer);
    await informer.synced;
    const a = await api.client.create(CONFIG_MAPS, configMap('a', { v: '1' }));
    await api.client.replace(CONFIG_MAPS, { ...a, data: { v: '2' } });
    await api.client.create(CONFIG_MAPS, configMap('gone'));
    await api.client.delete(CONFIG_MAPS, { namespace: 'ns', name: 'gone' });
    await clock.advance(0);
    const before = ['added a 1', 'updated a 1->2', 'added gone', 'deleted gone'];
    expect(seen).toEqual(before);
    api.closeWatches();
    await clock.advance(0);
    await api.client.create(CONFIG_MAPS, configMap('b'));
    await clock.advance(1000);
    expect(seen).toEqual([...before, 'added b']);
    expect(
      api.requests.filter((request) => request.query?.['sendInitialEvents'] === 'true'),
    ).toHaveLength(1);
    await informer.stop();
  });

  it('reads the state again after 410 and tells what happened meanwhile', async () => {
    let isDown = false;
    const { api, clock, start } = setup({
      hooks: {
        watch: async (request, next) => {
          if (isDown) throw new Error('connection refused');
          return await next(request);
        },
      },
    });
    const a = await api.client.create(CONFIG_MAPS, configMap('a', { v: '1' }));
    await api.client.create(CONFIG_MAPS, configMap('b', { v: '1' }));
    const informer = start();
    const seen = record(informer);
    await informer.synced;
    seen.length = 0;
    isDown = true;
    api.closeWatches();
    await api.client.replace(CONFIG_MAPS, { ...a, data: { v: '2' } });
    await api.client.delete(CONFIG_MAPS, { namespace: 'ns', name: 'b' });
    await api.client.create(CONFIG_MAPS, configMap('c', { v: '1' }));
    api.compact();
    await clock.advance(5000);
    expect(seen).toEqual([]);
    isDown = false;
    await clock.advance(60_000);
    expect(seen).toEqual(['deleted b 1', 'updated a 1->2', 'added c 1']);
    await informer.stop();
  });

  it('falls back to a list when the server ignores the request for initial events', async () => {
    const { api, clock, start } = setup({
      hooks: {
        watch: async (request, next) => {
          const { sendInitialEvents, ...query } = request.query ?? {};
          return await next({
            ...request,
            query: sendInitialEvents === undefined ? request.query : query,
          });
        },
      },
    });
    await api.client.create(CONFIG_MAPS, configMap('a'));
    const informer = start();
    await clock.advance(9_000);
    expect(informer.hasSynced).toBe(false);
    await clock.advance(2_000);
    expect(informer.hasSynced).toBe(true);
    expect(informer.get('ns/a')).toBeDefined();
    await informer.stop();
  });

  it('drops an initial state that was cut and starts over', async () => {
    let cuts = 1;
    const { api, clock, start } = setup({
      hooks: {
        watch: async (request, next) => {
          const events = await next(request);
          return (async function* () {
            for await (const event of events) {
              yield event;
              if (cuts-- > 0) return;
            }
          })();
        },
      },
    });
    await api.client.create(CONFIG_MAPS, configMap('a'));
    await api.client.create(CONFIG_MAPS, configMap('b'));
    const informer = start();
    const seen = record(informer);
    await clock.advance(0);
    expect(seen).toEqual([]);
    await clock.advance(1000);
    expect(seen).toEqual(['added a', 'added b']);
    await informer.stop();
  });

  it('backs off while the server is away instead of hammering it', async () => {
    let tries = 0;
    const { clock, start } = setup({
      hooks: {
        watch: async () => {
          tries += 1;
          throw new Error('connection refused');
        },
      },
    });
    const informer = start();
    await clock.advance(60_000);
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(16);
    await informer.stop();
    await expect(informer.synced).rejects.toThrow('was stopped');
  });

  it('does not spin on a server that closes every watch at once', async () => {
    let watches = 0;
    const { clock, start } = setup({
      hooks: {
        watch: async (request, next) => {
          watches += 1;
          return request.query?.['sendInitialEvents'] === 'true'
            ? await next({ ...request, signal: AbortSignal.abort() })
            : (async function* () {})();
        },
      },
    });
    const informer = start();
    await informer.synced;
    await clock.advance(60_000);
    expect(watches).toBeLessThan(20);
    await informer.stop();
  });

  it('keeps indexes over adds, updates and deletes', async () => {
    const { api, clock, start } = setup();
    const created = await api.client.create(CONFIG_MAPS, configMap('a', { owner: 'x' }));
    const informer = start();
    const owners = (object: ConfigMap) =>
      object.data?.['owner'] === undefined ? [] : [object.data['owner']];
    informer.addIndex('owner', owners);
    await informer.synced;
    await api.client.create(CONFIG_MAPS, configMap('b', { owner: 'x' }));
    await clock.advance(0);
    const names = (value: string) =>
      informer.byIndex('owner', value).map((object) => object.metadata.name);
    expect(names('x')).toEqual(['a', 'b']);
    await api.client.replace(CONFIG_MAPS, { ...created, data: { owner: 'y' } });
    await api.client.delete(CONFIG_MAPS, { namespace: 'ns', name: 'b' });
    await clock.advance(0);
    expect([names('x'), names('y')]).toEqual([[], ['a']]);
    informer.addIndex('late', owners);
    expect(informer.byIndex('late', 'y')).toHaveLength(1);
    expect(() => informer.byIndex('none', 'y')).toThrow('no index named none');
    await informer.stop();
  });

  it('limits itself to its namespace and labels', async () => {
    const { api, clock, start } = setup();
    const informer = start({ namespace: 'ns', labelSelector: 'app=x' });
    await informer.synced;
    const labelled = (name: string, namespace: string, app: string): ConfigMap => ({
      ...configMap(name),
      metadata: { name, namespace, labels: { app } },
    });
    await api.client.create(CONFIG_MAPS, labelled('a', 'ns', 'x'));
    await api.client.create(CONFIG_MAPS, labelled('b', 'ns', 'y'));
    await api.client.create(CONFIG_MAPS, labelled('c', 'other', 'x'));
    await clock.advance(0);
    expect(informer.list().map((object) => object.metadata.name)).toEqual(['a']);
    await informer.stop();
  });

  it('replays the state to a late listener and survives one that throws', async () => {
    const { api, clock, start } = setup();
    await api.client.create(CONFIG_MAPS, configMap('a'));
    const informer = start();
    informer.onChange(() => {
      throw new Error('listener');
    });
    await informer.synced;
    const seen = record(informer);
    expect(seen).toEqual(['added a']);
    await api.client.create(CONFIG_MAPS, configMap('b'));
    await clock.advance(0);
    expect(seen).toEqual(['added a', 'added b']);
    await informer.stop();
  });

  it('follows a server that is restarted in the middle of a watch', async () => {
    const api = createFakeApi();
    let server = await serveTransport(api.transport);
    const transport = createHttpTransport({ server: server.url });
    const clock = createFakeClock();
    const informer = createInformer({
      client: createKubeClient(transport),
      type: CONFIG_MAPS,
      clock,
      logger: silentLogger,
    });
    const seen = record(informer);
    await informer.synced;
    await api.client.create(CONFIG_MAPS, configMap('a'));
    await expect.poll(() => seen, { interval: 5 }).toEqual(['added a']);
    await server.stop();
    await api.client.create(CONFIG_MAPS, configMap('b'));
    await clock.advance(500);
    server = await serveTransport(api.transport, server.port);
    await expect
      .poll(
        async () => {
          await clock.advance(1000);
          return seen;
        },
        { interval: 5 },
      )
      .toEqual(['added a', 'added b']);
    await informer.stop();
    await transport.close();
    await server.stop();
  });
});
