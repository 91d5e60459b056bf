/**
 * What people and scripts type, with real kubectl and helm of two generations: newer ones send protobuf and apply on the
 * server, older ones send JSON and merge on the client. `__fixtures__/transcripts/commands` has the commands, `v*` beside it what came
 * out. `npm test -- --project process test/process/transcripts.test.ts -u` writes them anew: read the difference.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ImageRule } from '@kagent/cluster';
import { startTestCluster } from '@kagent/cluster/testing';
import { describe, it } from 'vitest';
import { runCommand } from '../testing/run-command.ts';
import { tempFolder } from '../testing/temp-folder.ts';

const FOLDER = resolve(import.meta.dirname, '../__fixtures__/transcripts');
const BIN = resolve(import.meta.dirname, '../../node_modules/.kagent-bin');
const GENERATIONS: Record<string, string> = { 'v1.35': BIN, 'v1.31': join(BIN, 'v31') };
// Debian's, which knows neither WebSockets nor OpenAPI 3; there only where somebody has installed it
if (isDebian('/usr/bin/kubectl')) GENERATIONS['v1.20'] = '/usr/bin';
const TOPICS = readdirSync(join(FOLDER, 'commands')).map((file) => file.replace('.txt', ''));

/** Two images: one that runs until it is stopped, one that ends at once. */
const images: ImageRule[] = ['web', 'done'].map((name) => ({
  name,
  matches: ({ image }) => image.startsWith(`example.com/${name}:`),
  run: {
    mode: 'tenant',
    async start(context) {
      context.log(`${name} started`);
      const ended = Promise.withResolvers<number>();
      if (name === 'done') ended.resolve(0);
      return { exited: ended.promise, stop: async () => ended.resolve(0) };
    },
  },
}));

/** What differs from run to run, by a name for it. */
const CHANGING: [RegExp, string][] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>'],
  [/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, '<time>'],
  [/\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}/g, '<time>'],
  [/https:\/\/127\.0\.0\.1:\d+/g, '<server>'],
  [/\b(?:127|10)\.\d+\.\d+\.\d+\b/g, '<ip>'],
  [/(?:tenant|process):\/\/[^\s"]+/g, '<container>'],
  [/(kubernetes +IPv4 +)\d+/g, '$1<port>'],
  [/(resourceVersion: )"\d+"/g, '$1<rv>'],
  [/(resource version:? +)\d+/gi, '$1<rv>'],
  [/X509SHA256=[0-9a-f]+/g, 'X509SHA256=<hash>'],
  [/\b(web|greet-web|once|hourly)-[a-z0-9]{5,10}(?:-[a-z0-9]{5})?\b/g, '$1-<id>'],
  [/(pod-template-hash[=:] ?)"?[a-z0-9]{8,10}"?/g, '$1<hash>'],
  [/^W\d{4} \S+ +\d+ /gm, 'W '],
  [/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-<id>'],
  [/(?<=\s)(?:\d+[dhms]){1,2}(?=\s|$)/gm, '<age>'],
  [/(?<=\S) {2,}/g, '  '],
  [/ +$/gm, ''],
];

describe.each(Object.entries(GENERATIONS))('kubectl and helm of %s', (generation, bin) => {
  const topics = generation === 'v1.20' ? TOPICS.filter((topic) => topic !== 'helm') : TOPICS;
  it.concurrent.for(topics)('%s', async (topic, { expect }) => {
    await using cluster = await startTestCluster({ images });
    const folder = tempFolder();
    try {
      const kubeconfig = join(folder.path, 'kubeconfig');
      writeFileSync(kubeconfig, cluster.kubeconfig, { mode: 0o600 });
      const env = {
        HOME: folder.path,
        KUBECONFIG: kubeconfig,
        PATH: `${bin}:${process.env['PATH']}`,
      };
      const commands = readFileSync(join(FOLDER, 'commands', `${topic}.txt`), 'utf8');
      const transcript: string[] = [];
      for (const command of commands.split('\n').filter((line) => line !== '')) {
        const { code, stdout, stderr } = await runCommand('bash', ['-c', command], {
          env,
          cwd: FOLDER,
        });
        transcript.push(
          `$ ${command}\n${stable(stdout + stderr)}${code === 0 ? '' : `[exit ${code}]\n`}`,
        );
      }
      mkdirSync(join(FOLDER, generation), { recursive: true });
      await expect(transcript.join('\n')).toMatchFileSnapshot(
        join(FOLDER, generation, `${topic}.txt`),
      );
    } finally {
      folder.remove();
    }
  });
});

function isDebian(kubectl: string): boolean {
  const { stdout } = spawnSync(kubectl, ['version', '--client', '--short'], { encoding: 'utf8' });
  return /Client Version: v1\.20\./.test(stdout ?? '');
}

function stable(output: string): string {
  let text = output;
  for (const [pattern, name] of CHANGING) text = text.replaceAll(pattern, name);
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
