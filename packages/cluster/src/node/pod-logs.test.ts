import { describe, expect, it } from 'vitest';

import { PODS } from '../workloads/objects.ts';
import type { PodLogQuery } from './pod-logs.ts';
import {
  eventually,
  isReady,
  podOf,
  scriptImage,
  startTestPlatform,
} from './testing/test-platform.ts';
import type { TestPlatform } from './testing/test-platform.ts';
import type { ContainerContext } from './tenant.ts';

async function textOf(chunks: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}

async function read(platform: TestPlatform, query: Partial<PodLogQuery> = {}): Promise<string> {
  return textOf(await platform.node.logs.read({ namespace: 'default', pod: 'x', ...query }));
}

/** A platform with the pod `x` whose container `c` runs and is steered by the test. */
async function talking(): Promise<{
  platform: TestPlatform;
  context: ContainerContext;
  exit(code: number): void;
  runs: ContainerContext[];
}> {
  const runs: ContainerContext[] = [];
  const exits: ((code: number) => void)[] = [];
  const image = scriptImage('talk', (context) => {
    context.log(`run ${runs.length}`);
    runs.push(context);
    return new Promise((resolve) => exits.push(resolve));
  });
  const platform = await startTestPlatform({
    workloads: false,
    images: [image],
    restartBackoff: { initialMs: 20, maxMs: 20 },
  });
  await platform.client.create(PODS, podOf('x', { containers: [{ name: 'c', image: 'talk' }] }));
  await eventually(() => platform.pod('x'), isReady);
  return { platform, context: runs[0]!, runs, exit: (code) => exits.at(-1)?.(code) };
}

describe('PodLogs', () => {
  it('gives all of it, the tail, what is young enough, with times, and cut to size', async () => {
    const { platform, context } = await talking();
    await using _ = platform;
    context.log('one\ntwo');
    context.log('drei ü');
    expect(await read(platform)).toBe('run 0\none\ntwo\ndrei ü\n');
    expect(await read(platform, { tailLines: 2 })).toBe('two\ndrei ü\n');
    expect(await read(platform, { tailLines: 0 })).toBe('');
    expect(await read(platform, { limitBytes: 8 })).toBe('run 0\non');
    expect(await read(platform, { sinceSeconds: 60 })).toContain('run 0');
    expect(await read(platform, { since: Date.now() + 60_000 })).toBe('');
    expect(await read(platform, { tailLines: 1, timestamps: true })).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z drei ü\n$/,
    );
  });

  it('follows until the container ends, without gap or repetition', async () => {
    const { platform, context, exit } = await talking();
    await using _ = platform;
    for (let line = 0; line < 50; line += 1) context.log(`early ${line}`);
    const following = read(platform, { follow: true });
    for (let line = 0; line < 50; line += 1) {
      context.log(`late ${line}`);
      if (line % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    exit(0);
    const lines = (await following).trim().split('\n');
    const numbered = (word: string): string[] =>
      Array.from({ length: 50 }, (_value, line) => `${word} ${line}`);
    expect(lines).toEqual(['run 0', ...numbered('early'), ...numbered('late')]);
  });

  it('ends a follow when its reader goes', async () => {
    const { platform } = await talking();
    await using _ = platform;
    const reader = new AbortController();
    const following = read(platform, { follow: true, signal: reader.signal });
    reader.abort();
    expect(await following).toBe('run 0\n');
  });

  it('keeps the log of the run before', async () => {
    const { platform, context, exit, runs } = await talking();
    await using _ = platform;
    await expect(read(platform, { previous: true })).rejects.toMatchObject({
      reason: 'BadRequest',
      message: expect.stringContaining('previous terminated container "c"'),
    });
    context.log('last words');
    exit(1);
    await eventually(
      () => runs.length,
      (count) => count === 2,
    );
    await eventually(
      () => read(platform),
      (text) => text === 'run 1\n',
    );
    expect(await read(platform, { previous: true })).toBe('run 0\nlast words\n');
    exit(1);
    await eventually(
      () => read(platform),
      (text) => text === 'run 2\n',
    );
    expect(await read(platform, { previous: true })).toBe('run 1\n');
  });

  it('still has the log of the run before after a restart of the platform', async () => {
    const { platform: first, context } = await talking();
    await using _ = first;
    context.log('before the restart');
    await first.halt();
    const quiet = scriptImage('talk', (second) => {
      second.log('after the restart');
      return new Promise(() => {});
    });
    const { storage, dataDir } = first;
    await using second = await startTestPlatform({
      workloads: false,
      images: [quiet],
      storage,
      dataDir,
    });
    await eventually(
      () => read(second).catch(String),
      (text) => text === 'after the restart\n',
    );
    expect(await read(second, { previous: true })).toContain('before the restart');
  });

  it('refuses as kubelet does', async () => {
    const { platform } = await talking();
    await using _ = platform;
    const containers = ['a', 'b'].map((name) => ({ name, image: 'talk' }));
    await platform.client.create(PODS, podOf('two', { containers }));
    await platform.client.create(
      PODS,
      podOf('stuck', { containers: [{ name: 'c', image: 'unknown' }] }),
    );
    await eventually(() => platform.pod('two'), isReady);
    await eventually(
      () => platform.pod('stuck'),
      (pod) => pod?.status?.containerStatuses !== undefined,
    );
    await expect(read(platform, { pod: 'none' })).rejects.toMatchObject({
      reason: 'NotFound',
      code: 404,
    });
    await expect(read(platform, { pod: 'two' })).rejects.toMatchObject({
      reason: 'BadRequest',
      message: 'a container name must be specified for pod two, choose one of: [a b]',
    });
    await expect(read(platform, { pod: 'two', container: 'z' })).rejects.toMatchObject({
      message: 'container z is not valid for pod two',
    });
    await expect(read(platform, { pod: 'stuck' })).rejects.toMatchObject({
      message: expect.stringContaining('is waiting to start: ErrImagePull'),
    });
  });

  it('answers kubectl logs', async () => {
    const { platform, context } = await talking();
    await using _ = platform;
    context.log('hello');
    const text = await textOf(
      await platform.client.logs({ namespace: 'default', name: 'x' }, { tailLines: 1 }),
    );
    expect(text).toBe('hello\n');
  });
});
