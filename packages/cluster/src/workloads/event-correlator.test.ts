/** Figures of `EventCorrelator` of client-go, seen on a real ReplicaSet with 14 pods: nine events, and five in one. */
import { createFakeClock } from '@kagent/kube/testing';
import { describe, expect, it } from 'vitest';

import { createEventCorrelator } from './event-correlator.ts';

const fact = (message: string, object = 'Pod/default/a/1') => ({
  object,
  type: 'Normal',
  reason: 'SuccessfulCreate',
  fieldPath: '',
  message,
});

describe('createEventCorrelator', () => {
  it('combines events that differ in their message from the tenth on', () => {
    const correlator = createEventCorrelator(createFakeClock());
    const found = Array.from({ length: 14 }, (_, index) =>
      correlator.correlate(fact(`Created pod: web-${index}`)),
    );
    expect(found.map(({ isCombined }) => isCombined).filter(Boolean)).toHaveLength(5);
    expect(new Set(found.map(({ key }) => key)).size).toBe(10);
    expect(found.at(-1)?.message).toBe('(combined from similar events): Created pod: web-13');
  });

  it('forgets after ten minutes', async () => {
    const clock = createFakeClock();
    const correlator = createEventCorrelator(clock);
    for (let index = 0; index < 9; index++) correlator.correlate(fact(`Created pod: ${index}`));
    await clock.advance(600_001);
    expect(correlator.correlate(fact('Created pod: 9')).isCombined).toBe(false);
  });

  it('lets an object be spoken of 25 times, then once in five minutes', async () => {
    const clock = createFakeClock();
    const correlator = createEventCorrelator(clock);
    const drops = (count: number, object?: string) =>
      Array.from({ length: count }, () => correlator.correlate(fact('again', object))).filter(
        ({ isDropped }) => isDropped,
      ).length;
    expect(drops(30)).toBe(5);
    expect(drops(1, 'Pod/default/b/2')).toBe(0);
    await clock.advance(300_000);
    expect(drops(2)).toBe(1);
  });
});
