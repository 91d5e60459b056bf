/** Every answer that was recorded from a real kube-apiserver (1.35.2), asked here. */
import { startTestCluster } from '@kagent/cluster/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AREAS } from './areas.ts';
import type { Answer, Area, ConformanceCase } from './case.ts';
import { readGolden } from './golden.ts';
import { without } from './normalise.ts';
import { runCase } from './run-case.ts';
import { createServerClient, type ServerClient } from './server-client.ts';

describe.each(AREAS)('answers as kube-apiserver: $name', (area: Area) => {
  const golden = readGolden(area.name);
  let client: ServerClient;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const cluster = await startTestCluster({ workloads: area.controllers ?? false });
    client = await createServerClient({ text: cluster.kubeconfig });
    stop = async () => {
      client.close();
      await cluster.stop();
    };
  });
  afterAll(() => stop());

  // what controllers do is waited for, on a loaded machine too
  const timeout = area.controllers === true ? 60_000 : 5000;
  it.each(area.cases)('$name', { timeout }, async (one: ConformanceCase) => {
    const answers = await runCase(client, one, '');
    const expected = golden[one.name]?.map(mistakeAs400);
    const paths = Object.keys(one.differs ?? {});
    expect(without(answers, paths)).toEqual(without(expected, paths));
  });
});

/**
 * The one difference in all areas: bad input that takes a real server unawares is answered with 500 and no reason there, which
 * clients try again. Here it is a 400 with the same text.
 */
function mistakeAs400(answer: Answer): Answer {
  const body = answer.body as { kind?: string; reason?: string } | undefined;
  const isMistake = answer.code === 500 && body?.kind === 'Status' && body.reason === undefined;
  return isMistake ? { ...answer, code: 400, body: { ...body, code: 400 } } : answer;
}
