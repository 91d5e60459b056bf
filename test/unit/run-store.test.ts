/** The journal contract, over the server's SQLite and over its REST API as an engine in another process uses it. */
import { createHttpRunStore, systemClock } from '@kagent/engine';
import { runStoreContract } from '@kagent/engine/testing';
import { createSqliteStore } from '@kagent/server';
import { startTestServer } from '@kagent/server/testing';
import type { InjectOptions } from 'fastify';

runStoreContract('SQLite', () => {
  const store = createSqliteStore({ path: ':memory:', now: Date.now });
  return { store: store.runs, close: () => store.close() };
});

runStoreContract('HTTP to the server', async () => {
  const server = await startTestServer();
  const inject: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const response = await server.app.inject({
      method: request.method as NonNullable<InjectOptions['method']>,
      url: request.url,
      payload: await request.text(),
    });
    return new Response(response.body, { status: response.statusCode });
  };
  const store = createHttpRunStore({
    baseUrl: 'http://kagent-controller.kagent:8083',
    fetch: inject,
    headers: () => ({}),
    clock: systemClock,
    random: () => 0,
    signal: new AbortController().signal,
  });
  return { store, close: () => server.close() };
});
