/** What a container would do if it were started now: from its spec, the image table and the state of the cluster. Pure. */
import { X509Certificate } from 'node:crypto';

import { parse as parseYaml } from 'yaml';

import { ConfigProblem } from '../node/config-problem.ts';
import type { ConfigSource, PodFacts } from '../node/config-source.ts';
import { parseQuantity } from '../node/downward.ts';
import { resolveEnvironment } from '../node/environment.ts';
import { expandVariables } from '../node/expand.ts';
import { readMounted, volumeFiles } from '../node/volumes.ts';
import type { VolumeInput } from '../node/volumes.ts';
import type { Container, Pod } from '../workloads/objects.ts';
import type { Connection } from './network.ts';
import { fill } from './fill.ts';
import type { ImageBehaviour, Listener, Need, Run } from './scenario.ts';

export interface AssessContext {
  facts: PodFacts;
  container: Container;
  source: ConfigSource;
  images: readonly ImageBehaviour[];
  now: number;
  connect(pod: Pod, address: string): Connection;
}

export interface UnmetNeed {
  need: Need;
  /** What is wrong, as the process would print it. */
  error: string;
}

/** A container that can be started, and what becomes of it. */
export interface RunPlan {
  run: Run;
  env: Record<string, string>;
  unmet: UnmetNeed[];
  /** Bytes it will use, and the limit it then meets. */
  memory: number;
  memoryLimit: number | undefined;
  cpu: number;
  /** Cores shared by all containers of the image. */
  load: number;
  disk: number;
  listens: { port: number; paths: Record<string, number> | undefined; readyPaths: string[] }[];
}

export type Assessment = { problem: string } | RunPlan;

const DEFAULT_MEMORY = '48Mi';
const READY_PATHS = ['/readyz', '/ready'];

function toPattern(image: string): RegExp {
  const parts = image
    .split('*')
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`);
}

export function behaviourOf(
  images: readonly ImageBehaviour[],
  image: string,
): ImageBehaviour | undefined {
  return images.find((candidate) => toPattern(candidate.image).test(image));
}

/** Whether a text from a scenario matches; a pattern that is none matches nothing. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 's').test(text);
  } catch {
    return false;
  }
}

function commandLine(container: Container, env: Record<string, string>): string {
  return [...(container.command ?? []), ...(container.args ?? [])]
    .map((word) => expandVariables(word, env))
    .join(' ');
}

function runOf(behaviour: ImageBehaviour, env: Record<string, string>, command: string): Run {
  const chosen = behaviour.cases?.find(({ when }) => {
    if (when.args !== undefined && !matches(when.args, command)) return false;
    return Object.entries(when.env ?? {}).every(([name, pattern]) =>
      matches(pattern, env[name] ?? ''),
    );
  });
  return { ...behaviour, ...chosen };
}

function formatError(need: Need, text: string, now: number): string | undefined {
  try {
    switch (need.format) {
      case 'json':
        JSON.parse(text);
        return undefined;
      case 'yaml':
        parseYaml(text);
        return undefined;
      case 'certificate': {
        const { validTo, validFrom } = new X509Certificate(text);
        const shown = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
        const end = new Date(validTo);
        if (end.getTime() < now)
          return `x509: certificate has expired or is not yet valid: current time ${shown} is after ${end.toISOString().replace(/\.\d+Z$/, 'Z')}`;
        if (Date.parse(validFrom) > now)
          return `x509: certificate has expired or is not yet valid: current time ${shown} is before ${new Date(validFrom).toISOString().replace(/\.\d+Z$/, 'Z')}`;
        return undefined;
      }
      case undefined:
        return undefined;
    }
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0] : String(error);
  }
}

function unmetNeed(
  need: Need,
  context: AssessContext,
  at: { env: Record<string, string>; command: string; volumes: VolumeInput },
): string | undefined {
  if (need.connect !== undefined) {
    const address = fill(need.connect, { env: at.env });
    return context.connect(context.facts.pod, address);
  }
  if (need.args !== undefined) return matches(need.args, at.command) ? undefined : at.command;
  let text: string | undefined;
  if (need.file === undefined) text = at.env[need.env ?? ''];
  else {
    const bytes = readMounted(at.volumes, context.container, need.file);
    if (bytes === undefined) return `open ${need.file}: no such file or directory`;
    text = Buffer.from(bytes).toString('utf8');
  }
  if (text === undefined || text === '') return `${need.env ?? need.file} is not set`;
  if (need.matches !== undefined && !matches(need.matches, text)) {
    return need.file === undefined ? `invalid value ${JSON.stringify(text)}` : `invalid content`;
  }
  return formatError(need, text, context.now);
}

function numberOr(text: string | number | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  try {
    return parseQuantity(text);
  } catch {
    return fallback;
  }
}

function listenerOf({ port, paths, readyPaths }: Listener, env: Record<string, string>) {
  return {
    port: Number(fill(String(port), { env })),
    paths,
    readyPaths: readyPaths ?? READY_PATHS,
  };
}

/** `problem`: why kubelet cannot create it (`CreateContainerConfigError`). */
export function assess(context: AssessContext, behaviour: ImageBehaviour): Assessment {
  const { facts, container, source } = context;
  const volumes: VolumeInput = { facts, source, token: () => 'token' };
  let env: Record<string, string>;
  try {
    env = resolveEnvironment({ facts, container, source, base: {} });
  } catch (error) {
    if (error instanceof ConfigProblem) return { problem: error.message };
    throw error;
  }
  const command = commandLine(container, env);
  const run = runOf(behaviour, env, command);
  const unmet: UnmetNeed[] = [];
  for (const need of run.needs ?? []) {
    const error = unmetNeed(need, context, { env, command, volumes });
    if (error !== undefined) unmet.push({ need, error });
  }
  const limit = container.resources?.limits?.['memory'];
  return {
    run,
    env,
    unmet,
    memory: numberOr(run.memory ?? DEFAULT_MEMORY, 0),
    memoryLimit: limit === undefined ? undefined : numberOr(limit, Number.POSITIVE_INFINITY),
    cpu: numberOr(run.cpu, 0.015),
    load: numberOr(run.load, 0),
    disk: numberOr(run.disk, 0),
    listens: (run.listens ?? []).map((listener) => listenerOf(listener, env)),
  };
}

/** Why a volume of the pod cannot be mounted, in kubelet's words; undefined when all can. */
export function mountProblem(facts: PodFacts, source: ConfigSource): string | undefined {
  const input: VolumeInput = { facts, source, token: () => 'token' };
  for (const volume of facts.pod.spec.volumes ?? []) {
    if (!volume.configMap && !volume.secret && !volume.projected && !volume.downwardAPI) continue;
    try {
      volumeFiles(input, volume);
    } catch (error) {
      if (!(error instanceof ConfigProblem)) throw error;
      const text = error.message.replace(
        /^(configmap|secret) "[^"]*" references non-existent key/,
        '$1 references non-existent config key',
      );
      const isKey = text !== error.message;
      const shown =
        isKey && volume.secret
          ? text.replace(
              'secret references non-existent config key',
              'references non-existent secret key',
            )
          : text;
      return `MountVolume.SetUp failed for volume "${volume.name}" : ${shown}`;
    }
  }
  return undefined;
}

/** What differs when a container would fare differently: equal texts, equal fate. */
export function fateOf(assessment: Assessment): string {
  if ('problem' in assessment) return assessment.problem;
  const { unmet, memory, memoryLimit, run } = assessment;
  const wrong = unmet.map(({ error }) => error.replaceAll(/current time \S+/g, ''));
  return JSON.stringify([wrong, memory, memoryLimit, run.runs, run.exit]);
}
