/** exec, attach, cp, port-forward and logs as the real kubectl uses them, over WebSocket and over SPDY. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startTestCluster } from '@kagent/cluster/testing';
import { writeKubeconfig } from '@kagent/cluster';
import { createKubeClient, PODS } from '@kagent/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CommandOptions,
  type CommandResult,
  outputOf,
  runCommand,
} from '../testing/run-command.ts';
import { tempFolder } from '../testing/temp-folder.ts';

const BIN = resolve(import.meta.dirname, '../../node_modules/.kagent-bin');
const SPDY_ONLY = {
  KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false',
  KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false',
};

const folder = tempFolder();
const kubeconfig = join(folder.path, 'kubeconfig');
let cluster: Awaited<ReturnType<typeof startTestCluster>>;

const pod = (name: string, argv: string[], container: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: 'default',
    labels: { app: 'streams' },
    annotations: { 'kagent.dev/local-command': JSON.stringify(argv) },
  },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'main', image: 'none', ...container }],
    volumes: [{ name: 'data', emptyDir: {} }],
  },
});

const WEB = `require('http').createServer((q, r) => r.end('hi ' + q.url)).listen(process.env.PORT, process.env.HOST, () => {
  for (let line = 1; line < 6; line += 1) console.log('line ' + line);
})`;

beforeAll(async () => {
  cluster = await startTestCluster({ extraEnv: { PATH: process.env['PATH'] ?? '' } });
  writeKubeconfig(kubeconfig, cluster.kubeconfig);
  const client = createKubeClient(cluster.transport());
  const volumeMounts = [{ name: 'data', mountPath: '/data' }];
  const env = [{ name: 'GREETING', value: 'hello' }];
  const pods = [
    pod('web', ['node', '-e', WEB], { ports: [{ containerPort: 8080 }], volumeMounts, env }),
    pod('reader', ['cat'], { stdin: true, stdinOnce: true }),
    pod('failing', ['sh', '-c', 'echo run; exit 1']),
  ];
  await Promise.all(pods.map((one) => client.create(PODS, one as never)));
  const wait = (condition: string, ...names: string[]): Promise<string> =>
    outputOf(
      'kubectl wait',
      runCommand(join(BIN, 'kubectl'), ['wait', `--for=${condition}`, ...names, '--timeout=20s'], {
        env: { HOME: folder.path, KUBECONFIG: kubeconfig },
      }),
    );
  await Promise.all([
    wait('condition=Ready', 'pod/web', 'pod/reader'),
    wait('jsonpath={.status.containerStatuses[0].restartCount}=1', 'pod/failing'),
  ]);
});

afterAll(async () => {
  await cluster?.stop();
  folder.remove();
});

describe.each<[string, string, Record<string, string>]>([
  ['kubectl 1.35 over WebSocket', join(BIN, 'kubectl'), {}],
  ['kubectl 1.31 over SPDY', join(BIN, 'v31/kubectl'), SPDY_ONLY],
])('%s', (what, file, flags) => {
  const home = join(folder.path, what.replaceAll(' ', '-'));
  mkdirSync(home, { recursive: true });
  const env = { HOME: home, KUBECONFIG: kubeconfig, ...flags };
  const kubectl = (args: string[], options: CommandOptions = {}): Promise<CommandResult> =>
    runCommand(file, args, { ...options, env, timeout: 15_000 });

  it('runs a command with the environment of its container and tells its exit code', async () => {
    const script = 'echo $GREETING; echo oops >&2; exit 3';
    expect(await kubectl(['exec', 'web', '--', 'sh', '-c', script])).toEqual({
      code: 3,
      stdout: 'hello\n',
      stderr: 'oops\ncommand terminated with exit code 3\n',
    });
  });

  it('pipes a mebibyte through a command, unchanged', async () => {
    const input = randomBytes(768 * 1024).toString('base64');
    const { code, stdout } = await kubectl(['exec', '-i', 'web', '--', 'cat'], { input });
    expect({ code, isSame: stdout === input }).toEqual({ code: 0, isSame: true });
  });

  it('says why a command cannot be run', async () => {
    const results = await Promise.all([
      kubectl(['exec', 'web', '--', 'nonesuch']),
      kubectl(['exec', 'web', '-c', 'side', '--', 'ls']),
      kubectl(['exec', 'nobody', '--', 'ls']),
    ]);
    expect(results.map(({ stderr }) => stderr)).toEqual([
      expect.stringContaining('exec: "nonesuch": executable file not found in $PATH'),
      'Error from server (BadRequest): container side is not valid for pod web\n',
      'Error from server (NotFound): pods "nobody" not found\n',
    ]);
  });

  it.runIf(process.platform === 'linux')('gives a terminal with the size of its own', async () => {
    const words = [
      file,
      'exec',
      '-it',
      'web',
      '--',
      'sh',
      '-c',
      'tty; sleep 0.5; stty size; exit 4',
    ];
    const line = `stty rows 33 cols 101; exec ${words.map((word) => `'${word}'`).join(' ')}`;
    const shell = { ...env, SHELL: '/bin/sh' };
    const { code, stdout } = await runCommand('script', ['-qfec', line, '/dev/null'], {
      env: shell,
    });
    expect(stdout).toMatch(/\/dev\/pts\/\d+\r\n/);
    expect(stdout).toMatch(/33 101\r$/m);
    expect(code).toBe(4);
  });

  it('copies files and folders to a pod and back', async () => {
    const [from, back] = [join(home, 'from'), join(home, 'back')];
    const bytes = randomBytes(300_000);
    writeFileSync(from, bytes);
    expect(await kubectl(['cp', from, 'web:/data/file'])).toMatchObject({ code: 0 });
    await kubectl(['cp', 'web:/data/file', back]);
    await kubectl(['cp', 'web:/data', `${back}-folder`]);
    expect(readFileSync(back).equals(bytes)).toBe(true);
    expect(readFileSync(join(`${back}-folder`, 'file')).equals(bytes)).toBe(true);
  });

  it('forwards a port to several connections at once', async () => {
    const child = spawn(file, ['port-forward', 'pod/web', ':8080', '--address=127.0.0.1'], {
      env: { PATH: process.env['PATH'], ...env },
    });
    try {
      const port = await new Promise<string>((found, lost) => {
        let text = '';
        child.stdout.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          const [, local] = /127\.0\.0\.1:(\d+) ->/.exec(text) ?? [];
          if (local !== undefined) found(local);
        });
        child.once('exit', () => lost(new Error(text)));
      });
      const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}/${path}`)).text();
      expect(await Promise.all(['a', 'b', 'c'].map(get))).toEqual(['hi /a', 'hi /b', 'hi /c']);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('attaches to a container, whose input ends with the client', async () => {
    await expect
      .poll(
        async () =>
          (await kubectl(['get', 'pod', 'reader', '-o', 'jsonpath={.status.phase} {..ready}']))
            .stdout,
        {
          interval: 100,
          timeout: 12_000,
        },
      )
      .toBe('Running true');
    const { code, stdout } = await kubectl(['attach', '-i', 'reader'], { input: 'spoken\n' });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'spoken\n' });
  });

  it('reads logs in every way', async () => {
    const logs = async (...args: string[]) => (await kubectl(['logs', ...args])).stdout;
    const [all, tail, bytes, stamped, since, selected, followed, previous] = await Promise.all([
      logs('web'),
      logs('web', '-c', 'main', '--tail=2'),
      logs('web', '--limit-bytes=6'),
      logs('web', '--timestamps', '--tail=1'),
      logs('web', '--since-time=2999-01-01T00:00:00Z'),
      logs('-l', 'app=streams', '--prefix', '--all-containers', '--tail=1'),
      logs('failing', '-f'),
      logs('failing', '--previous'),
    ]);
    const lines = [1, 2, 3, 4, 5].map((line) => `line ${line}\n`);
    expect([all, tail, bytes, since]).toEqual([lines.join(''), 'line 4\nline 5\n', 'line 1', '']);
    expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z line 5\n$/);
    expect(selected).toMatch(/^\[pod\/web\/main\] line 5$/m);
    expect([followed, previous]).toEqual(['run\n', 'run\n']);
  });
});
