/** What callers and operators get when something is wrong with a request, a port or the data directory. */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlatform } from '../../packages/cli/src/processes/embedded.ts';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';
import { tempFolder } from '../testing/temp-folder.ts';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform();
  await platform.agentReady('k8s-agent');
});
afterAll(() => platform.stop());

const rpc = (method: string, params: unknown) =>
  JSON.stringify({ jsonrpc: '2.0', id: 7, method, params });

describe('a request', () => {
  it('to an unknown agent is 404, and the CLI says so', async () => {
    const answer = await platform.a2a.post('nobody', rpc('message/send', {}));
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('Agent kagent/nobody not found');
    const rest = await fetch(`${platform.urls.api}/api/agents/kagent/nobody`);
    expect(rest.status).toBe(404);
    expect(await rest.json()).toMatchObject({ error: 'Agent not found', code: 'agent_not_found' });
    const { code, stderr, stdout } = await platform.cli.run([
      'agent',
      'invoke',
      'nobody',
      'Hello?',
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: Agent kagent\/nobody not found/);
  });

  it.each([
    ['text that is no JSON', '{"jsonrpc":', -32700, null],
    ['no JSON-RPC', '{"hello":"world"}', -32600, null],
    ['a batch', `[${rpc('message/send', {})}]`, -32600, null],
    ['an unknown method', rpc('message/sing', {}), -32601, 7],
    ['no message', rpc('message/send', {}), -32602, 7],
    [
      'a message without parts',
      rpc('message/send', { message: { role: 'user', parts: [] } }),
      -32602,
      7,
    ],
    ['an unknown task', rpc('tasks/get', { id: 'no-such-task' }), -32001, 7],
    ['an unknown task to cancel', rpc('tasks/cancel', { id: 'no-such-task' }), -32001, 7],
  ])('with %s gets the JSON-RPC error', async (_what, body, code, id) => {
    const answer = await platform.a2a.post('k8s-agent', body);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('application/json');
    const { jsonrpc, error, id: answeredId } = (await answer.json()) as Record<string, unknown>;
    expect({ jsonrpc, error, id: answeredId }).toMatchObject({
      jsonrpc: '2.0',
      id,
      error: { code },
    });
    expect((error as { message: string }).message).not.toMatch(/internal|\bat .*\.ts/i);
  });

  it('to stream with malformed parameters gets the error as well', async () => {
    const answer = await platform.a2a.post('k8s-agent', rpc('message/stream', { message: 5 }));
    expect(await answer.text()).toMatch(/"id":7,"error":\{"code":-32602/);
  });

  it('to cancel what has ended is refused', async () => {
    const { id } = await platform.a2a.send('k8s-agent', 'List all namespaces');
    const answer = await platform.a2a.post('k8s-agent', rpc('tasks/cancel', { id }));
    expect(await answer.json()).toMatchObject({ id: 7, error: { code: -32002 } });
  });

  it('with a body that is too large is 413 in the shape of each API', async () => {
    const huge = 'x'.repeat(10 * 1024 * 1024 + 1);
    const [a2a, rest] = await Promise.all([
      platform.a2a.post('k8s-agent', huge),
      fetch(`${platform.urls.api}/api/sessions`, { method: 'POST', body: huge }),
    ]);
    expect(a2a.status).toBe(413);
    expect(await a2a.json()).toMatchObject({
      jsonrpc: '2.0',
      error: { code: -32600, message: expect.stringContaining('10 MiB') },
    });
    expect(rest.status).toBe(413);
    expect(await rest.json()).toMatchObject({
      code: 'payload_too_large',
      error: expect.stringContaining('10 MiB'),
    });
    const secret = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'huge', namespace: 'default' },
      data: { huge },
    };
    const kubectl = await platform.kubectl.run(['create', '-f', '-'], {
      input: JSON.stringify(secret),
    });
    expect(kubectl.code).toBe(1);
    expect(kubectl.stderr).toMatch(/RequestEntityTooLarge|too large/i);
  });

  it('under a foreign host name is turned away', async () => {
    const { hostname, port } = new URL(platform.urls.api);
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      request(
        { hostname, port, path: '/api/agents', headers: { host: 'evil.example' } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(421);
  });
});

describe('a port in use', () => {
  const folder = tempFolder();
  afterAll(folder.remove);
  const portOf = (url: string) => Number(new URL(url).port);

  it.each([
    ['API', 'api', '--api-port', 'KAGENT_API_PORT'],
    ['UI', 'ui', '--ui-port', 'KAGENT_UI_PORT'],
    ['Kubernetes API', 'kubernetes', '--kube-port', 'KAGENT_KUBE_PORT'],
  ] as const)(
    '(%s) is named with who has it and how to choose another',
    async (purpose, key, flag, env) => {
      const port = portOf(platform.urls[key]);
      const home = join(folder.path, key);
      const free = ['--api-port', '0', '--ui-port', '0', '--kube-port', '0'];
      const started = await platform.cli.run(['up', '--home', home, ...free, flag, String(port)]);
      expect(started.code).toBe(1);
      expect(started.stderr).toMatch(
        new RegExp(
          `^error: Port ${port} on 127\\.0\\.0\\.1 \\(${purpose}\\) is already in use by .* \\(pid ${process.pid}\\)`,
        ),
      );
      expect(started.stderr).toContain(`${flag} or ${env}`);
      expect(started.stdout).toBe('');
      expect(existsSync(join(home, 'lock.json'))).toBe(false);
    },
  );
});

describe('a home', () => {
  it('that is in use is refused with who has it', async () => {
    const { code, stderr } = await platform.cli.run([
      'up',
      '--home',
      platform.home,
      '--api-port',
      '0',
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(`kagent is already running with ${platform.home}`);
    expect(stderr).toContain(`process ${process.pid}, API ${platform.urls.api}`);
    expect(stderr).toContain('--home');
    expect((await fetch(`${platform.urls.api}/health`)).status).toBe(200);
  });
});

/** Overwrites what is there from `at` on. */
function overwrite(path: string, at: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(Math.min(8192, statSync(path).size - at), 0xa5), 0, undefined, at);
  closeSync(file);
}

function setVersion(path: string, version: number): void {
  const database = new DatabaseSync(path);
  database.exec(`pragma user_version = ${version}`);
  database.close();
}

const HARM: [string, RegExp, (path: string) => void][] = [
  ['whose header is overwritten', /./, (path) => overwrite(path, 0)],
  ['that is overwritten in the middle', /./, (path) => overwrite(path, 4096)],
  ['that was cut off', /./, (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
  ['of a newer release', /newer/, (path) => setVersion(path, 99)],
];

describe('a data file', () => {
  const folder = tempFolder();
  const clean = join(folder.path, 'clean');
  let count = 0;

  beforeAll(async () => {
    const once = await startPlatform({
      home: clean,
      apiPort: 0,
      uiPort: 0,
      kubePort: 0,
      pods: 'tenant',
      logLevel: 'info',
      env: {},
    });
    await once.stop();
  });
  afterAll(folder.remove);

  const cases = ['server.db', 'cluster.db'].flatMap((file) =>
    HARM.map(([what, message, harm]) => ({ file, what, message, harm })),
  );

  it.each(cases)(
    '$file $what is refused with the way out, and nothing is touched',
    async ({ file, message, harm }) => {
      const home = join(folder.path, `home-${++count}`);
      cpSync(clean, home, { recursive: true });
      harm(join(home, file));
      const before = digests(home);

      const refused = await startPlatform({
        home,
        apiPort: 0,
        uiPort: 0,
        kubePort: 0,
        pods: 'tenant',
        logLevel: 'info',
        env: {},
      }).then(
        async (started) => {
          await started.stop();
          return 'it started';
        },
        (error: Error) => error.message,
      );

      expect(refused).toContain(join(home, file));
      expect(refused).toMatch(message);
      expect(refused).toMatch(/another (folder|data directory)|backup/);
      expect(digests(home)).toEqual(before);
      expect(existsSync(join(home, 'lock.json'))).toBe(false);
    },
  );
});

/** SHA-256 of every file but the log. */
function digests(home: string): Record<string, string> {
  const files = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'kagent.log')
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    files
      .toSorted()
      .map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}
