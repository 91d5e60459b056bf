/** Starts one container: decides how it runs, gives it env, files, address and log. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Clock } from '@kagent/kube';

import type { Container, Service } from '../workloads/objects.ts';
import type { HostPort, PodAddresses } from './addresses.ts';
import type { PodFacts } from './config-source.ts';
import { captureOutput } from './capture-output.ts';
import { localPlace, placed } from './container-place.ts';
import type { LocalPlace, PlacedCommand } from './container-place.ts';
import type { EngineFinder } from './engine/container-engine.ts';
import { ensureImage } from './engine/engine-image.ts';
import { startOnEngine } from './engine/start-on-engine.ts';
import { resolveEnvironment } from './environment.ts';
import { expandVariables } from './expand.ts';
import { ImageProblem, planContainer, unknownImage } from './image-rules.ts';
import type { ContainerPlan, PodMode } from './image-rules.ts';
import { rememberProcess } from './leftover-processes.ts';
import { startProcessContainer } from './process-container.ts';
import type { RunningContainer } from './running-container.ts';
import { serviceEnvironment } from './service-environment.ts';
import { startTenantContainer } from './tenant-container.ts';
import type { ContainerContext, ImageRule } from './tenant.ts';
import { checkVolumes, writeVolumes } from './volume-files.ts';
import { mountsOf, readMounted } from './volumes.ts';
import type { VolumeInput } from './volumes.ts';

export interface RunnerOptions {
  images: ImageRule[];
  podMode: PodMode;
  clock: Clock;
  addresses: PodAddresses;
  /** Base environment of tenants and processes. */
  extraEnv: Readonly<Record<string, string>>;
  /** What processes get beside: how cluster names are reached. Containers may override it. */
  processEnv(namespace: string): Record<string, string>;
  /** For the variables that tell of Services. */
  services(namespace: string): Service[];
  /** Runs images no rule knows. */
  engines: EngineFinder;
  /** Marks the containers of this node on an engine that others use too. */
  owner: string;
  /** `<dataDir>/pods` */
  podsFolder: string;
  /** Where process ids are remembered. */
  pidFolder: string;
  resolve(host: string, port: number, namespace: string): HostPort | undefined;
}

export interface PreparedImage {
  plan: ContainerPlan;
  /** Of the event `Pulled`. */
  message: string;
  imageID: string;
}

export interface StartRequest {
  container: Container;
  image: PreparedImage;
  volumes: VolumeInput;
  restartCount: number;
  /** The container of the pod whose processes an ephemeral one wants to see. */
  beside?: StartedContainer;
  log(line: string): void;
}

export interface StartedContainer extends RunningContainer {
  mode: ContainerPlan['mode'];
  containerID: string;
  /** Its process group on this machine; tenants have none. */
  group?: number;
  /** Who it runs as; the engine's containers are what their image says. */
  user?: { uid: number; gid: number } | undefined;
  /** Its name on the engine. */
  engineName?: string;
  /** A command of `kubectl exec` as it is run on this machine. Rejects with ConfigProblem when its files can't be written. */
  place(command: string[], options?: { tty?: boolean }): Promise<PlacedCommand>;
}

export interface ContainerRunner {
  /**
   * Finds what runs the container and fetches its image, `pulling` being called before that. Rejects with ImageProblem,
   * ConfigProblem.
   */
  prepareImage(facts: PodFacts, container: Container, pulling: () => void): Promise<PreparedImage>;
  /** Rejects with ConfigProblem, or the error of the start itself. */
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
type EnginePlan = ContainerPlan & { mode: 'engine' };

class LocalRunner implements ContainerRunner {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  async prepareImage(
    facts: PodFacts,
    container: Container,
    pulling: () => void,
  ): Promise<PreparedImage> {
    const { images, podMode, engines, clock } = this.#options;
    const plan = planContainer({ images, podMode, pod: facts.pod, container });
    if (plan !== undefined) {
      const message = `Container image "${container.image ?? ''}" already present on machine and can be accessed by the pod`;
      return { plan, message, imageID: plan.label };
    }
    const engine = await engines.find();
    if (engine === undefined) throw new ImageProblem(unknownImage(images));
    const { id, message } = await ensureImage(engine, container, {
      pulling,
      now: () => clock.now(),
    });
    return { plan: { mode: 'engine', label: engine.name, engine }, message, imageID: id };
  }

  start(request: StartRequest): Promise<StartedContainer> {
    const { plan } = request.image;
    switch (plan.mode) {
      case 'tenant':
        return this.#startTenant(plan, request);
      case 'process':
        return this.#startProcess(plan, request);
      case 'engine':
        return this.#startOnEngine(plan, request);
    }
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

  /**
   * What `env` and `envFrom` of the container say, over what every container has. Tenants get no variables of other
   * Services: they have `resolve`, and a thousand of them beside a thousand Services would hold millions.
   */
  #environment(
    { volumes, container }: StartRequest,
    { base, isTenant = false }: { base: Readonly<Record<string, string>>; isTenant?: boolean },
  ): Record<string, string> {
    const { facts, source } = volumes;
    const { pod } = facts;
    const { resolve, services } = this.#options;
    const links =
      isTenant || pod.spec.enableServiceLinks === false
        ? {}
        : serviceEnvironment(services(pod.metadata.namespace ?? ''));
    const given = {
      ...base,
      HOSTNAME: pod.spec.hostname ?? pod.metadata.name,
      ...serviceEnvironment(services('default').filter(isApiServer)),
      ...links,
      ...apiServerEnv(resolve('kubernetes.default', 443, 'default')),
    };
    return resolveEnvironment({ facts, container, source, base: given });
  }

  async #startTenant(plan: TenantPlan, request: StartRequest): Promise<StartedContainer> {
    const { container, volumes, restartCount } = request;
    const { pod, podIP } = volumes.facts;
    const { addresses, clock, resolve, extraEnv } = this.#options;
    const env = this.#environment(request, { base: extraEnv, isTenant: true });
    const namespace = pod.metadata.namespace ?? '';
    const { uid = '' } = pod.metadata;
    // Every volume must be there before a container starts, as on any node.
    checkVolumes(volumes);
    const mounted = { ...container, volumeMounts: mountsOf(container, env) };
    const controller = new AbortController();
    const expand = (text: string): string => expandVariables(text, env);
    const context: ContainerContext = {
      namespace,
      podName: pod.metadata.name,
      podUID: uid,
      podIP,
      containerName: container.name,
      image: container.image ?? '',
      command: (container.command ?? []).map(expand),
      args: (container.args ?? []).map(expand),
      env,
      readFile(path) {
        const bytes = readMounted(volumes, mounted, path);
        return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
      },
      log: (line) => request.log(line),
      signal: controller.signal,
      resolve: (host, port) => resolve(host, port, namespace),
      listen: (port) => addresses.listen(podIP, port),
    };
    const running = await startTenantContainer({ start: plan.start, context, controller, clock });
    // A tenant has no process of its own: commands run beside it, with its environment and a copy of its files.
    const place = async (command: string[]): Promise<PlacedCommand> => {
      const { place: own, work } = await this.#place(request, env);
      return placed({ ...own, cwd: own.cwd ?? work }, command);
    };
    const containerID = `tenant://${uid}/${container.name}/${restartCount}`;
    return { ...running, mode: 'tenant', containerID, place, user: thisUser() };
  }

  #place({ container, volumes }: StartRequest, env: Record<string, string>): Promise<LocalPlace> {
    const { addresses, processEnv } = this.#options;
    const { facts } = volumes;
    return localPlace({
      container,
      volumes,
      addresses,
      env,
      podFolder: this.#podFolder(facts),
      processEnv: processEnv(facts.pod.metadata.namespace ?? ''),
    });
  }

  async #startProcess(plan: ProcessPlan, request: StartRequest): Promise<StartedContainer> {
    const { container } = request;
    const { clock, extraEnv, pidFolder } = this.#options;
    const env = this.#environment(request, { base: extraEnv });
    const { place, work, messageFile } = await this.#place(request, { ...env, ...plan.env });
    await rm(messageFile, { force: true });
    const cwd = place.cwd ?? (plan.isLocalCommand ? undefined : work);
    let group = 0;
    let forget = async (): Promise<void> => {};
    const running = await startProcessContainer({
      argv: plan.argv.map((word) => place.local(expandVariables(word, env))),
      env: { ...place.env, ...plan.env },
      cwd,
      messageFile,
      ...(container.stdin === true && { stdin: container.stdinOnce === true ? 'once' : 'open' }),
      clock,
      log: (line) => request.log(line),
      started: async (id) => {
        group = id;
        forget = await rememberProcess(pidFolder, id);
      },
    });
    const exited = running.exited.then(async (exit) => {
      await forget();
      return exit;
    });
    return {
      ...running,
      exited,
      mode: 'process',
      containerID: `process://${group}`,
      group,
      user: thisUser(),
      exec: (command, timeoutMs) =>
        captureOutput(command.map(place.local), { env: place.env, cwd, timeoutMs }),
      place: (command) => placed({ ...place, cwd }, command),
    };
  }

  async #startOnEngine(plan: EnginePlan, request: StartRequest): Promise<StartedContainer> {
    const { container, volumes, restartCount, beside } = request;
    const { clock, addresses, owner } = this.#options;
    const { engine } = plan;
    const running = await startOnEngine({
      engine,
      container,
      volumes,
      restartCount,
      addresses,
      clock,
      owner,
      podFolder: this.#podFolder(volumes.facts),
      env: this.#environment(request, { base: {} }),
      beside: beside?.engineName,
      log: (line) => request.log(line),
    });
    const { id, pid, name, ...rest } = running;
    const containerID = `${engine.name}://${id}`;
    return {
      ...rest,
      mode: 'engine',
      containerID,
      engineName: name,
      ...(pid > 0 && { group: pid }),
    };
  }
}

/** Undefined on systems without numbered users. */
function thisUser(): { uid: number; gid: number } | undefined {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** The API server's Service is told of everywhere, even without service links. */
function isApiServer({ metadata }: Service): boolean {
  return metadata.name === 'kubernetes';
}

export function createContainerRunner(options: RunnerOptions): ContainerRunner {
  return new LocalRunner(options);
}
