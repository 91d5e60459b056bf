/** `kagent cluster`: the Kubernetes alone, as operator authors start it. */
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EXECUTABLE } from '../testing/cli.ts';
import { createKubectl } from '../testing/kubectl.ts';
import { runCommand } from '../testing/run-command.ts';
import { tempFolder } from '../testing/temp-folder.ts';
import { startKagent } from '../testing/up-process.ts';

const ASK_SERVER = `
  const text = require('node:fs').readFileSync(process.env.KUBECONFIG, 'utf8');
  const server = /server: (\\S+)/.exec(text)[1];
  process.stdout.write(server);
  process.exitCode = 7;
`;

describe('kagent cluster', () => {
  const folder = tempFolder();
  const home = join(folder.path, 'home');
  afterAll(() => folder.remove());

  const kagent = (...args: string[]) =>
    runCommand(process.execPath, [EXECUTABLE, 'cluster', ...args], { env: { HOME: folder.path } });

  it('runs one command with a fresh cluster, ends with its exit code and leaves nothing running', async () => {
    const flags = ['--home', join(folder.path, 'one'), '--memory', '--port', '0'];
    const kubeconfig = join(folder.path, 'new', 'folder', 'kubeconfig');
    const { code, stdout } = await kagent(
      ...flags,
      '--kubeconfig',
      kubeconfig,
      '--',
      process.execPath,
      '-e',
      ASK_SERVER,
    );
    expect(code).toBe(7);
    expect(stdout).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
    await expect(fetch(stdout)).rejects.toThrow('fetch failed');
  });

  it('keeps everything over kill -9 and a new start, and says who has the folder meanwhile', async () => {
    const flags = ['--home', home, '--port', '0', '--audit-log', join(home, 'audit.log')];
    const options = { home: folder.path, args: ['cluster', ...flags], env: {} };
    mkdirSync(home, { mode: 0o755 });
    const first = await startKagent(options);
    const kubeconfig = join(home, 'kubeconfig');
    const kubectl = createKubectl({ kubeconfig, cache: folder.path });
    await kubectl('create', 'configmap', 'kept', '--from-literal=a=1');
    const second = await kagent('--home', home, '--port', '0');
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`is already running with ${home} (process ${first.pid}`);
    await first.end('SIGKILL');

    const again = await startKagent(options);
    expect(await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}')).toBe('1');
    expect(await again.end('SIGINT')).toBe(0);
    expect(readFileSync(join(home, 'audit.log'), 'utf8')).toContain('"name":"kept"');
    // a folder that was there is the person's own, the secrets in it are not for others all the same
    expect(statSync(home).mode & 0o777).toBe(0o755);
    for (const file of ['cluster.db', 'kubeconfig', 'audit.log', 'kubernetes.log'])
      expect([file, statSync(join(home, file)).mode & 0o077]).toEqual([file, 0]);
    expect(statSync(join(home, 'cluster')).mode & 0o077).toBe(0);
  });

  it.each([
    [['--port', '99999'], 2, '--port=99999'],
    [['--survives', 'flood', '--port', 'a'], 2, '--survives=flood'],
    [['--output', 'xml'], 2, '--output must be text or json'],
    [['--home', '/proc/kagent'], 1, "/proc/kagent can't be used"],
    [['--home', EXECUTABLE], 1, "can't be used"],
    [['--audit-log', '/proc/kagent/audit'], 1, "The audit log can't be written"],
    [['--kubeconfig', '/proc/kagent/config'], 1, "The kubeconfig can't be written"],
    [['--', 'no-such-program'], 2, 'command not found: no-such-program'],
  ])('ends with a clear message: %j', async (args, code, message) => {
    const defaults = ['--home', join(folder.path, 'unused'), '--port', '0', '--memory'];
    const result = await kagent(...defaults, ...args);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toContain('    at ');
    expect(result.code).toBe(code);
  });
});
