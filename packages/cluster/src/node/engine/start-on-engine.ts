/** Runs a container of a pod on podman or docker: files, ports and environment of the pod turned into its command line. */
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Clock } from '@kagent/kube';

import type { Container, ContainerPort } from '../../workloads/objects.ts';
import type { PodAddresses } from '../addresses.ts';
import { messagePath } from '../container-place.ts';
import type { PlacedCommand } from '../container-place.ts';
import { expandVariables } from '../expand.ts';
import { makeSubPaths, mountFolders, writeVolumes } from '../volume-files.ts';
import type { VolumeInput } from '../volumes.ts';
import type { ContainerEngine } from './container-engine.ts';
import { startEngineContainer } from './engine-container.ts';
import type { EngineContainer } from './engine-container.ts';
import { containerName, envFileOf, runArguments } from './run-arguments.ts';
import type { EngineMount, EngineNetwork, PublishedPort } from './run-arguments.ts';

export interface EngineStart {
  engine: ContainerEngine;
  container: Container;
  volumes: VolumeInput;
  podFolder: string;
  addresses: PodAddresses;
  restartCount: number;
  /** Label value that marks the containers of this node. */
  owner: string;
  env: Record<string, string>;
  /** Name of another container of the engine whose network and processes are shared. */
  beside?: string;
  clock: Clock;
  log(line: string): void;
}

export interface OnEngine extends EngineContainer {
  name: string;
  place(command: string[], options?: { tty?: boolean }): Promise<PlacedCommand>;
}

/** What the container says it listens on, and what probes and hooks ask it on. */
function portsOf(container: Container): ContainerPort[] {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle = {}, ports = [] } = container;
  const { postStart, preStop } = lifecycle;
  const asked = [livenessProbe, readinessProbe, startupProbe, postStart, preStop]
    .flatMap((check) => [check?.httpGet?.port, check?.tcpSocket?.port])
    .concat([livenessProbe, readinessProbe, startupProbe].map((probe) => probe?.grpc?.port))
    .map(Number)
    .filter((port) => port > 0 && !ports.some(({ containerPort }) => containerPort === port));
  return [...ports, ...[...new Set(asked)].map((containerPort) => ({ containerPort }))];
}

async function publishedPorts({
  container,
  volumes,
  addresses,
}: EngineStart): Promise<PublishedPort[]> {
  const ports: PublishedPort[] = [];
  for (const { containerPort, protocol = 'TCP' } of portsOf(container)) {
    const bind = await addresses.listen(volumes.facts.podIP, containerPort);
    ports.push({ ...bind, containerPort, protocol: protocol.toLowerCase() });
  }
  return ports;
}

async function preparedMounts(start: EngineStart, messageFile: string): Promise<EngineMount[]> {
  const { container, volumes, podFolder, env } = start;
  await writeVolumes(volumes, podFolder);
  const folders = mountFolders(container, env, podFolder);
  await makeSubPaths(folders);
  await rm(messageFile, { force: true });
  await writeFile(messageFile, '');
  // Whatever user the image runs as must be able to write its last words.
  await chmod(messageFile, 0o666);
  const mounts = folders.map(({ path, folder, isReadOnly }) => ({
    source: folder,
    target: path,
    isReadOnly,
  }));
  const message = { source: messageFile, target: messagePath(container), isReadOnly: false };
  // Outer mounts first.
  return [message, ...mounts.toReversed()];
}

/** On the machine's own network a server must be told which address is the pod's. */
async function networkEnv(
  { container, volumes, addresses }: EngineStart,
  network: EngineNetwork,
): Promise<Record<string, string>> {
  const { podIP } = volumes.facts;
  if (network === 'bridge') return { POD_IP: podIP };
  const [first] = container.ports ?? [];
  if (first === undefined) return { POD_IP: podIP, HOST: podIP };
  const bind = await addresses.listen(podIP, first.containerPort);
  return { POD_IP: podIP, HOST: bind.host, PORT: String(bind.port) };
}

/** Rejects with MountProblem, ConfigProblem, or the engine's words. The image must be there. */
export async function startOnEngine(start: EngineStart): Promise<OnEngine> {
  const { engine, container, volumes, podFolder, owner, env, clock, beside } = start;
  const { pod } = volumes.facts;
  const work = join(podFolder, 'containers', container.name);
  await mkdir(work, { recursive: true, mode: 0o700 });
  const messageFile = join(work, 'termination-log');
  const envFile = join(work, 'env');
  const mounts = await preparedMounts(start, messageFile);
  const ports = await publishedPorts(start);
  const name = containerName(pod, container.name, start.restartCount);
  const expand = (text: string): string => expandVariables(text, env);

  async function prepare(
    network: EngineNetwork,
  ): Promise<{ args: string[]; env: Record<string, string> }> {
    const own = { ...(await networkEnv(start, network)), ...env };
    const { text, passed } = envFileOf(own, engine.env);
    await rm(envFile, { force: true });
    await writeFile(envFile, text, { mode: 0o600 });
    const args = runArguments({
      pod,
      container,
      name,
      owner,
      network,
      ports,
      mounts,
      envFile,
      beside,
      passedEnv: Object.keys(passed),
      command: (container.command ?? []).map(expand),
      args: (container.args ?? []).map(expand),
    });
    return { args, env: passed };
  }

  const onHost = pod.spec.hostNetwork === true || !engine.hasBridge;
  try {
    const running = await startEngineContainer({
      engine,
      name,
      messageFile,
      clock,
      prepare,
      networks: onHost ? ['host'] : ['bridge', 'host'],
      stdin:
        container.stdin === true ? (container.stdinOnce === true ? 'once' : 'open') : undefined,
      log: (line) => start.log(line),
    });
    const place: OnEngine['place'] = async (command, { tty = false } = {}) => {
      const flags = ['--interactive', ...(tty ? ['--tty'] : [])];
      return {
        argv: [engine.path, 'exec', ...flags, name, ...command],
        env: { ...engine.env },
        cwd: undefined,
      };
    };
    return { ...running, name, place };
  } finally {
    // It holds secrets, and the engine has read it.
    await rm(envFile, { force: true });
  }
}
