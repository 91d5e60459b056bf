import { describe, expect, it } from 'vitest';

import { createNodeUsage } from './node-usage.ts';
import type { Machine, MeasuredContainer } from './node-usage.ts';
import { parsePs, processesOf } from './processes.ts';

const GIB = 2 ** 30;

/** A machine and a clock whose sleep lets time pass. */
function scene() {
  const world = { now: 1000, cpuMs: 0, own: { cpuMs: 500, memory: GIB }, processes: [[7, 0, 0]] };
  const containers: MeasuredContainer[] = [];
  const machine: Machine = {
    cpuMs: () => world.cpuMs,
    memory: () => 3 * GIB,
    own: () => world.own,
    processes: async (groups) =>
      world.processes.flatMap(([group = 0, cpuMs = 0, memory = 0]) =>
        groups.has(group) ? [{ pid: group, parent: 1, group, cpuMs, memory }] : [],
      ),
  };
  let slept = 0;
  const clock = {
    now: () => world.now,
    async sleep(ms: number) {
      slept += ms;
      world.now += ms;
      world.cpuMs += ms;
    },
  };
  const { signal } = new AbortController();
  const usage = createNodeUsage({
    nodeName: 'n',
    clock,
    machine,
    signal,
    containers: () => containers,
  });
  return { world, containers, usage, slept: () => slept };
}

function container(pod: string, group: number | undefined, startedAt = 0): MeasuredContainer {
  return { namespace: 'default', pod, name: 'c', id: pod, startedAt, group };
}

describe('createNodeUsage', () => {
  it('measures since the start of the node, or of the container', async () => {
    const { world, containers, usage, slept } = scene();
    containers.push(container('p', 7, 3000));
    world.now = 5000;
    world.cpuMs = 2000;
    world.processes = [
      [7, 400, 10],
      [7, 600, 5],
      [8, 9999, 9999],
    ];
    await usage.refresh?.();
    expect(slept()).toBe(0);
    expect(usage.nodes()).toEqual([
      { name: 'n', cpu: 0.5, memory: 3 * GIB, time: 5000, windowMs: 4000 },
    ]);
    expect(usage.pods()).toEqual([
      {
        namespace: 'default',
        name: 'p',
        containers: [{ name: 'c', cpu: 0.5, memory: 15 }],
        time: 5000,
        windowMs: 4000,
      },
    ]);
  });

  it('waits a second for a window when nothing is known or what is known is old', async () => {
    const { world, usage, slept } = scene();
    await usage.refresh?.();
    expect(slept()).toBe(1000);
    await usage.refresh?.();
    expect(slept()).toBe(1000);
    world.now += 3_600_000;
    await usage.refresh?.();
    expect(slept()).toBe(2000);
    expect(usage.nodes()).toMatchObject([{ cpu: 1, windowMs: 1000 }]);
  });

  it('shares what this process uses beyond its start equally among tenants', async () => {
    const { world, containers, usage } = scene();
    containers.push(container('a', undefined), container('b', undefined));
    world.now = 3000;
    world.own = { cpuMs: 2500, memory: GIB + 100 };
    await usage.refresh?.();
    expect(usage.pods().map(({ containers: [one] }) => one)).toEqual([
      { name: 'c', cpu: 0.5, memory: 50 },
      { name: 'c', cpu: 0.5, memory: 50 },
    ]);
  });
});

describe('processesOf', () => {
  it('finds this process by its group', async () => {
    const { group = 0 } = (await everything()).find(({ pid }) => pid === process.pid) ?? {};
    const found = await processesOf(new Set([group]));
    expect(found.find(({ pid }) => pid === process.pid)).toMatchObject({ parent: process.ppid });
    expect(found.find(({ pid }) => pid === process.pid)?.memory).toBeGreaterThan(2 ** 20);
  });

  it('reads the table of ps', () => {
    const table = '    1     0     1  1024     0:01.50\n  42  1  40  2048  1-02:03:04\n\n';
    expect(parsePs(table)).toEqual([
      { pid: 1, parent: 0, group: 1, cpuMs: 1500, memory: 2 ** 20 },
      { pid: 42, parent: 1, group: 40, cpuMs: 93_784_000, memory: 2 ** 21 },
    ]);
  });
});

/** Any group may be that of a test runner. */
async function everything() {
  const all = await processesOf(new Set(Array.from({ length: 2 ** 17 }, (_, group) => group)));
  return all;
}
