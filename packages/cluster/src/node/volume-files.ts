/**
 * Volumes on disk, for processes and container engines: one folder a volume under the pod's folder, which is for the
 * platform's user alone, and the translation of paths inside the container to those folders.
 */
import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

import type { Container, Volume } from '../workloads/objects.ts';
import { ConfigProblem, MountProblem } from './config-problem.ts';
import { mountsOf, outsideFolder, volumeFiles, volumesOf } from './volumes.ts';
import type { VolumeFiles, VolumeInput } from './volumes.ts';

/** Inside the pod's folder, so that users of an image other than root can go through it. */
const FOLDER_MODE = 0o755;
/** Any user of a container may write there. */
const EMPTY_DIR_MODE = 0o777;
/** With `fsGroup`: files can be read by the group, and what is made in a folder belongs to it. */
const GROUP_READS = 0o440;
const OF_GROUP = 0o2000;

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

/** What `fsGroup` says: the group owns it. Only root can give files away; others go without. */
async function giveTo(
  path: string,
  { group, mode }: { group?: number | undefined; mode: number },
): Promise<void> {
  if (group !== undefined) await chown(path, -1, group).catch(() => {});
  await chmod(path, mode);
}

async function writeFiles(
  folder: string,
  { files, group }: { files: VolumeFiles; group: number | undefined },
): Promise<void> {
  for (const [path, { bytes, mode }] of files) {
    const target = join(folder, path);
    if (relative(folder, target).startsWith('..'))
      throw new ConfigProblem(`path "${path}" leaves its volume`);
    const old = await readFile(target).catch(() => undefined);
    if (old !== undefined && old.equals(bytes)) continue;
    await mkdir(dirname(target), { recursive: true, mode: FOLDER_MODE });
    await writeFile(`${target}.new`, bytes, { mode: 0o600 });
    const own = group === undefined ? mode : mode | GROUP_READS;
    await giveTo(`${target}.new`, { group, mode: own });
    await rename(`${target}.new`, target);
  }
  for (const path of await filesUnder(folder)) {
    if (!files.has(relative(folder, path).split(sep).join('/'))) await rm(path, { force: true });
  }
}

/** What a folder outside is called inside the pod's own: it outlives the pod, so there is only a way to it. */
async function linkFolder(link: string, folder: string): Promise<void> {
  await mkdir(dirname(link), { recursive: true, mode: FOLDER_MODE });
  if ((await readlink(link).catch(() => undefined)) === folder) return;
  await rm(link, { force: true });
  await symlink(folder, link);
}

/** What each type of hostPath must be; those that end in OrCreate are made. */
const HOST_PATH_TYPES: Readonly<Record<string, { is: string; noun: string }>> = {
  Directory: { is: 'isDirectory', noun: 'directory' },
  File: { is: 'isFile', noun: 'file' },
  Socket: { is: 'isSocket', noun: 'socket file' },
  CharDevice: { is: 'isCharacterDevice', noun: 'character device' },
  BlockDevice: { is: 'isBlockDevice', noun: 'block device' },
};

async function checkHostPath({ path, type = '' }: NonNullable<Volume['hostPath']>): Promise<void> {
  if (type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 });
  if (type === 'FileOrCreate') await writeFile(path, '', { flag: 'a', mode: 0o644 });
  const wanted = HOST_PATH_TYPES[type.replace(/OrCreate$/, '')];
  if (wanted === undefined) return;
  const found = await stat(path).catch(() => undefined);
  const holds: Readonly<Record<string, boolean>> = {
    isDirectory: found?.isDirectory() === true,
    isFile: found?.isFile() === true,
    isSocket: found?.isSocket() === true,
    isCharacterDevice: found?.isCharacterDevice() === true,
    isBlockDevice: found?.isBlockDevice() === true,
  };
  if (holds[wanted.is] !== true)
    throw new ConfigProblem(`hostPath type check failed: ${path} is not a ${wanted.noun}`);
}

async function writeVolume(input: VolumeInput, volume: Volume, folder: string): Promise<void> {
  const files = volumeFiles(input, volume);
  const outside = outsideFolder(input, volume);
  if (outside !== undefined) {
    if (volume.hostPath === undefined) await mkdir(outside, { recursive: true, mode: 0o700 });
    else await checkHostPath(volume.hostPath);
    await linkFolder(folder, outside);
    return;
  }
  const isEmptyDir = volume.emptyDir !== undefined || Object.keys(volume).length === 1;
  const group = input.facts.pod.spec.securityContext?.fsGroup;
  const made = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (made !== undefined && isEmptyDir) {
    const mode = group === undefined ? EMPTY_DIR_MODE : EMPTY_DIR_MODE | OF_GROUP;
    await giveTo(folder, { group, mode });
  }
  if (!isEmptyDir) await writeFiles(folder, { files, group });
}

/** Brings the pod's folders up to date; each file is replaced in one step. Rejects with MountProblem. */
export async function writeVolumes(input: VolumeInput, podFolder: string): Promise<void> {
  await mkdir(podFolder, { recursive: true, mode: 0o700 });
  for (const volume of volumesOf(input.facts)) {
    try {
      await writeVolume(input, volume, volumeFolder(podFolder, volume.name));
    } catch (error) {
      if (error instanceof ConfigProblem) throw new MountProblem(volume.name, error);
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      throw new MountProblem(volume.name, new ConfigProblem(message));
    }
  }
}

/** Throws MountProblem for the first volume that has not all it needs. Nothing is written. */
export function checkVolumes(input: VolumeInput): void {
  for (const volume of volumesOf(input.facts)) {
    try {
      volumeFiles(input, volume);
    } catch (error) {
      if (error instanceof ConfigProblem) throw new MountProblem(volume.name, error);
      throw error;
    }
  }
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

export interface MountedFolder {
  /** Inside the container, without a slash at the end. */
  path: string;
  folder: string;
  isReadOnly: boolean;
}

/** The mounts of a container and the folders of this machine they are. The longest path is first. Throws ConfigProblem. */
export function mountFolders(
  container: Container,
  env: Readonly<Record<string, string>>,
  podFolder: string,
): MountedFolder[] {
  return mountsOf(container, env).map((mount) => ({
    path: mount.mountPath.replace(/\/+$/, ''),
    folder: join(volumeFolder(podFolder, mount.name), mount.subPath ?? ''),
    isReadOnly: mount.readOnly === true,
  }));
}

/** Makes the folders of sub-paths that are not there, as kubelet does. */
export async function makeSubPaths(mounts: MountedFolder[]): Promise<void> {
  for (const { folder } of mounts) {
    const isThere = await stat(folder).then(
      () => true,
      () => false,
    );
    if (!isThere) await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  }
}

/**
 * A function that replaces each path by the real one wherever it stands as a path of its own in a text: `/config`,
 * `/config/a.json`, `--file=/config/a.json`, `/bin:/config`, `>/config/out`.
 */
export function pathRewriter(
  paths: readonly Pick<MountedFolder, 'path' | 'folder'>[],
): (text: string) => string {
  const rules = paths.map(({ path: root, folder }) => ({
    pattern: new RegExp(`(^|[=:,;<>(\\s"'])${escape(root)}(?=$|[/:,;<>)\\s"'])`, 'g'),
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
