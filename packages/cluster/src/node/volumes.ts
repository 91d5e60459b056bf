/**
 * The files a pod's volumes hold, computed from the objects they come from. Tenants read them in memory; processes get
 * them written to disk (`volume-files.ts`).
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { ConfigProblem } from './config-problem.ts';
import type { ConfigSource, PodFacts } from './config-source.ts';
import { fieldValue, resourceValue } from './downward.ts';
import type {
  Container,
  DownwardFile,
  KeyToPath,
  ProjectedSource,
  Volume,
  VolumeMount,
} from '../workloads/objects.ts';

export interface TokenRequest {
  audience: string;
  expirationSeconds: number;
}

export interface VolumeInput {
  facts: PodFacts;
  source: ConfigSource;
  /** A token that was fetched before; undefined = there is none. */
  token(request: TokenRequest): string | undefined;
}

/** Path inside the volume → content. */
export type VolumeFiles = Map<string, Uint8Array>;

export function tokenRequestOf(
  source: NonNullable<ProjectedSource['serviceAccountToken']>,
): TokenRequest {
  return { audience: source.audience ?? '', expirationSeconds: source.expirationSeconds ?? 3600 };
}

interface Keyed {
  kind: 'configmap' | 'secret';
  name: string | undefined;
  items: KeyToPath[] | undefined;
  optional: boolean | undefined;
}

function keyedFiles(input: VolumeInput, keyed: Keyed): VolumeFiles {
  const namespace = input.facts.pod.metadata.namespace ?? '';
  const name = keyed.name ?? '';
  const content = new Map<string, Uint8Array>();
  if (keyed.kind === 'configmap') {
    const map = input.source.configMap(namespace, name);
    if (map === undefined) return missing(keyed);
    for (const [key, value] of Object.entries(map.data ?? {})) content.set(key, Buffer.from(value));
    for (const [key, value] of Object.entries(map.binaryData ?? {}))
      content.set(key, Buffer.from(value, 'base64'));
  } else {
    const secret = input.source.secret(namespace, name);
    if (secret === undefined) return missing(keyed);
    for (const [key, value] of Object.entries(secret.data ?? {}))
      content.set(key, Buffer.from(value, 'base64'));
  }
  if (keyed.items === undefined || keyed.items.length === 0) return content;
  const files: VolumeFiles = new Map();
  for (const item of keyed.items) {
    const bytes = content.get(item.key);
    if (bytes !== undefined) files.set(item.path, bytes);
    else if (keyed.optional !== true) {
      throw new ConfigProblem(`${keyed.kind} "${name}" references non-existent key: ${item.key}`);
    }
  }
  return files;
}

function missing(keyed: Keyed): VolumeFiles {
  if (keyed.optional === true) return new Map();
  throw new ConfigProblem(`${keyed.kind} "${keyed.name ?? ''}" not found`);
}

function downwardFiles(input: VolumeInput, items: DownwardFile[] | undefined): VolumeFiles {
  const files: VolumeFiles = new Map();
  for (const item of items ?? []) {
    if (item.fieldRef !== undefined)
      files.set(item.path, Buffer.from(fieldValue(input.facts, item.fieldRef)));
    else if (item.resourceFieldRef !== undefined) {
      const { containerName } = item.resourceFieldRef;
      const container = input.facts.pod.spec.containers.find(
        (candidate) => candidate.name === containerName,
      );
      files.set(
        item.path,
        Buffer.from(resourceValue(input.facts, item.resourceFieldRef, container)),
      );
    }
  }
  return files;
}

function projectedFiles(input: VolumeInput, source: ProjectedSource): VolumeFiles {
  if (source.configMap !== undefined)
    return keyedFiles(input, keyedOf('configmap', source.configMap));
  if (source.secret !== undefined) return keyedFiles(input, keyedOf('secret', source.secret));
  if (source.downwardAPI !== undefined) return downwardFiles(input, source.downwardAPI.items);
  if (source.serviceAccountToken === undefined) return new Map();
  const token = input.token(tokenRequestOf(source.serviceAccountToken));
  return token === undefined
    ? new Map()
    : new Map([[source.serviceAccountToken.path, Buffer.from(token)]]);
}

function keyedOf(
  kind: Keyed['kind'],
  from: { name?: string; items?: KeyToPath[]; optional?: boolean },
): Keyed {
  return { kind, name: from.name, items: from.items, optional: from.optional };
}

/** The content of one volume. Missing sources that are not optional, and kinds of volume this node has not: ConfigProblem. */
export function volumeFiles(input: VolumeInput, volume: Volume): VolumeFiles {
  if (volume.configMap !== undefined)
    return keyedFiles(input, keyedOf('configmap', volume.configMap));
  if (volume.secret !== undefined) {
    return keyedFiles(
      input,
      keyedOf('secret', { ...volume.secret, name: volume.secret.secretName }),
    );
  }
  if (volume.downwardAPI !== undefined) return downwardFiles(input, volume.downwardAPI.items);
  if (volume.projected !== undefined) {
    const files: VolumeFiles = new Map();
    for (const source of volume.projected.sources ?? []) {
      for (const [path, bytes] of projectedFiles(input, source)) files.set(path, bytes);
    }
    return files;
  }
  if (volume.emptyDir !== undefined) return new Map();
  if (volume.persistentVolumeClaim !== undefined) {
    claimFolder(input, volume);
    return new Map();
  }
  const type = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
  throw new ConfigProblem(
    `volume "${volume.name}": type ${type} is not supported by the embedded node`,
  );
}

/**
 * Folder of this machine that a claim's volume is; undefined for other kinds of volume and where claims have no files.
 * Throws ConfigProblem until the claim is bound.
 */
export function claimFolder(input: VolumeInput, volume: Volume): string | undefined {
  const { claimName } = volume.persistentVolumeClaim ?? {};
  if (claimName === undefined || input.source.claimFolder === undefined) return undefined;
  const folder = input.source.claimFolder(input.facts.pod.metadata.namespace ?? '', claimName);
  if (folder === undefined)
    throw new ConfigProblem(`persistentvolumeclaim "${claimName}" not found or not bound`);
  return folder;
}

/** A file of a claim's volume. A path that leaves the volume is no file of it. */
function readFromFolder(folder: string, path: string): Uint8Array | undefined {
  const target = join(folder, path);
  if (relative(folder, target).startsWith('..')) return undefined;
  try {
    return readFileSync(target);
  } catch {
    return undefined;
  }
}

/** The volumes of a pod; the one with its token was put there by admission. */
export function volumesOf(facts: PodFacts): Volume[] {
  return facts.pod.spec.volumes ?? [];
}

/** The mounts of a container, longest path first. */
export function mountsOf(container: Container): VolumeMount[] {
  return (container.volumeMounts ?? []).toSorted((a, b) => b.mountPath.length - a.mountPath.length);
}

function trimSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** The mount a path inside the container belongs to, and the path inside that volume (`''` for its root). */
export function locate(
  mounts: VolumeMount[],
  path: string,
): { volume: string; path: string } | undefined {
  for (const mount of mounts) {
    const root = trimSlash(mount.mountPath);
    if (path !== root && !path.startsWith(root === '/' ? '/' : `${root}/`)) continue;
    const rest = path === root ? '' : path.slice(root === '/' ? 1 : root.length + 1);
    const parts = [mount.subPath, rest].filter((part) => part !== undefined && part !== '');
    return { volume: mount.name, path: parts.join('/') };
  }
  return undefined;
}

/** Reads one file as a tenant sees it; undefined when no mount or no such file. The sources are read at the call. */
export function readMounted(
  input: VolumeInput,
  container: Container,
  path: string,
): Uint8Array | undefined {
  const found = locate(mountsOf(container), path);
  if (found === undefined) return undefined;
  const volume = volumesOf(input.facts).find((candidate) => candidate.name === found.volume);
  if (volume === undefined) return undefined;
  try {
    const folder = claimFolder(input, volume);
    if (folder !== undefined) return readFromFolder(folder, found.path);
    return volumeFiles(input, volume).get(found.path);
  } catch (error) {
    if (error instanceof ConfigProblem) return undefined;
    throw error;
  }
}
