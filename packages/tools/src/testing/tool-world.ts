/** A tool server over a fake API server, driven through HTTP by the real MCP client. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import {
  createKubeClient,
  interceptTransport,
  type KubeObject,
  silentLogger,
  type TransportInterceptor,
} from '@kagent/kube';
import {
  createFakeApi,
  createFakeClock,
  type FakeApi,
  type FakeApiOptions,
  type FakeClock,
} from '@kagent/kube/testing';
import { startToolServer } from '../start-tool-server.ts';

export interface ToolWorld {
  api: FakeApi;
  clock: FakeClock;
  client: Client;
  url: string;
  /** The text of a result; throws when the result is an error. */
  call(name: string, args?: Record<string, unknown>): Promise<string>;
  /** The text of a result that must be an error. */
  fail(name: string, args?: Record<string, unknown>): Promise<string>;
  /** Puts objects in, by their apiVersion and kind. */
  seed(...objects: (KubeObject & Record<string, unknown>)[]): Promise<void>;
  close(): Promise<void>;
}

export interface ToolWorldOptions {
  api?: FakeApiOptions;
  readOnly?: boolean;
  fetch?: typeof globalThis.fetch;
  hooks?: TransportInterceptor;
}

export async function createToolWorld(options: ToolWorldOptions = {}): Promise<ToolWorld> {
  const clock = createFakeClock(Date.parse('2026-01-01T12:00:00Z'));
  const api = createFakeApi({ now: clock.now, ...options.api });
  const server = await startToolServer({
    kube: createKubeClient(interceptTransport(api.transport, options.hooks ?? {})),
    clock,
    logger: silentLogger,
    version: '1.2.3',
    host: '127.0.0.1',
    port: 0,
    readOnly: options.readOnly,
    fetch: options.fetch,
  });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)));

  async function result(name: string, args: Record<string, unknown> = {}) {
    const { content, isError } = await client.callTool({ name, arguments: args });
    const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('');
    return { text, isError: isError === true };
  }

  return {
    api,
    clock,
    client,
    url: server.url,
    async call(name, args) {
      const { text, isError } = await result(name, args);
      if (isError) throw new Error(`${name} answered with an error: ${text}`);
      return text;
    },
    async fail(name, args) {
      const { text, isError } = await result(name, args);
      if (!isError) throw new Error(`${name} was expected to fail: ${text}`);
      return text;
    },
    async seed(...objects) {
      for (const object of objects) {
        const [version = '', group = ''] = object.apiVersion.split('/').toReversed();
        const { namespace } = object.metadata;
        const plural = object.kind.toLowerCase().replace(/y$/, 'ie') + 's';
        await api.client.create(
          { group, version, kind: object.kind, plural, namespaced: namespace !== undefined },
          object,
        );
      }
    },
    async close() {
      await client.close();
      await server.stop();
    },
  };
}
