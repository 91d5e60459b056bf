import { fileURLToPath } from 'node:url';
import {
  Client,
  SSEClientTransport,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { systemClock } from '@kagent/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAdapterConfig } from './config.ts';
import { startMcpAdapter } from './start-mcp-adapter.ts';

const fixture = fileURLToPath(new URL('./__fixtures__/stdio-server.mjs', import.meta.url));

function config(target: string): string {
  return `
config: {}
binds:
- port: 0
  listeners:
  - name: default
    protocol: HTTP
    routes:
    - name: mcp
      matches: [{path: {pathPrefix: /sse}}, {path: {pathPrefix: /mcp}}]
      backends:
      - weight: 100
        mcp:
          targets:
          - ${target}
`;
}
const stdio = (cmd: string) =>
  config(
    `{name: fixture, stdio: {cmd: ${JSON.stringify(cmd)}, args: [${JSON.stringify(fixture)}], env: {GREETING: hello}}}`,
  );

describe('MCP adapter', () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  async function start(configYaml: string, waitMs = 5000) {
    const logged: string[] = [];
    const log = (level: string) => (fields: Record<string, unknown>, message: string) =>
      void logged.push(`${level} ${message} ${JSON.stringify(fields)}`);
    const stop = new AbortController();
    const adapter = await startMcpAdapter({
      configYaml,
      env: { FROM_POD: 'yes', GREETING: 'overridden' },
      host: '127.0.0.1',
      logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
      signal: stop.signal,
      // Backoff passes at once; everything else takes the time it takes.
      clock: {
        ...systemClock,
        sleep: (ms, signal) => systemClock.sleep(ms === 20_000 ? waitMs : Math.min(ms, 20), signal),
      },
    });
    cleanups.push(() => adapter.stop());
    return { ...adapter, logged, abort: stop };
  }

  async function connect(url: string, transport: 'http' | 'sse' = 'http') {
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(
      transport === 'http'
        ? new StreamableHTTPClientTransport(new URL(`${url}/mcp`))
        : new SSEClientTransport(new URL(`${url}/sse`)),
    );
    cleanups.push(() => client.close());
    const call = async (name: string, args = {}) => {
      const { content } = await client.callTool({ name, arguments: args });
      return content.map((part) => (part.type === 'text' ? part.text : '')).join('');
    };
    return { client, call };
  }

  it.each(['http', 'sse'] as const)(
    'serves the stdio server over %s with its own name, tools and hints',
    async (transport) => {
      const { url } = await start(stdio(process.execPath));
      const { client, call } = await connect(url, transport);
      expect(client.getServerVersion()).toMatchObject({ name: 'fixture', version: '9' });
      expect(client.getInstructions()).toBe('Be brief.');
      const { tools } = await client.listTools();
      expect(tools.map((tool) => tool.name)).toEqual(['echo', 'env', 'pid', 'die', 'steps']);
      expect(tools[0]?.annotations).toMatchObject({ readOnlyHint: true });
      expect(await call('echo', { text: 'ä' })).toBe('ä');
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => call('echo', { text: `n${index}` })),
      );
      expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => `n${index}`));
    },
  );

  it('gives the server the environment of the container and nothing of ours', async () => {
    const { url, logged } = await start(stdio(process.execPath));
    const { call } = await connect(url);
    const env = JSON.parse(await call('env')) as Record<string, string>;
    expect(env).toMatchObject({ FROM_POD: 'yes', GREETING: 'hello', PATH: process.env['PATH'] });
    expect(env).not.toHaveProperty('VITEST');
    expect(logged.join('\n')).toContain(
      'MCP server says {"server":"fixture","line":"fixture started"}',
    );
    expect(logged.join('\n')).not.toContain('hello');
  });

  it('passes progress on', async () => {
    const { url } = await start(stdio(process.execPath));
    const { client } = await connect(url);
    const seen: unknown[] = [];
    await client.callTool(
      { name: 'steps', arguments: {} },
      { onprogress: (progress) => void seen.push(progress) },
    );
    expect(seen).toEqual([{ progress: 1, total: 2 }]);
  });

  it('starts the server again when it dies, and says what happened to the call', async () => {
    const { url, logged } = await start(stdio(process.execPath));
    const { call } = await connect(url);
    const before = await call('pid');
    await expect(call('die')).rejects.toThrow('Connection closed');
    expect(await call('pid')).not.toBe(before);
    expect(logged.join('\n')).toContain('warn MCP server ended, will be started again');
  });

  it('says clearly when the command does not exist', async () => {
    const { url, logged } = await start(stdio('/nowhere/uvx'), 50);
    await expect(connect(url)).rejects.toThrow('command not found: /nowhere/uvx');
    expect(logged.join('\n')).toContain(
      'error MCP server does not start {"server":"fixture","command":"/nowhere/uvx","error":"command not found: /nowhere/uvx"}',
    );
    const health = await fetch(`${url}/health`);
    expect(health.status).toBe(503);
    expect(await health.text()).toContain('command not found: /nowhere/uvx');
  });

  it('ends the process when its signal aborts', async () => {
    const { url, abort, stop } = await start(stdio(process.execPath));
    const { call } = await connect(url);
    const pid = Number(await call('pid'));
    abort.abort();
    await stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
  });

  it.each([
    ['binds: []', 'exactly one bind is expected'],
    ['a: [', 'not valid YAML'],
    ['{}', 'binds: '],
    [
      config('{name: remote, sse: {host: localhost, port: 1}}'),
      'target remote is not a stdio target',
    ],
    [config('{name: x, stdio: {cmd: ""}}'), 'cmd'],
  ])('refuses a configuration that it does not understand: %#', (text, problem) => {
    expect(() => parseAdapterConfig(text)).toThrow(problem);
  });
});
