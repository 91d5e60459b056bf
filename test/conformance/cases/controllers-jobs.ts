/** What the Job controller makes of Jobs and their pods. */
import type { Area, ConformanceCase } from '../case.ts';
import {
  change,
  events,
  list,
  make,
  node,
  pathOf,
  podSpec,
  pods,
  see,
} from './controller-steps.ts';

const job = (spec: object = {}) => ({
  spec: { template: { spec: podSpec({ restartPolicy: 'Never' }) }, ...spec },
});
const is = (type: string) => ({ [`status.conditions[type=${type}].status`]: 'True' });
const settled = { 'status.uncountedTerminatedPods.succeeded': '-', 'status.active': '-' };

const CASES: ConformanceCase[] = [
  {
    name: 'a Job that completes',
    steps: [
      ...node(),
      make('Job', 'one', job()),
      ...see('Job', 'one', { 'status.active': '1', 'status.ready': '0' }),
      ...list('Pod', 1),
      pods('job-name=one', 1, 'ready'),
      ...see('Job', 'one', { 'status.ready': '1' }),
      pods('job-name=one', 1, 'succeeded'),
      ...see('Job', 'one', { ...is('Complete'), ...settled }),
      ...list('Pod', 1),
      ...events('Job', 2),
    ],
  },
  {
    name: 'a Job that fails',
    steps: [
      ...node(),
      make('Job', 'bad', job({ backoffLimit: 0 })),
      pods('job-name=bad', 1, 'failed'),
      ...see('Job', 'bad', { ...is('Failed'), ...settled }),
      ...events('Job', 2),
    ],
  },
  {
    name: 'a Job that takes too long',
    steps: [
      make('Job', 'slow', job({ activeDeadlineSeconds: 1 })),
      ...see('Job', 'slow', { ...is('Failed'), ...settled }),
    ],
  },
  {
    name: 'an indexed Job',
    steps: [
      ...node(),
      make('Job', 'ix', job({ completions: 3, parallelism: 2, completionMode: 'Indexed' })),
      ...see('Job', 'ix', { 'status.active': '2', 'status.ready': '0' }),
      ...list('Pod', 2),
      pods('job-name=ix', 2, 'succeeded'),
      pods('job-name=ix,batch.kubernetes.io/job-completion-index=2', 1, 'succeeded'),
      ...see('Job', 'ix', { ...is('Complete'), ...settled }),
    ],
  },
  {
    name: 'a Job that is suspended and resumed',
    steps: [
      ...node(),
      make('Job', 'sus', job({ suspend: true })),
      ...see('Job', 'sus', is('Suspended')),
      change('Job', 'sus', { spec: { suspend: false } }),
      ...see('Job', 'sus', { 'status.active': '1', 'status.ready': '0' }),
      change('Job', 'sus', { spec: { suspend: true } }),
      ...see('Job', 'sus', {
        ...is('Suspended'),
        'status.active': '-',
        'status.terminating': '0',
      }),
    ],
  },
  {
    name: 'a Job that is deleted without a word about its pods keeps them, with a warning',
    steps: [
      make('Job', 'kept', job()),
      ...see('Job', 'kept', { 'status.active': '1', 'status.ready': '0' }).slice(0, 1),
      { request: `DELETE ${pathOf('Job', 'kept')}`, headers: ['warning'] },
      { request: `GET ${pathOf('Job', 'kept')}`, until: { code: '404' } },
      { request: `GET ${pathOf('Pod')}`, until: { 'items.0.metadata.finalizers': '-' } },
      ...list('Pod', 1),
    ],
    differs: {
      '*.body.items.*.status.conditions': 'how many nodes there are that do not fit',
    },
  },
  {
    name: 'a Job that is deleted after it has ended goes after its time',
    steps: [
      ...node(),
      make('Job', 'ttl', job({ ttlSecondsAfterFinished: 1 })),
      pods('job-name=ttl', 1, 'succeeded'),
      { request: `GET ${pathOf('Job', 'ttl')}`, until: { code: '404' } },
      ...list('Pod', 0),
    ],
  },
];

const controllers = true;

export const CONTROLLERS_JOBS: Area = {
  name: 'controllers-jobs',
  controllers,
  cases: CASES.map((one) => ({ ...one, controllers })),
};
