/** How fast pieces of an answer come through the gateway, and how much later than from the model itself. */
import { METADATA } from '@kagent/spec';
import { a2a, agentUrl, applyAgent, applyModel, chat, watchAgents } from '../agents.ts';
import { startModelProcess, startPlatformProcess } from '../children.ts';
import { clock } from '../clock.ts';
import { events } from '../http.ts';
import { type Figure, type Measure, percentile, timed } from '../measure.ts';

const STREAMS = 4;
const WORDS = 5000;

interface Stream {
  url: string;
  /** A new request each time: the same message again would join the run of the first. */
  body(): object;
  /** Told with each event; answers whether it is a piece of the answer. */
  isDelta(data: string): boolean;
}

export const deltas: Measure = {
  name: 'deltas',
  title: 'streamed deltas through the gateway',
  byDefault: true,
  async run(context): Promise<Figure[]> {
    await using model = await startModelProcess();
    await using platform = await startPlatformProcess(context);
    const { kube } = platform;
    await using agents = await watchAgents(kube);
    await applyModel(kube, { name: 'fast', url: model.url });
    await applyModel(kube, { name: 'ticks', url: model.ticksUrl });
    for (const name of ['fast', 'ticks']) {
      await applyAgent(kube, { name, model: name });
      await agents.ready(name);
    }
    const gateway = (name: string, text: string): Stream => ({
      url: agentUrl(platform, name),
      body: () => a2a('message/stream', text),
      isDelta: (data) => data.includes(`"${METADATA.partial}":true`),
    });
    const direct = (url: string, text: string): Stream => ({
      url: `${url}/chat/completions`,
      body: () => chat(text),
      isDelta: (data) => /"content":"[^"]/.test(data),
    });

    context.say('age of each delta');
    await burst(gateway('fast', 'say 2000'), 1);
    const alone = await ages(direct(model.ticksUrl, 'tick'));
    const through = await platform.profiled('deltas-ages', () => ages(gateway('ticks', 'tick')));

    context.say(`${STREAMS} streams of ${WORDS} deltas`);
    const directRate = await burst(direct(model.url, `say ${WORDS}`), STREAMS);
    const before = await platform.usage();
    const rate = await platform.profiled('deltas-burst', () =>
      burst(gateway('fast', `say ${WORDS}`), STREAMS),
    );
    const cpu = (await platform.usage()).cpu - before.cpu;
    return [
      {
        what: 'deltas per second and core through the gateway',
        value: (rate.count / cpu) * 1000,
        unit: '/s',
        target: { above: 5000 },
      },
      {
        what: 'deltas per second by the clock',
        value: (rate.count / rate.ms) * 1000,
        unit: '/s',
        against: { what: 'the model alone', value: (directRate.count / directRate.ms) * 1000 },
      },
      {
        what: 'a delta comes later by, p50',
        value: percentile(through, 0.5) - percentile(alone, 0.5),
        unit: 'ms',
        target: { below: 1 },
        against: { what: 'age from the model alone', value: percentile(alone, 0.5) },
      },
      {
        what: 'a delta comes later by, p99',
        value: percentile(through, 0.99) - percentile(alone, 0.99),
        unit: 'ms',
      },
    ];
  },
};

async function burst(stream: Stream, width: number): Promise<{ count: number; ms: number }> {
  const one = async () => {
    let count = 0;
    for await (const data of events(stream.url, stream.body()))
      if (stream.isDelta(data)) count += 1;
    if (count === 0) throw new Error(`${stream.url} streamed nothing`);
    return count;
  };
  const { ms, result } = await timed(() => Promise.all(Array.from({ length: width }, one)));
  return { ms, count: result.reduce((sum, count) => sum + count, 0) };
}

/** Milliseconds between sending and reading, of each tick. */
async function ages(stream: Stream): Promise<number[]> {
  const found: number[] = [];
  for await (const data of events(stream.url, stream.body())) {
    if (!stream.isDelta(data)) continue;
    const now = clock();
    for (const [, sent] of data.matchAll(/"t(\d+(?:\.\d+)?) "/g)) found.push(now - Number(sent));
  }
  if (found.length === 0) throw new Error(`${stream.url} did not tick`);
  return found;
}
