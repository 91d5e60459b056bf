/**
 * What this node and its pods use, measured only when somebody asks: CPU from the difference of two measurements, at least
 * a second apart. Processes are counted with their whole group. Tenants share this process: each gets an equal share of
 * what the process uses beyond what it used when the node started.
 */
import { cpus, freemem, totalmem } from 'node:os';

import type { Clock } from '@kagent/kube';

import type { MetricsSource, NodeUsage, PodUsage } from '../metrics-source.ts';
import { processesOf } from './processes.ts';
import type { ProcessInfo } from './processes.ts';

/** One running container. */
export interface MeasuredContainer {
  namespace: string;
  pod: string;
  name: string;
  /** Changes with every run. */
  id: string;
  startedAt: number;
  /** Its process group; without one it is a tenant of this process. */
  group: number | undefined;
}

export interface Machine {
  /** CPU time of all cores so far, without idling. */
  cpuMs(): number;
  memory(): number;
  /** Of this process. */
  own(): { cpuMs: number; memory: number };
  processes(groups: ReadonlySet<number>): Promise<ProcessInfo[]>;
}

export const thisMachine: Machine = {
  cpuMs: () =>
    cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0),
  memory: () => totalmem() - freemem(),
  own() {
    const { user, system } = process.cpuUsage();
    return { cpuMs: (user + system) / 1000, memory: process.memoryUsage.rss() };
  },
  processes: processesOf,
};

export interface NodeUsageOptions {
  nodeName: string;
  clock: Clock;
  containers(): MeasuredContainer[];
  /** Aborts when the node stops. */
  signal: AbortSignal;
  machine?: Machine;
}

const SHORTEST_WINDOW_MS = 1000;
/** An older measurement says too little about now. */
const LONGEST_WINDOW_MS = 60_000;

interface Measurement {
  time: number;
  cpuMs: number;
  memory: number;
  own: { cpuMs: number; memory: number };
  containers: Map<string, { container: MeasuredContainer; cpuMs: number; memory: number }>;
}

class MeasuredNode implements MetricsSource {
  readonly #options: NodeUsageOptions;
  readonly #machine: Machine;
  readonly #first: Measurement;
  #last: Measurement;
  #nodes: NodeUsage[] = [];
  #pods: PodUsage[] = [];
  #refreshing: Promise<void> | undefined;

  constructor(options: NodeUsageOptions) {
    this.#options = options;
    this.#machine = options.machine ?? thisMachine;
    this.#first = this.#totals();
    this.#last = this.#first;
  }

  nodes(): NodeUsage[] {
    return this.#nodes;
  }

  pods(): PodUsage[] {
    return this.#pods;
  }

  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const { clock, signal } = this.#options;
    let age = clock.now() - this.#last.time;
    if (age > LONGEST_WINDOW_MS) {
      this.#last = await this.#measure();
      age = 0;
    } else if (age < SHORTEST_WINDOW_MS && this.#nodes.length > 0) return;
    if (age < SHORTEST_WINDOW_MS)
      await clock.sleep(SHORTEST_WINDOW_MS - age, signal).catch(() => {});
    if (signal.aborted) return;
    const now = await this.#measure();
    this.#compare(this.#last, now);
    this.#last = now;
  }

  #totals(): Measurement {
    return {
      time: this.#options.clock.now(),
      cpuMs: this.#machine.cpuMs(),
      memory: this.#machine.memory(),
      own: this.#machine.own(),
      containers: new Map(),
    };
  }

  async #measure(): Promise<Measurement> {
    const containers = this.#options.containers();
    const groups = new Set(containers.flatMap(({ group }) => group ?? []));
    const processes = Map.groupBy(await this.#machine.processes(groups), ({ group }) => group);
    const measurement = this.#totals();
    const tenants = containers.filter(isTenant).length;
    const { own } = measurement;
    for (const container of containers) {
      const { group } = container;
      const parts = group === undefined ? [] : (processes.get(group) ?? []);
      const sum = (key: 'cpuMs' | 'memory') => parts.reduce((total, part) => total + part[key], 0);
      const share = Math.max(0, own.memory - this.#first.own.memory) / Math.max(1, tenants);
      const used = isTenant(container)
        ? { cpuMs: 0, memory: share }
        : { cpuMs: sum('cpuMs'), memory: sum('memory') };
      measurement.containers.set(container.id, { container, ...used });
    }
    return measurement;
  }

  #compare(before: Measurement, now: Measurement): void {
    const { nodeName } = this.#options;
    const windowMs = Math.max(1, now.time - before.time);
    const cpu = Math.max(0, now.cpuMs - before.cpuMs) / windowMs;
    this.#nodes = [{ name: nodeName, cpu, memory: now.memory, time: now.time, windowMs }];
    const measured = [...now.containers.values()];
    const tenants = measured.filter(({ container }) => isTenant(container)).length;
    const tenantCpu =
      Math.max(0, now.own.cpuMs - before.own.cpuMs) / windowMs / Math.max(1, tenants);
    const pods = new Map<string, PodUsage>();
    for (const { container, cpuMs, memory } of measured) {
      const { namespace, pod, name, id, startedAt } = container;
      const known = before.containers.get(id);
      const ranMs = Math.max(1, now.time - (known === undefined ? startedAt : before.time));
      const usage = isTenant(container)
        ? tenantCpu
        : Math.max(0, cpuMs - (known?.cpuMs ?? 0)) / ranMs;
      const key = `${namespace}/${pod}`;
      const entry = pods.get(key) ?? {
        namespace,
        name: pod,
        containers: [],
        time: now.time,
        windowMs,
      };
      entry.containers.push({ name, cpu: usage, memory });
      pods.set(key, entry);
    }
    this.#pods = [...pods.values()];
  }
}

function isTenant({ group }: MeasuredContainer): boolean {
  return group === undefined;
}

/** The first window begins now. */
export function createNodeUsage(options: NodeUsageOptions): MetricsSource {
  return new MeasuredNode(options);
}
