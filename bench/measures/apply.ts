/** From applying an Agent to its Ready condition, seen over TLS as kubectl sees it. */
import { readdir, readFile } from 'node:fs/promises';
import { applyAgent, applyModel, watchAgents } from '../agents.ts';
import { type BenchPlatform, startPlatformProcess } from '../children.ts';
import { type BenchContext, type Figure, type Measure, percentile, repeat } from '../measure.ts';

const TENANTS = 50;
const PROCESSES = 4;
const MIB = 1024 * 1024;

export const apply: Measure = {
  name: 'apply',
  title: 'apply of an agent to Ready, as a tenant and as a process',
  byDefault: true,
  async run(context): Promise<Figure[]> {
    context.say(`${TENANTS} agents as tenants`);
    const tenant = await readyTimes(context, { pods: 'tenant', count: TENANTS });
    context.say(`${PROCESSES} agents as processes`);
    const process = await readyTimes(context, { pods: 'process', count: PROCESSES });
    const processP50 = percentile(process.times, 0.5);
    return [
      {
        what: 'apply → Ready, tenant, p50',
        value: percentile(tenant.times, 0.5),
        unit: 'ms',
        against: { what: 'process', value: processP50 },
      },
      {
        what: 'apply → Ready, tenant, p99',
        value: percentile(tenant.times, 0.99),
        unit: 'ms',
        target: { below: 150 },
      },
      { what: 'apply → Ready, process, p50', value: processP50, unit: 'ms' },
      {
        what: 'apply → Ready, process, worst',
        value: Math.max(...process.times),
        unit: 'ms',
        target: { below: 1000 },
      },
      {
        what: 'memory of an agent process',
        value: median(process.engines, 'rss') / MIB,
        unit: 'MiB',
        target: { below: 90 },
      },
      {
        what: '  of it not shared with other processes',
        value: median(process.engines, 'own') / MIB,
        unit: 'MiB',
      },
    ];
  },
};

interface Run {
  pods: 'tenant' | 'process';
  count: number;
}

async function readyTimes(context: BenchContext, { pods, count }: Run) {
  await using platform = await startPlatformProcess(context, { pods });
  const { kube } = platform;
  await using agents = await watchAgents(kube);
  await agents.ready('k8s-agent');
  // nobody has to answer: what is measured ends before the first question
  await applyModel(kube, { name: 'bench', url: 'http://127.0.0.1:9/v1' });
  const one = async (name: string) => {
    await applyAgent(kube, { name, model: 'bench' });
    await agents.ready(name);
  };
  await one('first');
  const times = await platform.profiled(`apply-${pods}`, () =>
    repeat(count, (index) => one(`agent-${index}`)),
  );
  return { times, engines: await engineMemory(platform) };
}

interface ProcessMemory {
  /** Bytes. */
  rss: number;
  /** Without the pages of files, above all of Node itself, which all processes share. */
  own: number;
}

function median(engines: readonly ProcessMemory[], field: keyof ProcessMemory): number {
  return percentile(
    engines.map((engine) => engine[field]),
    0.5,
  );
}

/** Every engine process below the platform; empty where there is no /proc. */
async function engineMemory({ pid }: BenchPlatform): Promise<ProcessMemory[]> {
  const names = await readdir('/proc').catch(() => []);
  const found = await Promise.all(
    names.filter((name) => /^\d+$/.test(name)).map((id) => memoryOf(id, pid)),
  );
  return found.filter((memory) => memory !== undefined);
}

async function memoryOf(id: string, parent: number): Promise<ProcessMemory | undefined> {
  const read = (file: string) => readFile(`/proc/${id}/${file}`, 'utf8').catch(() => '');
  const [status, command] = await Promise.all([read('status'), read('cmdline')]);
  if (!status.includes(`\nPPid:\t${parent}\n`) || !command.includes('\0engine\0')) return undefined;
  const bytes = (field: string) =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
  return { rss: bytes('VmRSS'), own: bytes('RssAnon') };
}
