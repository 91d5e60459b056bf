import { describe, expect, it } from 'vitest';
import { createManualClock } from '../testing/manual-clock.ts';
import { createMemoryRunStore } from '../testing/memory-run-store.ts';
import { createRunApiFetch } from '../testing/run-api-fetch.ts';
import { newRun, runStoreContract } from '../testing/run-store-contract.ts';
import { failureOf } from '../testing/test-agent.ts';
import { systemClock } from '../system-clock.ts';
import { createHttpRunStore, type HttpRunStoreOptions } from './http-run-store.ts';

runStoreContract('memory', () => ({ store: createMemoryRunStore() }));

function overHttp(fetch: typeof globalThis.fetch, options: Partial<HttpRunStoreOptions> = {}) {
  return createHttpRunStore({
    baseUrl: 'http://server:8083',
    fetch,
    headers: () => ({ authorization: 'Bearer t' }),
    clock: systemClock,
    random: () => 0.5,
    signal: new AbortController().signal,
    ...options,
  });
}

runStoreContract('REST over memory', () => ({
  store: overHttp(createRunApiFetch(createMemoryRunStore())),
}));

const answer = (text: string) => ({ type: 'notice', code: 'test', message: text }) as const;

describe('createHttpRunStore', () => {
  it('sends the headers of the moment', async () => {
    const seen: (string | null)[] = [];
    let token = 0;
    const store = overHttp(
      async (input, init) => {
        const request = new Request(input, init);
        seen.push(request.headers.get('authorization'));
        return createRunApiFetch(createMemoryRunStore())(input, init);
      },
      { headers: () => ({ authorization: `Bearer ${(token += 1)}` }) },
    );
    await store.read('a');
    await store.read('a');
    expect(seen).toEqual(['Bearer 1', 'Bearer 2']);
  });

  it.each([
    ['the connection is refused', () => Promise.reject(new TypeError('fetch failed'))],
    ['a proxy answers 503', () => Promise.resolve(new Response('no upstream', { status: 503 }))],
  ])('rides out a server that is away: %s', async (_why, away) => {
    const clock = createManualClock();
    const backend = createRunApiFetch(createMemoryRunStore());
    let isAway = true;
    const store = overHttp((input, init) => (isAway ? away() : backend(input, init)), { clock });
    const created = store.create(newRun());
    await clock.advance(3_000);
    isAway = false;
    await clock.advance(5_000);
    expect(await created).toMatchObject({ created: true });
  });

  it('appends once when the answer was lost', async () => {
    const clock = createManualClock();
    const memory = createMemoryRunStore();
    const backend = createRunApiFetch(memory);
    let lose = 0;
    const store = overHttp(
      async (input, init) => {
        const response = await backend(input, init);
        if (lose > 0) {
          lose -= 1;
          throw new TypeError('connection reset');
        }
        return response;
      },
      { clock },
    );
    await store.create(newRun());
    lose = 2;
    const first = store.append('run-1', 'process-a', [answer('one'), answer('two')]);
    await clock.advance(1_000);
    expect((await first).map((event) => event.seq)).toEqual([2, 3]);
    lose = 1;
    const end = store.append('run-1', 'process-a', [{ type: 'run-ended', state: 'completed' }]);
    await clock.advance(1_000);
    expect(await end).toMatchObject([{ seq: 4, type: 'run-ended' }]);
    expect(await memory.read('run-1')).toHaveLength(4);
  });

  it('does not take the events of a new holder for its own', async () => {
    const memory = createMemoryRunStore();
    const store = overHttp(createRunApiFetch(memory));
    await store.create(newRun({ leaseUntil: 1 }));
    await memory.claim('kagent/k8s-agent', 'process-b', 4_000_000_000_000);
    await memory.append('run-1', 'process-b', [answer('theirs')]);
    const late = store.append('run-1', 'process-a', [answer('ours')]);
    await expect(late).rejects.toMatchObject({ code: 'conflict' });
  });

  it('does not take events for its own that it did not write', async () => {
    const theirs = [{ ...answer('theirs'), seq: 2, at: 1 }];
    const run = { ...newRun(), state: 'running', lastSeq: 1, createdAt: 1, updatedAt: 1 };
    const store = overHttp(async (input) =>
      Response.json({
        data: String(input).endsWith('/events')
          ? { events: theirs }
          : { run, cancelRequested: false },
      }),
    );
    const late = store.append('run-1', 'process-a', [answer('ours')]);
    await expect(late).rejects.toMatchObject({ code: 'conflict' });
  });

  it('gives up after its time with a coded error, and at once when the process stops', async () => {
    const clock = createManualClock();
    const stop = new AbortController();
    const store = overHttp(() => Promise.reject(new TypeError('no')), {
      clock,
      giveUpMs: 2_000,
      signal: stop.signal,
    });
    const read = failureOf(store.read('a'));
    await clock.advance(3_000);
    expect(await read).toMatchObject({ code: 'unavailable' });
    const stopped = failureOf(store.get('a'));
    stop.abort(new Error('stopping'));
    expect(await stopped).toMatchObject({ message: 'stopping' });
    expect(clock.sleepers).toBe(0);
  });

  it('ends a request that hangs, and names an answer that is not as agreed', async () => {
    const clock = createManualClock();
    const hanging: typeof fetch = (_input, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    const store = overHttp(hanging, { clock, requestTimeoutMs: 1_000, giveUpMs: 500 });
    const read = failureOf(store.read('a'));
    await clock.advance(1_500);
    expect(await read).toMatchObject({ code: 'unavailable' });
    const odd = overHttp(async () => Response.json({ data: { nothing: true } }));
    await expect(odd.read('a')).rejects.toMatchObject({ code: 'internal' });
  });
});
