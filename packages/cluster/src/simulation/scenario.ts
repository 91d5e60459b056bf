/** What a Scenario says: the sick cluster, how its images behave, and when it counts as repaired. */
import type { KubeObject, ResourceType } from '@kagent/kube';

import type { Condition, IntOrString } from '../workloads/objects.ts';

export const SCENARIO_GROUP = 'cluster.kagent.dev';
export const SCENARIO_VERSION = 'v1alpha1';

/** `350ms`, `10s`, `4m`, `3h`. */
export type Duration = string;

export interface SimulatedNode {
  name: string;
  labels?: Record<string, string>;
  taints?: { key: string; value?: string; effect: string }[];
  /** Default: 4 CPUs, 16Gi of memory, 40Gi of disk, 110 pods. */
  capacity?: Record<string, IntOrString>;
  unschedulable?: boolean;
  /** How long ago its kubelet fell silent. */
  silentFor?: Duration;
}

/** When a case applies; all that is given must hold. Values are regular expressions. */
export interface RunCondition {
  /** Environment variable → pattern; a variable that is not set counts as empty. */
  env?: Record<string, string>;
  /** Command and arguments, joined with spaces. */
  args?: string;
}

/** Something a container needs; exactly one of `env`, `file`, `connect`, `args` names it. */
export interface Need {
  /** This environment variable, not empty. */
  env?: string;
  /** This file, in a mounted volume. */
  file?: string;
  /** `host:port`; `${NAME}` is the container's variable. The name must resolve and somebody must listen. */
  connect?: string;
  /** Command and arguments, joined with spaces, must match this pattern. */
  args?: string;
  /** Pattern that the variable or file must match. */
  matches?: string;
  /** What the file must be. */
  format?: 'json' | 'yaml' | 'certificate';
  /**
   * What happens without it: the process ends (`crash`), waits before it does anything (`wait`), answers 503 on its
   * readiness paths (`unready`), or only complains (`log`). Default `crash`.
   */
  otherwise?: 'crash' | 'wait' | 'unready' | 'log';
  /** Exit code of `crash`. Default 1. */
  exit?: number;
  /** How long it tries before it crashes. Default `1s`. */
  after?: Duration;
  /** What it writes then. `${error}` says what is wrong, as the operating system or parser would. */
  log?: string[];
}

export interface Listener {
  /** Number, or `${PORT:-8080}`. */
  port: IntOrString;
  /** Path → status code; other paths give 404. Without it the port speaks no HTTP. */
  paths?: Record<string, number>;
  /** Paths that answer 503 while a need with `unready` is not met. Default: `/readyz`, `/ready`. */
  readyPaths?: string[];
}

/** What a container does once its image is there. */
export interface Run {
  /** From start to listening. Default `2s`. */
  startup?: Duration;
  /** Ends by itself after this long, with `exit` (default 0). */
  runs?: Duration;
  exit?: number;
  /** Working set; above the memory limit it is killed after `growth`. Default `48Mi`. */
  memory?: string;
  /** How long it takes to use `memory` and `disk`. Default `20s`. */
  growth?: Duration;
  /** Default `15m`. */
  cpu?: string;
  /** CPU that all running containers of the image share, on top of `cpu`: work that is spread over them. */
  load?: string;
  /** What it writes to its own disk. Default none. */
  disk?: string;
  listens?: Listener[];
  needs?: Need[];
  logs?: { start?: string[]; every?: Duration; lines?: string[]; stop?: string[] };
}

export interface ImageBehaviour extends Run {
  /** Reference; `*` stands for any characters. The first match counts. */
  image: string;
  /** `error`: why it cannot be pulled. `secret`: registry for which the pod needs a pull secret. */
  pull?: { error?: string; secret?: string };
  /** The first case whose `when` holds is laid over the rest. */
  cases?: (Run & { when: RunCondition })[];
}

export interface ObjectReference {
  apiVersion: string;
  kind: string;
  namespace?: string;
  /** Without it: the list of all that `selector` selects. */
  name?: string;
  selector?: string;
}

/** One criterion; exactly one of `that`, `unchanged`, `connects`. */
export interface Check {
  name: string;
  /** Why it matters, for whoever failed it. */
  why?: string;
  /** CEL over the objects of `get` and `now` (RFC 3339 text); an object that is not there is null, a list is a list. */
  that?: string;
  get?: Record<string, ObjectReference>;
  /** Objects of the scenario whose spec or data must be what it was. */
  unchanged?: ObjectReference[];
  /** The pods of `from` reach `to` (`host:port`). */
  connects?: { from: { namespace: string; selector: string }; to: string };
}

/** One step of a repair; exactly one of the fields. */
export interface SolutionStep {
  patch?: ObjectReference & { type?: 'strategic' | 'merge' | 'json'; body: unknown };
  apply?: KubeObject;
  delete?: ObjectReference;
  /** Evicts the pods of the reference, as `kubectl drain` does, until none is left there. */
  evict?: ObjectReference & { node?: string };
}

export interface PastEvent {
  on: ObjectReference;
  /** How long ago it was last seen. */
  ago: Duration;
  /** How long ago it was first seen. Default `ago`. */
  since?: Duration;
  type?: 'Normal' | 'Warning';
  reason: string;
  message: string;
  count?: number;
  component?: string;
}

export interface ScenarioSpec {
  title: string;
  /** What somebody would report. */
  symptom: string;
  difficulty?: 'easy' | 'medium' | 'hard';
  tags?: string[];
  /** How long ago it began. Default `50m`. */
  age?: Duration;
  nodes?: SimulatedNode[];
  images?: ImageBehaviour[];
  /** Applied in order. */
  objects: KubeObject[];
  /** Applied one by one, each when the cluster has come to rest after the one before: what somebody did later. */
  later?: { ago: Duration; apply?: KubeObject; patch?: SolutionStep['patch'] }[];
  history?: { events?: PastEvent[] };
  /** `namespace/prefix of pod names` → STATUS that `kubectl get pods` shows. */
  shows?: Record<string, string>;
  verify?: Check[];
  solution?: { hints?: string[]; steps: SolutionStep[] };
}

export interface Scenario extends KubeObject {
  spec: ScenarioSpec;
  status?: {
    /** `Starting`, `Running`, `Failed`. */
    phase?: string;
    message?: string;
    namespaces?: string[];
    nodes?: string[];
    conditions?: Condition[];
  };
}

export const SCENARIOS: ResourceType<Scenario> = {
  group: SCENARIO_GROUP,
  version: SCENARIO_VERSION,
  kind: 'Scenario',
  plural: 'scenarios',
  namespaced: false,
};

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `1h30m`, `10s`, `350ms`; `fallback` when it is undefined or none. */
export function durationMs(text: Duration | undefined, fallback = 0): number {
  if (text === undefined || !/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return fallback;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    sum += Number(amount) * UNITS[unit!]!;
  }
  return sum;
}

/** Namespaces the scenario makes: only its own pods live there. Sorted. */
export function namespacesOf(spec: ScenarioSpec): string[] {
  const found = new Set<string>();
  for (const object of [
    ...spec.objects,
    ...(spec.later ?? []).flatMap(({ apply = [] }) => apply),
  ]) {
    if (object.kind === 'Namespace') found.add(object.metadata.name);
    else if (object.metadata.namespace !== undefined) found.add(object.metadata.namespace);
  }
  return [...found].toSorted();
}
