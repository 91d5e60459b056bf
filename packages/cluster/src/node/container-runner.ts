/** Starts one container: decides how it runs, gives it env, files, address and log. */
import { mkdir, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { existsSync } from 'node:fs';

import type { Clock } from '@kagent/kube';

import type { Container } from '../workloads/objects.ts';
import type { HostPort, PodAddresses } from './addresses.ts';
import type { PodFacts } from './config-source.ts';
import { resolveEnvironment } from './environment.ts';
import { expandVariables } from './expand.ts';
import { planContainer } from './image-rules.ts';
import type { ContainerPlan, PodMode } from './image-rules.ts';
import { rememberProcess } from './leftover-processes.ts';
import { startProcessContainer } from './process-container.ts';
import type { RunningContainer } from './running-container.ts';
import type { CommandPlace } from './streams/command-place.ts';
import { placeCommand } from './streams/command-place.ts';
import { startTenantContainer } from './tenant-container.ts';
import type { ContainerContext, ImageRule } from './tenant.ts';
import { mountFolders, pathRewriter, writeVolumes } from './volume-files.ts';
import { readMounted, volumeFiles, volumesOf } from './volumes.ts';
import type { VolumeInput } from './volumes.ts';

export interface RunnerOptions {
  images: ImageRule[];
  podMode: PodMode;
  clock: Clock;
  addresses: PodAddresses;
  /** Base environment of every container. */
  extraEnv: Readonly<Record<string, string>>;
  /** What processes get beside: how cluster names are reached. Containers may override it. */
  processEnv(namespace: string): Record<string, string>;
  /** `<dataDir>/pods` */
  podsFolder: string;
  /** Where process ids are remembered. */
  pidFolder: string;
  resolve(host: string, port: number, namespace: string): HostPort | undefined;
}

export interface StartRequest {
  container: Container;
  volumes: VolumeInput;
  restartCount: number;
  log(line: string): void;
}

export interface StartedContainer extends RunningContainer {
  mode: 'tenant' | 'process';
  label: string;
  containerID: string;
  /** A command of `kubectl exec` as it is run on this machine. Rejects with ConfigProblem when its files can't be written. */
  place(command: string[]): Promise<PlacedCommand>;
}

export interface PlacedCommand {
  argv: string[];
  env: Record<string, string>;
  cwd: string | undefined;
}

export interface ContainerRunner {
  /** Which rule will run it. Throws ImageProblem, ConfigProblem. */
  plan(facts: PodFacts, container: Container): ContainerPlan;
  /** Rejects with ConfigProblem, ImageProblem, or the error of the start itself. */
  start(request: StartRequest): Promise<StartedContainer>;
  /** Brings the files of a pod with processes up to date. */
  writeFiles(volumes: VolumeInput): Promise<void>;
  removeFiles(facts: PodFacts): Promise<void>;
}

/** `kubernetes.default` as processes and tenants reach it, in the variables every Kubernetes client knows. */
function apiServerEnv(target: HostPort | undefined): Record<string, string> {
  if (target === undefined) return {};
  return { KUBERNETES_SERVICE_HOST: target.host, KUBERNETES_SERVICE_PORT: String(target.port) };
}

type TenantPlan = ContainerPlan & { mode: 'tenant' };
type ProcessPlan = ContainerPlan & { mode: 'process' };

/** A bind address that means the whole machine. */
const EVERY_ADDRESS = /(^|[=:/])(0\.0\.0\.0|\[::\])(?=$|:)/g;

class LocalRunner implements ContainerRunner {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  plan(facts: PodFacts, container: Container): ContainerPlan {
    const { images, podMode } = this.#options;
    return planContainer({ images, podMode, pod: facts.pod, container });
  }

  async start(request: StartRequest): Promise<StartedContainer> {
    const { container, volumes, restartCount } = request;
    const plan = this.plan(volumes.facts, container);
    const env = this.#environment(request);
    const { uid = '' } = volumes.facts.pod.metadata;
    if (plan.mode === 'tenant') {
      const running = await this.#startTenant(plan, request, env);
      const containerID = `tenant://${uid}/${container.name}/${restartCount}`;
      const place = (command: string[]) => this.#placeBesideTenant(request, { env, command });
      return { ...running, mode: 'tenant', label: plan.label, containerID, place };
    }
    const running = await this.#startProcess(plan, request, env);
    return {
      ...running,
      mode: 'process',
      label: plan.label,
      containerID: `process://${running.pid}`,
    };
  }

  writeFiles(volumes: VolumeInput): Promise<void> {
    return writeVolumes(volumes, this.#podFolder(volumes.facts));
  }

  removeFiles(facts: PodFacts): Promise<void> {
    return rm(this.#podFolder(facts), { recursive: true, force: true });
  }

  #podFolder(facts: PodFacts): string {
    return join(this.#options.podsFolder, facts.pod.metadata.uid ?? facts.pod.metadata.name);
  }

  #environment(request: StartRequest): Record<string, string> {
    const { facts, source } = request.volumes;
    const api = this.#options.resolve('kubernetes.default', 443, 'default');
    const base = {
      ...this.#options.extraEnv,
      HOSTNAME: facts.pod.metadata.name,
      ...apiServerEnv(api),
    };
    return resolveEnvironment({ facts, container: request.container, source, base });
  }

  #startTenant(
    plan: TenantPlan,
    request: StartRequest,
    env: Record<string, string>,
  ): Promise<RunningContainer> {
    const { container, volumes } = request;
    const { pod, podIP } = volumes.facts;
    const { addresses, clock, resolve } = this.#options;
    const namespace = pod.metadata.namespace ?? '';
    // Every volume must be there before a container starts, as on any node.
    for (const volume of volumesOf(volumes.facts)) volumeFiles(volumes, volume);
    const controller = new AbortController();
    const expand = (text: string): string => expandVariables(text, env);
    const context: ContainerContext = {
      namespace,
      podName: pod.metadata.name,
      podUID: pod.metadata.uid ?? '',
      podIP,
      containerName: container.name,
      image: container.image ?? '',
      command: (container.command ?? []).map(expand),
      args: (container.args ?? []).map(expand),
      env,
      readFile(path) {
        const bytes = readMounted(volumes, container, path);
        return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
      },
      log: (line) => request.log(line),
      signal: controller.signal,
      resolve: (host, port) => resolve(host, port, namespace),
      listen: (port) => addresses.listen(podIP, port),
    };
    return startTenantContainer({ start: plan.start, context, controller, clock });
  }

  /** Where a process should listen: the pod's own address instead of every address of the machine. */
  async #listenEnv(
    request: StartRequest,
    env: Record<string, string>,
  ): Promise<{ HOST: string; PORT?: string }> {
    const first = request.container.ports?.[0]?.containerPort;
    const { podIP } = request.volumes.facts;
    if (first === undefined) return { HOST: podIP };
    const bind = await this.#options.addresses.listen(podIP, first);
    const isMapped = bind.port !== first;
    return {
      HOST: bind.host,
      PORT: isMapped || env['PORT'] === undefined ? String(bind.port) : env['PORT'],
    };
  }

  async #startProcess(
    plan: ProcessPlan,
    request: StartRequest,
    env: Record<string, string>,
  ): Promise<RunningContainer & { pid: number; place: StartedContainer['place'] }> {
    const { container } = request;
    const { place, work } = await this.#preparePlace(request, { ...env, ...plan.env });
    const messageFile = join(work, 'termination-log');
    await rm(messageFile, { force: true });
    const cwd = place.cwd ?? (plan.isLocalCommand ? undefined : work);
    let pid = 0;
    let forget = async (): Promise<void> => {};
    const running = await startProcessContainer({
      argv: plan.argv.map((word) => place.local(expandVariables(word, env))),
      env: { ...place.env, ...plan.env },
      cwd,
      messageFile,
      ...(container.stdin === true && { stdin: container.stdinOnce === true ? 'once' : 'open' }),
      clock: this.#options.clock,
      log: (line) => request.log(line),
      started: async (id) => {
        pid = id;
        forget = await rememberProcess(this.#options.pidFolder, id);
      },
    });
    const exited = running.exited.then(async (exit) => {
      await forget();
      return exit;
    });
    return { ...running, exited, pid, place: (command) => placed({ ...place, cwd }, command) };
  }

  /** A tenant has no process of its own: the command runs beside it, with its environment and a copy of its files. */
  async #placeBesideTenant(
    request: StartRequest,
    { env, command }: { env: Record<string, string>; command: string[] },
  ): Promise<PlacedCommand> {
    const { place, work } = await this.#preparePlace(request, env);
    return placed({ ...place, cwd: place.cwd ?? work }, command);
  }

  /** Brings the container's files up to date and makes its folder. */
  async #preparePlace(
    request: StartRequest,
    env: Record<string, string>,
  ): Promise<{ place: CommandPlace; work: string }> {
    const { container, volumes } = request;
    const folder = this.#podFolder(volumes.facts);
    await writeVolumes(volumes, folder);
    const rewrite = pathRewriter(volumes, container, folder);
    const listen = await this.#listenEnv(request, env);
    const local = (text: string): string =>
      rewrite(text).replaceAll(EVERY_ADDRESS, `$1${listen.HOST}`);
    const own = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, local(value)]),
    );
    const work = join(folder, 'containers', container.name);
    await mkdir(work, { recursive: true, mode: 0o700 });
    const place: CommandPlace = {
      env: {
        ...this.#options.processEnv(volumes.facts.pod.metadata.namespace ?? ''),
        ...listen,
        ...own,
        ...(listen.PORT === undefined ? {} : { PORT: listen.PORT }),
      },
      cwd: workingFolder(container, rewrite),
      local,
      mounts: mountFolders(volumes, container, folder),
      viewFolder: join(folder, 'views', container.name),
    };
    return { place, work };
  }
}

async function placed(place: CommandPlace, command: string[]): Promise<PlacedCommand> {
  return { argv: await placeCommand(place, command), env: place.env, cwd: place.cwd };
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

export function createContainerRunner(options: RunnerOptions): ContainerRunner {
  return new LocalRunner(options);
}
