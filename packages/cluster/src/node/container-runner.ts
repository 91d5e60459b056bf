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
import { startTenantContainer } from './tenant-container.ts';
import type { ContainerContext, ImageRule } from './tenant.ts';
import { pathRewriter, writeVolumes } from './volume-files.ts';
import { readMounted, volumeFiles, volumesOf } from './volumes.ts';
import type { VolumeInput } from './volumes.ts';

export interface RunnerOptions {
  images: ImageRule[];
  podMode: PodMode;
  clock: Clock;
  addresses: PodAddresses;
  /** Base environment of every container. */
  extraEnv: Readonly<Record<string, string>>;
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

const EVERY_ADDRESS = /(^|[=:/])(0\.0\.0\.0|\[::\])(?=$|:)/g;

export function createContainerRunner(options: RunnerOptions): ContainerRunner {
  const { clock, addresses } = options;

  function podFolder(facts: PodFacts): string {
    return join(options.podsFolder, facts.pod.metadata.uid ?? facts.pod.metadata.name);
  }

  function environment(request: StartRequest): Record<string, string> {
    const { facts, source } = request.volumes;
    const api = options.resolve('kubernetes.default', 443, 'default');
    const base = { ...options.extraEnv, HOSTNAME: facts.pod.metadata.name, ...apiServerEnv(api) };
    return resolveEnvironment({ facts, container: request.container, source, base });
  }

  async function startTenant(
    plan: ContainerPlan & { mode: 'tenant' },
    request: StartRequest,
    env: Record<string, string>,
  ): Promise<RunningContainer> {
    const { container, volumes } = request;
    const { pod, podIP } = volumes.facts;
    const namespace = pod.metadata.namespace ?? '';
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
      resolve: (host, port) => options.resolve(host, port, namespace),
      listen: (port) => addresses.listen(podIP, port),
    };
    return startTenantContainer({ start: plan.start, context, controller, clock });
  }

  /** The pod's own address instead of every address of the machine, and the port it is reached at. */
  async function listenEnv(request: StartRequest, env: Record<string, string>): Promise<Record<string, string>> {
    const first = request.container.ports?.[0]?.containerPort;
    const { podIP } = request.volumes.facts;
    if (first === undefined) return { HOST: podIP };
    const bind = await addresses.listen(podIP, first);
    const isMapped = bind.port !== first;
    return { HOST: bind.host, PORT: isMapped || env['PORT'] === undefined ? String(bind.port) : env['PORT'] };
  }

  async function startProcess(
    plan: ContainerPlan & { mode: 'process' },
    request: StartRequest,
    env: Record<string, string>,
  ): Promise<RunningContainer & { pid: number }> {
    const { container, volumes } = request;
    const folder = podFolder(volumes.facts);
    await writeVolumes(volumes, folder);
    const rewrite = pathRewriter(volumes, container, folder);
    const listen = await listenEnv(request, env);
    const local = (text: string): string =>
      rewrite(text).replaceAll(EVERY_ADDRESS, (_, lead: string) => `${lead}${listen['HOST'] ?? ''}`);
    const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, local(value)]));
    const work = join(folder, 'containers', container.name);
    const messageFile = join(work, 'termination-log');
    await mkdir(work, { recursive: true, mode: 0o700 });
    await rm(messageFile, { force: true });
    const cwd = container.workingDir === undefined ? undefined : rewrite(container.workingDir);
    const hasFolder = cwd !== undefined && isAbsolute(cwd) && existsSync(cwd);
    let pid = 0;
    let forget = async (): Promise<void> => {};
    const running = await startProcessContainer({
      argv: plan.argv.map((word) => local(expandVariables(word, env))),
      env: { ...listen, ...own, ...(listen['PORT'] === undefined ? {} : { PORT: listen['PORT'] }), ...plan.env },
      cwd: hasFolder ? cwd : plan.isLocalCommand ? undefined : work,
      messageFile,
      clock,
      log: (line) => request.log(line),
      async started(id) {
        pid = id;
        forget = await rememberProcess(options.pidFolder, id);
      },
    });
    const exited = running.exited.then(async (exit) => {
      await forget();
      return exit;
    });
    return { ...running, exited, pid };
  }

  return {
    plan: (facts, container) => planContainer({ ...options, pod: facts.pod, container }),
    async start(request) {
      const { container, volumes } = request;
      const plan = planContainer({ ...options, pod: volumes.facts.pod, container });
      const env = environment(request);
      const { uid = '' } = volumes.facts.pod.metadata;
      if (plan.mode === 'tenant') {
        const running = await startTenant(plan, request, env);
        const containerID = `tenant://${uid}/${container.name}/${request.restartCount}`;
        return { ...running, mode: 'tenant', label: plan.label, containerID };
      }
      const running = await startProcess(plan, request, env);
      return { ...running, mode: 'process', label: plan.label, containerID: `process://${running.pid}` };
    },
    writeFiles: (volumes) => writeVolumes(volumes, podFolder(volumes.facts)),
    removeFiles: (facts) => rm(podFolder(facts), { recursive: true, force: true }),
  };
}
