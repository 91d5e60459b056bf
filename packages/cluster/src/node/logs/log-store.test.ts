import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger, systemClock } from '@kagent/kube';
import { createFakeClock } from '@kagent/kube/testing';
import { describe, expect, it } from 'vitest';

import { createScheduler } from '../scheduler.ts';
import { createLogStore } from './log-store.ts';
import type { LogStore } from './log-store.ts';

const pod = { namespace: 'ns', name: 'p', uid: 'u1' };
const { signal } = new AbortController();

async function withStore(
  run: (store: LogStore, root: string) => Promise<void>,
  maxBytes?: number,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'logs-'));
  const scheduler = createScheduler(systemClock);
  const store = createLogStore({
    root,
    clock: systemClock,
    scheduler,
    logger: silentLogger,
    maxBytes,
  });
  try {
    await run(store, root);
  } finally {
    await store.close();
    scheduler.stop();
    await rm(root, { recursive: true });
  }
}

async function text(store: LogStore, attempt: number): Promise<string> {
  let all = '';
  for await (const chunk of store.read({ pod, container: 'c', attempt }, { signal })) all += chunk;
  return all;
}

describe('createLogStore', () => {
  it('rotates a file that is too large and keeps one older one', async () => {
    await withStore(async (store, root) => {
      const log = store.open({ pod, container: 'c', attempt: 0 });
      for (let line = 0; line < 30; line += 1) {
        log.append(`line ${line}`);
        await log.flush();
      }
      const files = await readdir(join(root, 'ns_p_u1', 'c'));
      expect(files.toSorted()).toEqual(['0.log', '0.log.1']);
      const lines = (await text(store, 0)).trim().split('\n');
      expect(lines.at(-1)).toBe('line 29');
      expect(lines.length).toBeGreaterThanOrEqual(10);
      expect(lines.length).toBeLessThan(30);
      expect(lines).toEqual(
        Array.from({ length: lines.length }, (_, index) => `line ${30 - lines.length + index}`),
      );
    }, 500);
  });

  it('keeps the run before and no older ones', async () => {
    await withStore(async (store, root) => {
      for (let attempt = 0; attempt < 4; attempt += 1) {
        const log = store.open({ pod, container: 'c', attempt });
        log.append(`run ${attempt}`);
        await log.close();
      }
      const kept = async () => (await readdir(join(root, 'ns_p_u1', 'c'))).toSorted();
      await expect.poll(kept, { interval: 5 }).toEqual(['2.log', '3.log']);
      expect(store.previousAttempt({ pod, container: 'c', attempt: 3 })).toBe(2);
      expect(await text(store, 2)).toBe('run 2\n');
    });
  });

  it('has every line at once, before anything is written', async () => {
    const root = await mkdtemp(join(tmpdir(), 'logs-'));
    const clock = createFakeClock();
    const store = createLogStore({
      root,
      clock,
      scheduler: createScheduler(clock),
      logger: silentLogger,
    });
    const log = store.open({ pod, container: 'c', attempt: 0 });
    log.append('a\nb');
    expect(await readdir(root)).toEqual([]);
    expect(await text(store, 0)).toBe('a\nb\n');
    await store.close();
    await rm(root, { recursive: true });
  });

  it('deletes the logs of pods that are gone', async () => {
    await withStore(async (store, root) => {
      for (const uid of ['u1', 'u2', 'u3']) {
        const log = store.open({ pod: { ...pod, uid }, container: 'c', attempt: 0 });
        log.append('x');
        await log.close();
      }
      await store.remove(pod);
      await store.sweep(new Set(['u3']));
      expect(await readdir(root)).toEqual(['ns_p_u3']);
    });
  });

  it('gives a reader that is far behind every line once, without keeping them for it', async () => {
    await withStore(async (store) => {
      const log = store.open({ pod, container: 'c', attempt: 0 });
      log.append('first');
      const reader = store.read({ pod, container: 'c', attempt: 0 }, { signal, follow: true });
      const chunks = reader[Symbol.asyncIterator]();
      let all = String((await chunks.next()).value);
      const lines = Array.from({ length: 30_000 }, (_none, index) => `${index} ${'x'.repeat(80)}`);
      for (const [index, line] of lines.entries()) {
        log.append(line);
        if (index % 1000 === 0) await log.flush();
      }
      await log.flush();
      void log.close();
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
        all += next.value;
      expect(all === `first\n${lines.join('\n')}\n`).toBe(true);
    });
  });
});
