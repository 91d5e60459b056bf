import { describe, expect, it } from 'vitest';

import type { RunPlan } from './assess.ts';
import { runCommand, runLine } from './simulated-shell.ts';
import type { ShellWorld } from './simulated-shell.ts';

const WORLD: ShellWorld = {
  namespace: 'shop',
  pod: 'web-1',
  podIP: '10.244.1.2',
  env: { LEVEL: 'debug' },
  plan: { disk: 10 * 2 ** 30 } as RunPlan,
  program: '/app/web',
  now: Date.parse('2026-11-23T12:00:00Z'),
  disk: 40 * 2 ** 30,
  network: {
    address: (host) =>
      host === 'db' ? { name: 'db.shop.svc.cluster.local', ips: ['10.96.0.7'] } : undefined,
    get: (address, path) => {
      if (address === 'db:80') return { status: path === '/ok' ? 200 : 404 };
      if (address === 'db:5432') return { status: undefined };
      if (address.startsWith('db')) return { error: `dial tcp ${address}: i/o timeout` };
      return { error: `dial tcp: lookup ${address} on 10.96.0.10:53: no such host` };
    },
  },
  read: (path) => (path === '/etc/app/a.yaml' ? Buffer.from('a: 1\n') : undefined),
  files: () => ['/etc/app/', '/etc/app/a.yaml'],
};

describe('simulated shell', () => {
  it.each([
    ['echo $LEVEL "${LEVEL}!" \'$LEVEL\'', 0, 'debug debug! $LEVEL\n', ''],
    ['cat /etc/app/a.yaml', 0, 'a: 1\n', ''],
    ['cat /etc/app', 1, '', 'cat: /etc/app: Is a directory\n'],
    ['cat /nope && echo never', 1, '', 'cat: /nope: No such file or directory\n'],
    ['cat /nope 2>/dev/null || echo other', 0, 'other\n', ''],
    ['cat /nope 2>&1', 1, 'cat: /nope: No such file or directory\n', ''],
    ['ls /etc', 0, 'app\nhostname\nhosts\nresolv.conf\n', ''],
    ['ls /nope', 2, '', "ls: cannot access '/nope': No such file or directory\n"],
    ['printenv LEVEL; printenv NOPE', 1, 'debug\n', ''],
    ['curl -s http://db/ok', 0, 'OK\n', ''],
    ['curl -sf http://db/', 22, '', ''],
    ['curl -sS db:5432', 52, '', 'curl: (52) Empty reply from server\n'],
    [
      'curl -m 3 http://db:81',
      28,
      '',
      'curl: (28) Connection timed out after 10001 milliseconds\n',
    ],
    ['curl http://nope', 6, '', 'curl: (6) Could not resolve host: nope\n'],
    ["curl -s -o /dev/null -w '%{http_code}\\n' db", 0, '404\n', ''],
    ['wget -qO- http://db/', 1, '', 'wget: server returned error: HTTP/1.1 404\n'],
    ['nc -zv db 5432', 0, '', 'db (db:5432) open\n'],
    ['getent hosts db', 0, '10.96.0.7       db.shop.svc.cluster.local\n', ''],
    ['psql', 127, '', 'sh: psql: not found\n'],
    ['toString', 127, '', 'sh: toString: not found\n'],
    ['exit 3', 3, '', ''],
  ])('%s', (line, code, stdout, stderr) => {
    expect(runLine(line, WORLD)).toEqual({ code, stdout, stderr });
  });

  it('refuses what it cannot do instead of doing half of it', () => {
    for (const line of ['env | grep A', 'echo a > /tmp/b', 'echo $(id)'])
      expect(runLine(line, WORLD)).toMatchObject({ code: 2, stdout: '' });
  });

  it('shows how full the disk is', () => {
    expect(runLine('df -h', WORLD).stdout).toMatch(/overlay +40G +19G +21G +47% \/\n/);
  });

  it('knows a program by its path, and no others', () => {
    expect(runCommand(['/usr/bin/id'], WORLD)?.stdout).toContain('uid=0(root)');
    expect(runCommand(['constructor'], WORLD)).toBeUndefined();
  });
});
