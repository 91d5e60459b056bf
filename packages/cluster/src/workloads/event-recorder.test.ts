import { silentLogger } from '@kagent/kube';
import { createFakeClock } from '@kagent/kube/testing';
import { describe, expect, it } from 'vitest';

import { createTestApi } from '../testing/test-api.ts';
import { createEventRecorder } from './event-recorder.ts';
import { EVENTS } from './objects.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', uid: 'u', resourceVersion: '7' },
};

async function recorded(component: string, drafts: { message: string; action?: string }[]) {
  using api = await createTestApi();
  const clock = createFakeClock(Date.parse('2026-01-01T00:00:00Z'));
  const recorder = createEventRecorder({
    client: api.client,
    component,
    clock,
    logger: silentLogger,
  });
  for (const draft of drafts) recorder.record(pod, { type: 'Normal', reason: 'Testing', ...draft });
  await recorder.stop();
  return (await api.client.list(EVENTS, { namespace: 'default' })).items;
}

describe('createEventRecorder', () => {
  it('counts repetitions, as controllers do', async () => {
    const found = await recorded('job-controller', [{ message: 'a' }, { message: 'a' }]);
    expect(found).toMatchObject([
      {
        count: 2,
        message: 'a',
        source: { component: 'job-controller' },
        reportingComponent: 'job-controller',
        involvedObject: { name: 'web', resourceVersion: '7' },
      },
    ]);
  });

  it('writes a series with an action, as kube-scheduler does, whatever the message', async () => {
    const action = 'Scheduling';
    const drafts = [
      { message: '0/1 nodes', action },
      { message: '0/2 nodes', action },
    ];
    const found = await recorded('default-scheduler', drafts);
    expect(found).toMatchObject([
      {
        action,
        message: '0/1 nodes',
        eventTime: '2026-01-01T00:00:00.000000Z',
        series: { count: 2 },
        reportingComponent: 'default-scheduler',
      },
    ]);
    expect(found[0]).not.toHaveProperty('count');
    expect(found[0]?.source ?? {}).toEqual({});
  });
});
