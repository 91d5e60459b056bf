/** Where a local process of a container runs: its files on this machine, its folder, and its environment made local. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

import type { Container } from '../workloads/objects.ts';
import type { PodAddresses } from './addresses.ts';
import type { CommandPlace } from './streams/command-place.ts';
import { placeCommand } from './streams/command-place.ts';
import { makeSubPaths, mountFolders, pathRewriter, writeVolumes } from './volume-files.ts';
import type { VolumeInput } from './volumes.ts';

export interface PlacedCommand {
  argv: string[];
  env: Record<string, string>;
  cwd: string | undefined;
}

export interface PlaceInput {
  container: Container;
  volumes: VolumeInput;
  podFolder: string;
  addresses: PodAddresses;
  env: Record<string, string>;
  /** Lower than `env`: how cluster names are reached. */
  processEnv: Record<string, string>;
}

export interface LocalPlace {
  place: CommandPlace;
  /** The container's own folder. */
  work: string;
  /** Where what is written to `terminationMessagePath` ends up. */
  messageFile: string;
}

const MESSAGE_PATH = '/dev/termination-log';
/** A bind address that means the whole machine. */
const EVERY_ADDRESS = /(^|[=:/])(0\.0\.0\.0|\[::\])(?=$|:)/g;

/** `terminationMessagePath` inside the container. */
export function messagePath({ terminationMessagePath: path = '' }: Container): string {
  return path === '' ? MESSAGE_PATH : path;
}

/** Where a process should listen: the pod's own address instead of every address of the machine. */
async function listenEnv({
  container,
  volumes,
  addresses,
  env,
}: PlaceInput): Promise<{ HOST: string; PORT?: string }> {
  const first = container.ports?.[0]?.containerPort;
  const { podIP } = volumes.facts;
  if (first === undefined) return { HOST: podIP };
  const bind = await addresses.listen(podIP, first);
  const isMapped = bind.port !== first;
  const keepsPort = !isMapped && env['PORT'] !== undefined;
  return { HOST: bind.host, PORT: keepsPort ? env['PORT'] : String(bind.port) };
}

/** `workingDir` where it is a folder of this machine, after translation. */
function workingFolder(
  container: Container,
  rewrite: (text: string) => string,
): string | undefined {
  if (container.workingDir === undefined) return undefined;
  const folder = rewrite(container.workingDir);
  return isAbsolute(folder) && existsSync(folder) ? folder : undefined;
}

/** Brings the container's files up to date and makes its folder. Rejects with MountProblem, ConfigProblem. */
export async function localPlace(input: PlaceInput): Promise<LocalPlace> {
  const { container, volumes, podFolder, env, processEnv } = input;
  await writeVolumes(volumes, podFolder);
  const mounts = mountFolders(container, env, podFolder);
  await makeSubPaths(mounts);
  const work = join(podFolder, 'containers', container.name);
  await mkdir(work, { recursive: true, mode: 0o700 });
  const messageFile = join(work, 'termination-log');
  const message = { path: messagePath(container), folder: messageFile };
  const rewrite = pathRewriter([...mounts, message]);
  const listen = await listenEnv(input);
  const local = (text: string): string =>
    rewrite(text).replaceAll(EVERY_ADDRESS, `$1${listen.HOST}`);
  const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, local(value)]));
  const place: CommandPlace = {
    env: {
      ...processEnv,
      ...listen,
      ...own,
      ...(listen.PORT === undefined ? {} : { PORT: listen.PORT }),
    },
    cwd: workingFolder(container, rewrite),
    local,
    mounts,
    viewFolder: join(podFolder, 'views', container.name),
  };
  return { place, work, messageFile };
}

/** A command of `kubectl exec` as it is run here. */
export async function placed(place: CommandPlace, command: string[]): Promise<PlacedCommand> {
  return { argv: await placeCommand(place, command), env: place.env, cwd: place.cwd };
}
