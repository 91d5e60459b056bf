/** Memory of the idle platform, and what each further idle agent adds with all its Kubernetes objects. */
import { applyAgent, applyModel, watchAgents } from '../agents.ts';
import { startPlatformProcess } from '../children.ts';
import { type Figure, type Measure, spread } from '../measure.ts';
import { settled } from '../settled.ts';

const WARM_UP = 20;
const MIB = 1024 * 1024;

export const memory: Measure = {
  name: 'memory',
  title: 'memory of the idle platform and per idle agent (--agents, default 200)',
  byDefault: true,
  async run(context): Promise<Figure[]> {
    const count = context.agents ?? 200;
    await using platform = await startPlatformProcess(context);
    const { kube } = platform;
    await using agents = await watchAgents(kube);
    await agents.ready('k8s-agent');
    context.say('idle platform');
    const idle = await settled(platform);
    await applyModel(kube, { name: 'bench', url: 'http://127.0.0.1:9/v1' });
    const add = (prefix: string, number: number) =>
      spread({ count: number, width: 8 }, async (index) => {
        await applyAgent(kube, { name: `${prefix}-${index}`, model: 'bench' });
        await agents.ready(`${prefix}-${index}`);
      });
    // the first agents also pay for code that is compiled once
    await add('warm', WARM_UP);
    const before = await settled(platform);
    context.say(`${count} agents`);
    await platform.profiled('memory', () => add('agent', count));
    const after = await settled(platform);
    return [
      { what: 'memory of the idle platform', value: idle.rss / MIB, unit: 'MiB' },
      {
        what: `memory per idle agent, slope over ${count}`,
        value: (after.rss - before.rss) / count / MIB,
        unit: 'MiB',
        target: { below: 1 },
      },
      {
        what: `  of it on the heap and in buffers`,
        value: (after.heap + after.external - before.heap - before.external) / count / MIB,
        unit: 'MiB',
      },
    ];
  },
};
