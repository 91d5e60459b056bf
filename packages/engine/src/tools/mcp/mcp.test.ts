import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EngineToolServer } from '@kagent/spec';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Tool, ToolCallContext } from '../../ports.ts';
import { systemClock } from '../../system-clock.ts';
import { createManualClock, type ManualClock } from '../../testing/manual-clock.ts';
import {
  closedPort,
  startMcpServer,
  startSseMcpServer,
  type TestMcpServer,
} from '../../testing/mcp-server.ts';
import { failureOf, silentLogger } from '../../testing/test-agent.ts';
import { discoverTools } from './discover-tools.ts';
import { createMcpPool, type McpPool, type McpPoolOptions } from './pool.ts';
import type { McpProtocol } from './server-params.ts';
import { createMcpToolSource, modelToolName } from './tool-source.ts';

const signal = new AbortController().signal;
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Effects {
  writes: number;
  canceled: boolean;
  /** Ends the calls of `hang`. */
  release: (() => void)[];
}

function register(effects: Effects): (server: McpServer) => void {
  return (server) => {
    const readOnly = { readOnlyHint: true };
    server.registerTool(
      'echo',
      {
        description: 'Says it again',
        inputSchema: z.object({ text: z.string() }),
        annotations: readOnly,
      },
      async ({ text }) => ({ content: [{ type: 'text', text: `echo ${text}` }] }),
    );
    server.registerTool(
      'write',
      { description: 'Changes something', inputSchema: z.object({}) },
      async () => {
        effects.writes += 1;
        return { content: [{ type: 'text', text: `written ${effects.writes}` }] };
      },
    );
    server.registerTool('fail', { description: 'Fails' }, async () => {
      throw new Error('disk full');
    });
    server.registerTool(
      'rich',
      {
        description: 'All kinds',
        outputSchema: z.object({ pods: z.number() }),
        annotations: { idempotentHint: true },
      },
      async () => ({
        content: [
          { type: 'text', text: 'two pods' },
          { type: 'image', data: 'aGk=', mimeType: 'image/png' },
          { type: 'audio', data: 'aGk=', mimeType: 'audio/wav' },
          { type: 'resource', resource: { uri: 'file:///a', text: 'inside' } },
          { type: 'resource_link', uri: 'file:///b', name: 'b' },
        ],
        structuredContent: { pods: 2 },
      }),
    );
    server.registerTool('hang', { description: 'Waits' }, async (context) => {
      context.mcpReq.signal.addEventListener('abort', () => {
        effects.canceled = true;
      });
      await new Promise<void>((resolve) => effects.release.push(resolve));
      return { content: [{ type: 'text', text: 'at last' }] };
    });
  };
}

async function startServer(): Promise<{ server: TestMcpServer; effects: Effects }> {
  const effects: Effects = { writes: 0, canceled: false, release: [] };
  const server = await startMcpServer(register(effects));
  cleanups.push(async () => {
    for (const release of effects.release) release();
    await server.kill();
  });
  return { server, effects };
}

function makePool(options: Partial<McpPoolOptions> = {}): McpPool {
  const pool = createMcpPool({ fetch, clock: systemClock, logger: silentLogger, ...options });
  cleanups.push(() => pool.close());
  return pool;
}

function makeSource(
  pool: McpPool,
  url: string,
  server: Partial<Omit<EngineToolServer, 'params'>> & {
    headers?: Record<string, string>;
    protocol?: McpProtocol;
  } = {},
) {
  const { headers, protocol, ...rest } = server;
  const source = createMcpToolSource({
    pool,
    server: { params: { url, headers: headers ?? {} }, name: 'RemoteMCPServer/test', ...rest },
    protocol: protocol ?? 'STREAMABLE_HTTP',
    logger: silentLogger,
  });
  cleanups.push(() => source.close());
  return source;
}

function context(overrides: Partial<ToolCallContext> = {}): ToolCallContext {
  return {
    runId: 'r',
    sessionId: 's',
    userId: 'ann',
    callId: 'c',
    signal,
    headers: {},
    ...overrides,
  };
}

function find(tools: readonly Tool[], name: string): Tool {
  const tool = tools.find((item) => item.spec.name === name);
  if (!tool) throw new Error(`no tool ${name}`);
  return tool;
}

describe('MCP tools', () => {
  it('lists, calls and keeps what the server says about them', async () => {
    const { server } = await startServer();
    const { tools, error } = await makeSource(makePool(), server.url).list(signal);
    expect(error).toBeUndefined();
    expect(tools.map((tool) => [tool.spec.name, tool.repeatable])).toEqual([
      ['echo', true],
      ['write', false],
      ['fail', false],
      ['rich', true],
      ['hang', false],
    ]);
    expect(find(tools, 'echo')).toMatchObject({
      source: 'RemoteMCPServer/test',
      spec: {
        description: 'Says it again',
        inputSchema: {
          type: 'object',
          properties: { text: { type: 'string' } },
          required: ['text'],
        },
      },
    });
    expect(await find(tools, 'echo').call({ text: 'hi' }, context())).toEqual({
      content: [{ type: 'text', text: 'echo hi' }],
      isError: false,
    });
    expect(await find(tools, 'rich').call({}, context())).toEqual({
      content: [
        { type: 'text', text: 'two pods' },
        { type: 'image', data: 'aGk=', mimeType: 'image/png' },
        { type: 'text', text: '[audio, audio/wav, left out]' },
        { type: 'text', text: 'inside' },
        { type: 'text', text: '[resource b: file:///b]' },
      ],
      isError: false,
      structured: { pods: 2 },
    });
  });

  it.each([
    ['a tool that fails', 'fail', {}, 'disk full'],
    ['arguments that do not fit', 'echo', { text: 7 }, 'text'],
  ])('makes %s a result', async (...[, name, args, message]) => {
    const { server } = await startServer();
    const { tools } = await makeSource(makePool(), server.url).list(signal);
    const result = await find(tools, name).call(args, context());
    expect(result.isError).toBe(true);
    expect(JSON.stringify(result.content)).toContain(message);
  });

  it('offers only the tools the agent names', async () => {
    const { server } = await startServer();
    const source = makeSource(makePool(), server.url, { tools: ['write', 'no_such'] });
    const { tools } = await source.list(signal);
    expect(tools.map((tool) => tool.spec.name)).toEqual(['write']);
  });

  it('follows every page of a long list', async () => {
    const server = await startMcpServer((mcp) => {
      mcp.server.registerCapabilities({ tools: {} });
      mcp.server.setRequestHandler('tools/list', (request) => {
        const page = Number(request.params?.cursor ?? 0);
        const tools = [{ name: `tool_${page}`, inputSchema: { type: 'object' as const } }];
        return page < 4 ? { tools, nextCursor: String(page + 1) } : { tools };
      });
    });
    cleanups.push(() => server.kill());
    const { tools } = await makeSource(makePool(), server.url).list(signal);
    expect(tools.map((tool) => tool.spec.name)).toEqual([
      'tool_0',
      'tool_1',
      'tool_2',
      'tool_3',
      'tool_4',
    ]);
  });

  it('cancels a call on the server', async () => {
    const { server, effects } = await startServer();
    const { tools } = await makeSource(makePool(), server.url).list(signal);
    const abort = new AbortController();
    const call = find(tools, 'hang').call({}, context({ signal: abort.signal }));
    await expect.poll(() => effects.release.length, { interval: 5 }).toBe(1);
    abort.abort(new Error('stop'));
    await expect(call).rejects.toThrow('stop');
    await expect.poll(() => effects.canceled, { interval: 5 }).toBe(true);
  });

  it('sends static headers always and the caller’s only when the server may see them', async () => {
    const { server } = await startServer();
    const source = makeSource(makePool(), server.url, {
      headers: { 'X-Static': 'fixed', Authorization: 'Bearer static' },
      allowed_headers: ['X-Tenant', 'authorization'],
    });
    const { tools } = await source.list(signal);
    const headers = { 'x-tenant': 'blue', 'x-secret': 'no', authorization: 'Bearer caller' };
    await find(tools, 'echo').call({ text: 'a' }, context({ headers }));
    expect(server.requests.every((request) => request['x-static'] === 'fixed')).toBe(true);
    expect(server.requests.every((request) => request.authorization === 'Bearer static')).toBe(
      true,
    );
    expect(server.requests.some((request) => request['x-tenant'] === 'blue')).toBe(true);
    expect(server.requests.some((request) => 'x-secret' in request)).toBe(false);
    await find(tools, 'echo').call({ text: 'b' }, context({ headers: { 'x-tenant': 'red' } }));
    const sessionsOf = (tenant: string) =>
      new Set(
        server.requests.filter((r) => r['x-tenant'] === tenant).map((r) => r['mcp-session-id']),
      );
    expect(sessionsOf('blue').intersection(sessionsOf('red'))).toEqual(new Set([undefined]));
  });

  it('gives names a model can take', () => {
    expect(modelToolName('k8s_get')).toBe('k8s_get');
    const names = ['a.b', 'a/b', 'x'.repeat(80), `${'x'.repeat(80)}y`].map(modelToolName);
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });
});

describe('MCP pool', () => {
  it('shares one connection and one list between all agents with the same server and headers', async () => {
    const { server } = await startServer();
    const pool = makePool();
    const sources = Array.from({ length: 1_000 }, () => makeSource(pool, server.url));
    const other = makeSource(pool, server.url, { headers: { 'x-team': 'b' } });
    const lists = await Promise.all(sources.map((source) => source.list(signal)));
    expect(lists.every((list) => list.tools.length === 5)).toBe(true);
    expect(server.servers).toHaveLength(1);
    expect(pool.size).toBe(1);
    await other.list(signal);
    expect(server.servers).toHaveLength(2);
    await Promise.all(sources.map((source) => source.close()));
    expect(pool.size).toBe(1);
  });

  it('connects to nothing before it is needed', async () => {
    const { server } = await startServer();
    makeSource(makePool(), server.url);
    expect(server.requests).toEqual([]);
  });
});

describe('MCP servers that change', () => {
  it('sees new tools when the server announces them', async () => {
    const { server } = await startServer();
    const source = makeSource(makePool(), server.url);
    await source.list(signal);
    server.servers[0]?.registerTool('extra', { description: 'New' }, async () => ({ content: [] }));
    await expect
      .poll(async () => (await source.list(signal)).tools.map((tool) => tool.spec.name), {
        interval: 20,
        timeout: 5_000,
      })
      .toContain('extra');
  });

  it('begins a new session when the server forgot the old one, also for calls that must not be repeated', async () => {
    const { server, effects } = await startServer();
    const { tools } = await makeSource(makePool(), server.url).list(signal);
    server.forgetSessions();
    expect(await find(tools, 'write').call({}, context())).toMatchObject({ isError: false });
    expect(effects.writes).toBe(1);
    expect(server.servers).toHaveLength(2);
  });

  it('is down, then up again', async () => {
    const { server } = await startServer();
    const clock = createManualClock();
    const source = makeSource(makePool({ clock }), server.url);
    const { tools } = await source.list(signal);
    await server.kill();
    const result = await find(tools, 'echo').call({ text: 'x' }, context());
    expect(result.isError).toBe(true);
    expect(JSON.stringify(result.content)).toContain('refuses connections');
    expect(await source.list(signal)).toEqual({
      tools: [],
      error: `${server.url} refuses connections`,
    });
    await server.revive();
    expect((await source.list(signal)).error).toContain('refuses connections');
    await clock.advance(30_000);
    expect((await source.list(signal)).tools).toHaveLength(5);
    expect(await find(tools, 'echo').call({ text: 'x' }, context())).toMatchObject({
      isError: false,
    });
  });

  it('says that the outcome is unknown when the connection breaks in the middle of a call', async () => {
    const { server, effects } = await startServer();
    const { tools } = await makeSource(makePool(), server.url).list(signal);
    const call = find(tools, 'hang').call({}, context());
    await expect.poll(() => effects.release.length, { interval: 5 }).toBe(1);
    await server.kill();
    const result = await call;
    expect(result.isError).toBe(true);
    expect(JSON.stringify(result.content)).toContain('check before you repeat it');
    expect(effects.release).toHaveLength(1);
  });
});

/** Takes connections and never answers. */
async function startSilence(): Promise<{ url: string; requests: () => number }> {
  let requests = 0;
  const server: Server = createServer(() => {
    requests += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    requests: () => requests,
  };
}

describe('MCP servers that do not answer', () => {
  async function advanceUntil<T>(clock: ManualClock, ms: number, work: Promise<T>): Promise<T> {
    await expect.poll(() => clock.sleepers, { interval: 5 }).toBeGreaterThan(0);
    await clock.advance(ms);
    return work;
  }

  it('cost a run the connect timeout once, then one probe at a time', async () => {
    const silence = await startSilence();
    const clock = createManualClock();
    const source = makeSource(makePool({ clock }), silence.url);
    const first = source.list(signal);
    await expect.poll(silence.requests, { interval: 5 }).toBe(1);
    expect(await advanceUntil(clock, 5_000, first)).toEqual({
      tools: [],
      error: `${silence.url} did not answer within 5 s`,
    });
    const atOnce = await Promise.all(Array.from({ length: 20 }, () => source.list(signal)));
    expect(atOnce.every((list) => list.error !== undefined)).toBe(true);
    expect(silence.requests()).toBe(1);
    await clock.advance(1_000);
    const probing = Promise.all(Array.from({ length: 20 }, () => source.list(signal)));
    await expect.poll(silence.requests, { interval: 5 }).toBe(2);
    await advanceUntil(clock, 1_000, probing);
    expect(silence.requests()).toBe(2);
  });

  it('let go of a caller who does not wait', async () => {
    const silence = await startSilence();
    const source = makeSource(makePool(), silence.url);
    const abort = new AbortController();
    const list = source.list(abort.signal);
    abort.abort(new Error('enough'));
    await expect(list).rejects.toThrow('enough');
  });

  it('names a refused connection, without what may be secret in the URL', async () => {
    const url = `http://127.0.0.1:${await closedPort()}/mcp`;
    const { error } = await makeSource(makePool(), `${url}?key=secret`).list(signal);
    expect(error).toBe(`${url} refuses connections`);
  });

  it.each([
    [
      'an unknown host',
      'http://no-such-host.invalid/mcp',
      'the host of http://no-such-host.invalid/mcp is not known',
    ],
    ['a URL that is none', 'not a url', 'its URL is not valid'],
  ])('names %s', async (_what, url, message) => {
    const { error } = await makeSource(makePool(), url).list(signal);
    expect(error).toBe(message);
  });

  it.each([
    [401, 'refuses access (HTTP 401); check its headers'],
    [403, 'refuses access (HTTP 403); check its headers'],
    [500, 'answers HTTP 500'],
    [404, 'answers HTTP 404'],
  ])('names status %i', async (status, message) => {
    const answering = async () => new Response('no', { status });
    const { error } = await makeSource(makePool({ fetch: answering }), 'http://x/mcp').list(signal);
    expect(error).toBe(`http://x/mcp ${message}`);
  });
});

describe('MCP transports', () => {
  it('speaks SSE, and connects anew when the event stream breaks', async () => {
    const effects: Effects = { writes: 0, canceled: false, release: [] };
    const server = await startSseMcpServer(register(effects));
    cleanups.push(() => server.close());
    const source = makeSource(makePool(), server.url, {
      protocol: 'SSE',
      headers: { 'x-key': 'k' },
    });
    const { tools, error } = await source.list(signal);
    expect(error).toBeUndefined();
    expect(await find(tools, 'echo').call({ text: 'old' }, context())).toMatchObject({
      content: [{ type: 'text', text: 'echo old' }],
    });
    expect(server.requests.every((headers) => headers['x-key'] === 'k')).toBe(true);
    const open = find(tools, 'hang').call({}, context());
    await expect.poll(() => effects.release.length, { interval: 5 }).toBe(1);
    server.dropStreams();
    expect(JSON.stringify((await open).content)).toContain('broke off before it answered');
    expect(await find(tools, 'write').call({}, context())).toMatchObject({ isError: false });
    expect(effects.writes).toBe(1);
  });

  it('speaks to a server of the newest revision only', async () => {
    const effects: Effects = { writes: 0, canceled: false, release: [] };
    const handler = createMcpHandler(
      () => {
        const server = new McpServer({ name: 'modern', version: '1' });
        register(effects)(server);
        return server;
      },
      { legacy: 'reject' },
    );
    const node = toNodeHandler(handler);
    const http = createServer((request, response) => {
      node(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    cleanups.push(
      () =>
        new Promise<void>((resolve) => {
          http.close(() => resolve());
          http.closeAllConnections();
        }),
    );
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
    const { tools, error } = await makeSource(makePool(), url).list(signal);
    expect(error).toBeUndefined();
    expect(await find(tools, 'echo').call({ text: 'new' }, context())).toMatchObject({
      content: [{ type: 'text', text: 'echo new' }],
    });
  });
});

describe('MCP servers with a certificate of their own', () => {
  const fixture = (name: string) =>
    readFile(new URL(`./__fixtures__/tls-test-only.${name}.pem`, import.meta.url), 'utf8');

  async function listWith(tls: Partial<EngineToolServer['params']>) {
    const server = await startMcpServer(register({ writes: 0, canceled: false, release: [] }), {
      key: await fixture('key'),
      cert: await fixture('cert'),
    });
    cleanups.push(() => server.kill());
    const source = createMcpToolSource({
      pool: makePool(),
      server: { params: { url: server.url, ...tls } },
      protocol: 'STREAMABLE_HTTP',
      logger: silentLogger,
      readFile: (path) =>
        path === '/ca.crt' ? fixture('cert') : Promise.reject(new Error('ENOENT')),
    });
    cleanups.push(() => source.close());
    const { tools, error } = await source.list(signal);
    return { count: tools.length, error: error?.replace(server.url, 'URL') };
  }

  it.each([
    [
      'refused by default',
      {},
      { count: 0, error: 'the certificate of URL is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)' },
    ],
    ['trusted by their CA', { tls_ca_cert_path: '/ca.crt' }, { count: 5 }],
    [
      'trusted by their CA alone',
      { tls_ca_cert_path: '/ca.crt', tls_disable_system_cas: true },
      { count: 5 },
    ],
    ['not verified when asked so', { tls_insecure_skip_verify: true }, { count: 5 }],
    [
      'not asked without any CA',
      { tls_disable_system_cas: true },
      { count: 0, error: 'its TLS settings turn the system CAs off and name no other' },
    ],
    [
      'not asked when the CA is missing',
      { tls_ca_cert_path: '/none.crt' },
      { count: 0, error: "the CA certificate of its TLS settings can't be read" },
    ],
  ])('are %s', async (_what, tls, expected) => {
    expect(await listWith(tls)).toEqual({ error: undefined, ...expected });
  });
});

describe('discoverTools', () => {
  it('lists the tools of a server once', async () => {
    const { server } = await startServer();
    const tools = await discoverTools({
      url: server.url,
      protocol: 'STREAMABLE_HTTP',
      headers: { 'x-key': 'k' },
      timeoutMs: 5_000,
      signal,
      fetch,
    });
    expect(tools.map((tool) => tool.name)).toContain('echo');
    expect(server.requests[0]?.['x-key']).toBe('k');
  });

  it('fails with a sentence for people', async () => {
    const options = { protocol: 'STREAMABLE_HTTP' as const, signal, fetch };
    const url = `http://127.0.0.1:${await closedPort()}/mcp`;
    await expect(discoverTools({ ...options, url, timeoutMs: 5_000 })).rejects.toMatchObject({
      code: 'unavailable',
      message: `${url} refuses connections.`,
    });
    const silence = await startSilence();
    const clock = createManualClock();
    const late = failureOf(
      discoverTools({ ...options, url: silence.url, timeoutMs: 3_000, clock }),
    );
    await expect.poll(silence.requests, { interval: 5 }).toBe(1);
    await clock.advance(3_000);
    expect(await late).toMatchObject({
      code: 'unavailable',
      message: 'The server did not answer within 3 s.',
    });
  });
});
