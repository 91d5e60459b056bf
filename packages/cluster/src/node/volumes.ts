/**
 * The files a pod's volumes hold, computed from the objects they come from. Tenants read them in memory; processes get
 * them written to disk (`volume-files.ts`).
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { ConfigProblem } from './config-problem.ts';
import type { ConfigSource, PodFacts } from './config-source.ts';
import { fieldValue, resourceValue } from './downward.ts';
import { expandVariables } from './expand.ts';
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

export interface VolumeFile {
  bytes: Uint8Array;
  /** Permissions, e.g. 0o644. */
  mode: number;
}

/** By path inside the volume. */
export type VolumeFiles = Map<string, VolumeFile>;

/** What Kubernetes gives files that ask for nothing else. */
const DEFAULT_MODE = 0o644;
/** Tokens are for the pod's user alone. */
const TOKEN_MODE = 0o600;

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
  mode: number | undefined;
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
  const mode = keyed.mode ?? DEFAULT_MODE;
  const files: VolumeFiles = new Map();
  if (keyed.items === undefined || keyed.items.length === 0) {
    for (const [key, bytes] of content) files.set(key, { bytes, mode });
    return files;
  }
  for (const item of keyed.items) {
    const bytes = content.get(item.key);
    if (bytes !== undefined) files.set(item.path, { bytes, mode: item.mode ?? mode });
    else if (keyed.optional !== true) {
      const what = keyed.kind === 'secret' ? '' : 'configmap ';
      const kind = keyed.kind === 'secret' ? 'secret' : 'config';
      throw new ConfigProblem(`${what}references non-existent ${kind} key: ${item.key}`);
    }
  }
  return files;
}

function missing(keyed: Keyed): VolumeFiles {
  if (keyed.optional === true) return new Map();
  throw new ConfigProblem(`${keyed.kind} "${keyed.name ?? ''}" not found`);
}

function downwardText(input: VolumeInput, item: DownwardFile): string | undefined {
  if (item.fieldRef !== undefined) return fieldValue(input.facts, item.fieldRef);
  if (item.resourceFieldRef === undefined) return undefined;
  const { containerName } = item.resourceFieldRef;
  const { containers } = input.facts.pod.spec;
  const container = containers.find(({ name }) => name === containerName);
  return resourceValue(input.facts, item.resourceFieldRef, container);
}

function downwardFiles(
  input: VolumeInput,
  items: DownwardFile[] | undefined,
  defaultMode: number | undefined,
): VolumeFiles {
  const files: VolumeFiles = new Map();
  for (const item of items ?? []) {
    const text = downwardText(input, item);
    const mode = item.mode ?? defaultMode ?? DEFAULT_MODE;
    if (text !== undefined) files.set(item.path, { bytes: Buffer.from(text), mode });
  }
  return files;
}

function projectedFiles(
  input: VolumeInput,
  source: ProjectedSource,
  mode: number | undefined,
): VolumeFiles {
  if (source.configMap !== undefined)
    return keyedFiles(input, keyedOf('configmap', source.configMap, mode));
  if (source.secret !== undefined) return keyedFiles(input, keyedOf('secret', source.secret, mode));
  if (source.downwardAPI !== undefined) return downwardFiles(input, source.downwardAPI.items, mode);
  if (source.serviceAccountToken === undefined) return new Map();
  const token = input.token(tokenRequestOf(source.serviceAccountToken));
  const { path } = source.serviceAccountToken;
  return token === undefined
    ? new Map()
    : new Map([[path, { bytes: Buffer.from(token), mode: TOKEN_MODE }]]);
}

function keyedOf(
  kind: Keyed['kind'],
  from: { name?: string; items?: KeyToPath[]; optional?: boolean },
  mode: number | undefined,
): Keyed {
  return { kind, name: from.name, items: from.items, optional: from.optional, mode };
}

/** The content of one volume. Missing sources that are not optional, and kinds of volume this node has not: ConfigProblem. */
export function volumeFiles(input: VolumeInput, volume: Volume): VolumeFiles {
  if (volume.configMap !== undefined)
    return keyedFiles(input, keyedOf('configmap', volume.configMap, volume.configMap.defaultMode));
  if (volume.secret !== undefined) {
    const { secretName: name, defaultMode, ...secret } = volume.secret;
    return keyedFiles(input, keyedOf('secret', { ...secret, name }, defaultMode));
  }
  if (volume.downwardAPI !== undefined)
    return downwardFiles(input, volume.downwardAPI.items, volume.downwardAPI.defaultMode);
  if (volume.projected !== undefined) {
    const { sources, defaultMode } = volume.projected;
    const files: VolumeFiles = new Map();
    for (const source of sources ?? []) {
      for (const [path, file] of projectedFiles(input, source, defaultMode)) files.set(path, file);
    }
    return files;
  }
  // A volume without a source is an emptyDir.
  if (volume.emptyDir !== undefined || Object.keys(volume).length === 1) return new Map();
  if (volume.persistentVolumeClaim !== undefined || volume.hostPath !== undefined) {
    outsideFolder(input, volume);
    return new Map();
  }
  const type = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
  throw new ConfigProblem(
    `volume "${volume.name}": type ${type} is not supported by the embedded node`,
  );
}

/**
 * Folder (or file) of this machine that is the volume and outlives the pod: of a claim or a hostPath. Undefined for other
 * kinds of volume, and where claims have no files. Throws ConfigProblem until the claim is bound, and where a hostPath is
 * not allowed.
 */
export function outsideFolder(input: VolumeInput, volume: Volume): string | undefined {
  if (volume.hostPath !== undefined) {
    if (input.source.allowsHostPath === true) return volume.hostPath.path;
    throw new ConfigProblem('hostPath volumes are not allowed on this node (option allowHostPath)');
  }
  const { claimName } = volume.persistentVolumeClaim ?? {};
  if (claimName === undefined || input.source.claimFolder === undefined) return undefined;
  const folder = input.source.claimFolder(input.facts.pod.metadata.namespace ?? '', claimName);
  if (folder === undefined)
    throw new ConfigProblem(`persistentvolumeclaim "${claimName}" not found or not bound`);
  return folder;
}

/** A file of a volume that is a folder. A path that leaves the volume is no file of it. */
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

/** The mounts of a container, longest path first, with `subPathExpr` turned into `subPath`. Throws ConfigProblem. */
export function mountsOf(
  container: Container,
  env: Readonly<Record<string, string>>,
): VolumeMount[] {
  return (container.volumeMounts ?? [])
    .map((mount) => {
      const { subPathExpr = '' } = mount;
      const subPath = subPathExpr === '' ? mount.subPath : expandedPath(subPathExpr, env);
      if (subPath?.startsWith('/') === true)
        throw new ConfigProblem(`error SubPath \`${subPath}\` must not be an absolute path`);
      if (subPath === undefined || !subPath.split('/').includes('..'))
        return { ...mount, subPath, subPathExpr: undefined };
      throw new ConfigProblem(`subPath "${subPath}" must not contain '..'`);
    })
    .toSorted((a, b) => b.mountPath.length - a.mountPath.length);
}

/** A folder is not to be chosen by what is not there: a variable without a value is an error, unlike in a command. */
function expandedPath(text: string, env: Readonly<Record<string, string>>): string {
  const missing = new Set<string>();
  const path = expandVariables(text, env, (name) => missing.add(name));
  if (missing.size === 0) return path;
  throw new ConfigProblem(`missing value for ${[...missing].toSorted().join(', ')}`);
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
  const found = locate(mountsOf(container, {}), path);
  if (found === undefined) return undefined;
  const volume = volumesOf(input.facts).find((candidate) => candidate.name === found.volume);
  if (volume === undefined) return undefined;
  try {
    const folder = outsideFolder(input, volume);
    if (folder !== undefined) return readFromFolder(folder, found.path);
    return volumeFiles(input, volume).get(found.path)?.bytes;
  } catch (error) {
    if (error instanceof ConfigProblem) return undefined;
    throw error;
  }
}
