/** What the platform adds to one turn of a model that answers at once, and how many turns it can do. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { a2a, agentUrl, applyAgent, applyModel, chat, watchAgents } from '../agents.ts';
import { startModelProcess, startPlatformProcess } from '../children.ts';
import { post } from '../http.ts';
import {
  type BenchContext,
  type Figure,
  type Measure,
  percentile,
  repeat,
  spread,
  timed,
} from '../measure.ts';

const WARM_UP = 200;
const SEQUENTIAL = 500;
const CONCURRENT = 3000;
const WIDTH = 16;
const SYNCS = 100;

export const turns: Measure = {
  name: 'turns',
  title: 'overhead of a turn through the HTTP API, and turns per second',
  byDefault: true,
  async run(context): Promise<Figure[]> {
    await using model = await startModelProcess();
    await using platform = await startPlatformProcess(context);
    const { kube } = platform;
    await using agents = await watchAgents(kube);
    await applyModel(kube, { name: 'bench', url: model.url });
    await applyAgent(kube, { name: 'bench', model: 'bench' });
    await agents.ready('bench');
    const turn = async () => {
      const answer = await post(agentUrl(platform, 'bench'), a2a('message/send', 'How are you?'));
      if (!answer.includes('"state":"completed"'))
        throw new Error(`the turn did not complete: ${answer}`);
    };
    const direct = () => post(`${model.url}/chat/completions`, chat('How are you?'));

    context.say('one turn after the other');
    await repeat(WARM_UP, turn);
    await repeat(WARM_UP, direct);
    const alone = await repeat(SEQUENTIAL, direct);
    const through = await platform.profiled('turns-sequential', () => repeat(SEQUENTIAL, turn));

    context.say(`${CONCURRENT} turns, ${WIDTH} at a time`);
    const before = await platform.usage();
    const { ms } = await platform.profiled('turns-concurrent', () =>
      timed(() => spread({ count: CONCURRENT, width: WIDTH }, turn)),
    );
    const cpu = (await platform.usage()).cpu - before.cpu;
    return [
      {
        what: 'one turn, p50',
        value: percentile(through, 0.5),
        unit: 'ms',
        target: { below: 5 },
        against: { what: 'the model alone', value: percentile(alone, 0.5) },
      },
      {
        what: 'one turn, p99',
        value: percentile(through, 0.99),
        unit: 'ms',
        target: { below: 20 },
        against: { what: 'the model alone', value: percentile(alone, 0.99) },
      },
      {
        what: `turns per second and core, ${WIDTH} at a time`,
        value: (CONCURRENT / cpu) * 1000,
        unit: '/s',
        target: { above: 300 },
      },
      { what: 'turns per second by the clock', value: (CONCURRENT / ms) * 1000, unit: '/s' },
      { what: 'one write that reaches the disk, p50', value: await syncTime(context), unit: 'ms' },
    ];
  },
};

/** What durability costs on this disk: the journal of a turn is a few commits, one after the other. */
async function syncTime({ scratch }: BenchContext): Promise<number> {
  const file = openSync(join(scratch(), 'file'), 'w');
  const times = await repeat(SYNCS, async () => {
    writeSync(file, 'x'.repeat(4096));
    fdatasyncSync(file);
  });
  closeSync(file);
  return percentile(times, 0.5);
}
