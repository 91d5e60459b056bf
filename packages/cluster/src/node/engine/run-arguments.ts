/** The command line that runs a container of a pod. Pure; values of variables never stand in it. */
import type { Container, Pod } from '../../workloads/objects.ts';
import { parseQuantity } from '../downward.ts';

export type EngineNetwork = 'bridge' | 'host';

export interface EngineMount {
  /** Folder or file of this machine. */
  source: string;
  /** Path inside the container. */
  target: string;
  isReadOnly: boolean;
}

export interface PublishedPort {
  host: string;
  port: number;
  containerPort: number;
  protocol: string;
}

export interface RunArguments {
  pod: Pod;
  container: Container;
  name: string;
  /** Value of the label that says whose container it is. */
  owner: string;
  network: EngineNetwork;
  /** Ports of the bridge network only. */
  ports: PublishedPort[];
  /** Another container of the engine whose network and processes it shares. */
  beside?: string | undefined;
  mounts: EngineMount[];
  envFile: string;
  /** Variables whose value the engine takes from its own environment: those an env file cannot hold. */
  passedEnv: string[];
  command: string[];
  args: string[];
}

/** Containers of a node carry it, so that the next start finds what a killed one left. */
export const OWNER_LABEL = 'kagent.dev/node';

/** As kubelet named the containers it made with docker. */
export function containerName(pod: Pod, container: string, attempt: number): string {
  const { name, namespace = '', uid = '' } = pod.metadata;
  return `kagent_${name}_${namespace}_${container}_${uid}_${attempt}`;
}

interface SecurityContext {
  runAsUser?: number;
  runAsGroup?: number;
  readOnlyRootFilesystem?: boolean;
  fsGroup?: number;
  supplementalGroups?: number[];
}

function userArguments(pod: Pod, container: Container): string[] {
  const context: SecurityContext = { ...pod.spec.securityContext, ...container.securityContext };
  const { runAsUser, runAsGroup, readOnlyRootFilesystem, supplementalGroups = [] } = context;
  const groups = context.fsGroup === undefined ? [] : [context.fsGroup];
  const group = runAsGroup === undefined ? '' : `:${runAsGroup}`;
  return [
    ...(runAsUser === undefined ? [] : ['--user', `${runAsUser}${group}`]),
    ...[...groups, ...supplementalGroups].flatMap((id) => ['--group-add', String(id)]),
    ...(readOnlyRootFilesystem === true ? ['--read-only'] : []),
  ];
}

function limitArguments({ resources }: Container): string[] {
  const { cpu, memory } = resources?.limits ?? {};
  return [
    ...(cpu === undefined ? [] : ['--cpus', String(parseQuantity(cpu))]),
    ...(memory === undefined ? [] : ['--memory', `${Math.ceil(parseQuantity(memory))}b`]),
  ];
}

function networkArguments({ network, ports, pod, beside }: RunArguments): string[] {
  if (beside !== undefined)
    return ['--network', `container:${beside}`, '--pid', `container:${beside}`];
  const aliases = (pod.spec.hostAliases ?? []).flatMap(({ ip, hostnames = [] }) =>
    hostnames.flatMap((hostname) => ['--add-host', `${hostname}:${ip}`]),
  );
  if (network === 'host') return ['--network', 'host', ...aliases];
  const published = ports.flatMap(({ host, port, containerPort, protocol }) => [
    '--publish',
    `${host}:${port}:${containerPort}/${protocol}`,
  ]);
  const hostname = pod.spec.hostname ?? pod.metadata.name;
  return ['--hostname', hostname.slice(0, 63), ...published, ...aliases];
}

/** Everything behind the name of the engine. The image must be there already. */
export function runArguments(options: RunArguments): string[] {
  const { pod, container, name, owner, mounts, envFile, passedEnv, command, args } = options;
  const { namespace = '', uid = '' } = pod.metadata;
  const [entrypoint, ...words] = command;
  const labels = {
    [OWNER_LABEL]: owner,
    'io.kubernetes.pod.namespace': namespace,
    'io.kubernetes.pod.name': pod.metadata.name,
    'io.kubernetes.pod.uid': uid,
    'io.kubernetes.container.name': container.name,
  };
  return [
    'run',
    '--name',
    name,
    '--pull',
    'never',
    ...Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`]),
    ...networkArguments(options),
    '--security-opt',
    'label=disable',
    ...mounts.flatMap(({ source, target, isReadOnly }) => [
      '--mount',
      `type=bind,source=${source},destination=${target}${isReadOnly ? ',readonly' : ''}`,
    ]),
    '--env-file',
    envFile,
    ...passedEnv.flatMap((variable) => ['--env', variable]),
    ...(container.workingDir === undefined ? [] : ['--workdir', container.workingDir]),
    ...userArguments(pod, container),
    ...limitArguments(container),
    ...(container.stdin === true ? ['--interactive'] : []),
    ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
    container.image ?? '',
    ...words,
    ...args,
  ];
}

/** Printable ASCII without `=` (https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/). */
const VARIABLE_NAME = /^[ -<>-~]+$/;
/** An env file has no words for these names: they would be a comment, or end early. */
const NOT_IN_FILE = /^#| /;

/**
 * What goes into an env file, and the names of what cannot: a file holds one line a value. Names no container could have
 * are left out, and so is what cannot be in a file where the engine itself needs the name or takes it for a pattern.
 */
export function envFileOf(
  env: Readonly<Record<string, string>>,
  engineEnv: Readonly<Record<string, string>>,
): { text: string; passed: Record<string, string> } {
  const lines: string[] = [];
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (!VARIABLE_NAME.test(name)) continue;
    if (!/[\r\n]/.test(value) && !NOT_IN_FILE.test(name)) lines.push(`${name}=${value}\n`);
    else if (!Object.hasOwn(engineEnv, name) && !name.endsWith('*')) passed[name] = value;
  }
  return { text: lines.join(''), passed };
}
