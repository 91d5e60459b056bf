/** Many agents applied at once, until the last one is Ready. */
import { applyAgent, applyModel, watchAgents } from '../agents.ts';
import { startPlatformProcess } from '../children.ts';
import { type Figure, type Measure, spread, timed } from '../measure.ts';
import { settled } from '../settled.ts';

const MIB = 1024 * 1024;
const TARGET_SECONDS = 30;

export const thousandAgents: Measure = {
  name: 'thousand-agents',
  title: 'many agents applied at once until all are Ready (--agents, default 1000)',
  byDefault: false,
  async run(context): Promise<Figure[]> {
    const count = context.agents ?? 1000;
    await using platform = await startPlatformProcess(context);
    const { kube } = platform;
    await using agents = await watchAgents(kube);
    await agents.ready('k8s-agent');
    await applyModel(kube, { name: 'bench', url: 'http://127.0.0.1:9/v1' });
    const before = await settled(platform);
    context.say(`${count} agents at once`);
    let applied = 0;
    const { ms } = await platform.profiled('thousand-agents', () =>
      timed(async () => {
        const names = Array.from({ length: count }, (_, index) => `agent-${index}`);
        const ready = Promise.all(names.map((name) => agents.ready(name)));
        const writing = timed(() =>
          spread({ count, width: 32 }, (index) =>
            applyAgent(kube, { name: names[index] ?? '', model: 'bench' }),
          ),
        );
        applied = (await writing).ms;
        await ready;
      }),
    );
    const after = await settled(platform);
    return [
      {
        what: `${count} agents at once → all Ready`,
        value: ms / 1000,
        unit: 's',
        ...(count === 1000 ? { target: { below: TARGET_SECONDS } } : {}),
        against: { what: 'writing them', value: applied / 1000 },
      },
      {
        what: `memory per idle agent at ${count}`,
        value: (after.rss - before.rss) / count / MIB,
        unit: 'MiB',
        target: { below: 1 },
      },
    ];
  },
};
