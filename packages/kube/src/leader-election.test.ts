import { describe, expect, it } from 'vitest';
import { createKubeClient } from './create-kube-client.ts';
import { interceptTransport } from './intercept.ts';
import { runWithLease } from './leader-election.ts';
import { silentLogger } from './logger.ts';
import { LEASES } from './resources.ts';
import { createFakeApi } from './testing/fake-api.ts';
import { createFakeClock } from './testing/fake-clock.ts';

const lease = { namespace: 'kagent', name: 'controller' };

function setup() {
  const api = createFakeApi();
  const clock = createFakeClock();
  const leaders: string[] = [];
  const stopped: string[] = [];
  function candidate(identity: string) {
    const stop = new AbortController();
    let isCutOff = false;
    const transport = interceptTransport(api.transport, {
      request: async (request, next) => {
        if (isCutOff) return await new Promise(() => undefined);
        return await next(request);
      },
    });
    const finished = runWithLease({
      client: createKubeClient(transport),
      lease,
      identity,
      clock,
      logger: silentLogger,
      signal: stop.signal,
      async onStarted(signal) {
        leaders.push(identity);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        stopped.push(identity);
      },
    });
    return { stop, finished, cutOff: (cut: boolean) => (isCutOff = cut) };
  }
  return { api, clock, leaders, stopped, candidate };
}

describe('leader-election', () => {
  it('has one leader, and the next one when it leaves', async () => {
    const { api, clock, leaders, stopped, candidate } = setup();
    const a = candidate('a');
    await clock.advance(0);
    const b = candidate('b');
    await clock.advance(120_000);
    expect(leaders).toEqual(['a']);
    a.stop.abort();
    await clock.advance(0);
    await a.finished;
    expect(stopped).toEqual(['a']);
    expect((await api.client.get(LEASES, lease)).spec?.holderIdentity).toBe('');
    await clock.advance(3000);
    expect(leaders).toEqual(['a', 'b']);
    expect((await api.client.get(LEASES, lease)).spec).toMatchObject({
      holderIdentity: 'b',
      leaseTransitions: 1,
    });
    b.stop.abort();
    await clock.advance(0);
    await b.finished;
  });

  it('stops the work of a leader that is cut off before another one takes over, and lets it campaign again', async () => {
    const { clock, leaders, stopped, candidate } = setup();
    const a = candidate('a');
    await clock.advance(0);
    const b = candidate('b');
    await clock.advance(10_000);
    a.cutOff(true);
    await clock.advance(11_000);
    expect({ leaders, stopped }).toEqual({ leaders: ['a'], stopped: ['a'] });
    await clock.advance(10_000);
    expect(leaders).toEqual(['a', 'b']);
    a.cutOff(false);
    b.stop.abort();
    await clock.advance(30_000);
    expect(leaders).toEqual(['a', 'b', 'a']);
    a.stop.abort();
    await clock.advance(0);
    await Promise.all([a.finished, b.finished]);
  });

  it('steps down at once when somebody else holds the lease', async () => {
    const { api, clock, stopped, candidate } = setup();
    const a = candidate('a');
    await clock.advance(0);
    const current = await api.client.get(LEASES, lease);
    await api.client.replace(LEASES, {
      ...current,
      spec: { ...current.spec, holderIdentity: 'other' },
    });
    await clock.advance(2000);
    expect(stopped).toEqual(['a']);
    a.stop.abort();
    await clock.advance(0);
    await a.finished;
    expect((await api.client.get(LEASES, lease)).spec?.holderIdentity).toBe('other');
  });

  it('rejects when the work rejects, and gives the lease back', async () => {
    const { api, clock } = setup();
    const running = runWithLease({
      client: api.client,
      lease,
      identity: 'a',
      clock,
      logger: silentLogger,
      signal: new AbortController().signal,
      onStarted: async () => {
        throw new Error('broken');
      },
    });
    await expect(running).rejects.toThrow('broken');
    expect((await api.client.get(LEASES, lease)).spec?.holderIdentity).toBe('');
  });
});
