/** `kagent apply -f FILE`: server-side apply of manifests, for people without kubectl. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KagentError } from '@kagent/spec';
import { createHttpTransport, createKubeClient, type KubeObject } from '@kagent/kube';
import type { Command } from 'commander';
import { fileError, readGivenFile } from '../files.ts';
import { connectionFor, KUBECONFIG_SETTINGS } from '../kubernetes/connection.ts';
import { applyManifests, parseManifests } from '../kubernetes/manifests.ts';
import { addSettings, readSettings } from '../settings.ts';

interface Flags extends Record<string, unknown> {
  filename: string[];
  force?: boolean;
}

export function registerApply(program: Command): void {
  const command = program
    .command('apply')
    .description('apply manifests to the cluster (server-side apply)')
    .requiredOption('-f, --filename <path...>', 'files or folders, - for standard input')
    .option('--force', 'take over fields that others own');
  addSettings(command, KUBECONFIG_SETTINGS);
  command.action((flags: Flags) => apply(flags));
}

async function apply(flags: Flags): Promise<void> {
  const settings = readSettings(KUBECONFIG_SETTINGS, flags, process.env);
  const objects = (await Promise.all(flags.filename.map(readPath))).flat();
  if (objects.length === 0)
    throw new KagentError('invalid_argument', 'There is no object in what was given.');
  const { transport, namespace } = await connectionFor(settings, process.env);
  const kube = createKubeClient(createHttpTransport(transport));
  const job = { objects, namespace, fieldManager: 'kagent-cli', force: flags.force ?? false };
  for await (const { object, outcome } of applyManifests(kube, job)) {
    const group = object.apiVersion.includes('/') ? `.${object.apiVersion.split('/')[0]}` : '';
    console.log(`${object.kind.toLowerCase()}${group}/${object.metadata.name} ${outcome}`);
  }
}

async function readPath(path: string): Promise<KubeObject[]> {
  if (path === '-') return parseManifests(await readGivenFile(path), 'standard input');
  const found = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  if (!found.isDirectory()) return parseManifests(await readGivenFile(path), path);
  const names = (await readdir(path)).filter((name) => /\.(ya?ml|json)$/.test(name)).toSorted();
  return (await Promise.all(names.map((name) => readPath(join(path, name))))).flat();
}
