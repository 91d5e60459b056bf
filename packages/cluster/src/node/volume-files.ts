/**
 * Volumes on disk, for processes: one folder a volume under the pod's folder, files with mode 0600, and the translation
 * of paths inside the container to those folders.
 */
import {
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

import type { Container } from '../workloads/objects.ts';
import { ConfigProblem } from './config-problem.ts';
import { claimFolder, mountsOf, volumeFiles, volumesOf } from './volumes.ts';
import type { VolumeFiles, VolumeInput } from './volumes.ts';

/** Folder of a volume under the folder of its pod. */
export function volumeFolder(podFolder: string, volume: string): string {
  return join(podFolder, 'volumes', volume);
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function writeFiles(folder: string, files: VolumeFiles): Promise<void> {
  for (const [path, bytes] of files) {
    const target = join(folder, path);
    if (relative(folder, target).startsWith('..'))
      throw new ConfigProblem(`path "${path}" leaves its volume`);
    const old = await readFile(target).catch(() => undefined);
    if (old !== undefined && old.equals(bytes)) continue;
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeFile(`${target}.new`, bytes, { mode: 0o600 });
    await rename(`${target}.new`, target);
  }
  for (const path of await filesUnder(folder)) {
    if (!files.has(relative(folder, path).split(sep).join('/'))) await rm(path, { force: true });
  }
}

/** The folder of a claim outlives the pod, so the pod's own folder only leads there. */
async function linkFolder(link: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await mkdir(dirname(link), { recursive: true, mode: 0o700 });
  if ((await readlink(link).catch(() => undefined)) === folder) return;
  await rm(link, { force: true });
  await symlink(folder, link);
}

/** Brings the pod's folders up to date; each file is replaced in one step. Rejects with ConfigProblem like `volumeFiles`. */
export async function writeVolumes(input: VolumeInput, podFolder: string): Promise<void> {
  for (const volume of volumesOf(input.facts)) {
    const files = volumeFiles(input, volume);
    const folder = volumeFolder(podFolder, volume.name);
    const claimed = claimFolder(input, volume);
    if (claimed !== undefined) {
      await linkFolder(folder, claimed);
      continue;
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (volume.emptyDir === undefined) await writeFiles(folder, files);
  }
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

/** The mounts of a container and the folders of this machine they are. The longest path is first. */
export function mountFolders(
  input: VolumeInput,
  container: Container,
  podFolder: string,
): { path: string; folder: string }[] {
  return mountsOf(container).map((mount) => ({
    path: mount.mountPath.replace(/\/+$/, ''),
    folder: join(volumeFolder(podFolder, mount.name), mount.subPath ?? ''),
  }));
}

/**
 * A function that replaces each mount path by the real folder wherever it stands as a path of its own in a text:
 * `/config`, `/config/a.json`, `--file=/config/a.json`, `/bin:/config`.
 */
export function pathRewriter(
  input: VolumeInput,
  container: Container,
  podFolder: string,
): (text: string) => string {
  const rules = mountFolders(input, container, podFolder).map(({ path: root, folder }) => ({
    pattern: new RegExp(`(^|[=:,;\\s"'])${escape(root)}(?=$|[/:,;\\s"'])`, 'g'),
    root,
    folder,
  }));
  return (text) =>
    rules.reduce(
      (result, { pattern, root, folder }) =>
        root === '' || !result.includes(root)
          ? result
          : result.replaceAll(pattern, (_, lead: string) => `${lead}${folder}`),
      text,
    );
}
