/** What Jobs and CronJobs may look like, and how a Job ends. */
import type { Area, Step } from '../case.ts';
import { creates, type Mutation, reports, updates } from './mutations.ts';

const JOBS = '/apis/batch/v1/namespaces/$ns/jobs';
const CRON_JOBS = '/apis/batch/v1/namespaces/$ns/cronjobs';

const job = {
  metadata: { name: 'j' },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
};
const cronJob = {
  metadata: { name: 'c' },
  spec: { schedule: '*/5 * * * *', jobTemplate: { spec: job.spec } },
};

const indexed: Mutation = { 'spec.completionMode': 'Indexed', 'spec.completions': 3 };
const selector = { matchLabels: { a: 'b' } };
const RESTART = 'spec.template.spec.restartPolicy';

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
];

const SPECS: Mutation[] = [
  {},
  { 'metadata.name': 'a.b' },
  { spec: undefined },
  { [RESTART]: undefined },
  { [RESTART]: 'Always' },
  { [RESTART]: 'OnFailure' },
  ...COUNTS.map((count) => ({ [`spec.${count}`]: -1 })),
  { 'spec.parallelism': 0 },
  { 'spec.completions': 4 },
  { 'spec.backoffLimitPerIndex': 4 },
  { 'spec.suspend': true },
  { 'spec.completionMode': 'Indexed' },
  indexed,
  { ...indexed, 'spec.parallelism': 200_000 },
  { 'spec.completionMode': 'Foo' },
  { ...indexed, 'spec.backoffLimitPerIndex': 1 },
  { ...indexed, 'spec.backoffLimitPerIndex': 1, 'spec.maxFailedIndexes': 5 },
  { ...indexed, 'spec.completions': 200_000, 'spec.parallelism': 20_000 },
  {
    ...indexed,
    'spec.completions': 200_000,
    'spec.parallelism': 20_000,
    'spec.backoffLimitPerIndex': 1,
  },
  { 'spec.podReplacementPolicy': 'Failed' },
  { 'spec.podReplacementPolicy': '' },
  { 'spec.managedBy': 'a' },
  { 'spec.managedBy': 'example.com/x' },
  { 'spec.managedBy': 'Exa_mple.com/x y' },
];

const SELECTORS: Mutation[] = [
  { 'spec.selector': selector },
  { 'spec.selector': selector, 'spec.manualSelector': true },
  { 'spec.manualSelector': true },
  {
    'spec.selector': selector,
    'spec.manualSelector': true,
    'spec.template.metadata': { labels: { a: 'b' } },
  },
  { 'spec.template.metadata': { labels: { a: 'b' } } },
  { 'spec.template.metadata': { labels: { 'job-name': 'b' } } },
  { 'metadata.labels': { x: 'y' } },
];

const failing = (rule: object): Mutation => ({ 'spec.podFailurePolicy': { rules: [rule] } });
const onExit = (onExitCodes: object): Mutation => failing({ action: 'Ignore', onExitCodes });
const onCondition = (...onPodConditions: object[]): Mutation =>
  failing({ action: 'Count', onPodConditions });

const FAILURE_POLICIES: Mutation[] = [
  onExit({ operator: 'In', values: [1, 2] }),
  { ...onExit({ operator: 'In', values: [1, 2] }), [RESTART]: 'OnFailure' },
  failing({}),
  failing({ action: 'Foo', onExitCodes: { operator: 'Foo', values: [1] } }),
  onExit({ values: [0] }),
  onExit({ operator: 'In', values: [0, 3, 3, 2], containerName: 'x' }),
  failing({ action: 'FailIndex', onExitCodes: { operator: 'NotIn', values: [0] } }),
  onCondition({ type: 'DisruptionTarget' }),
  onCondition({ type: 'Bad Type', status: 'Foo' }, {}),
  failing({
    action: 'Count',
    onPodConditions: [{ type: 'X', status: 'True' }],
    onExitCodes: { operator: 'In', values: [1] },
  }),
  { 'spec.podFailurePolicy': {} },
  { ...onCondition({ type: 'X' }), 'spec.podReplacementPolicy': 'TerminatingOrFailed' },
];

const succeeding = (...rules: object[]): Mutation => ({
  ...indexed,
  'spec.successPolicy': { rules },
});

const SUCCESS_POLICIES: Mutation[] = [
  succeeding({ succeededIndexes: '0-1' }),
  succeeding({}),
  succeeding(),
  succeeding({ succeededIndexes: '1,0' }),
  succeeding({ succeededIndexes: '0-5' }),
  succeeding({ succeededIndexes: '1-2-3' }),
  succeeding({ succeededCount: 9 }),
  succeeding({ succeededIndexes: '0', succeededCount: 2 }),
  { 'spec.successPolicy': { rules: [{ succeededCount: 1 }] } },
];

const SCHEDULES = [
  '',
  '* * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 7',
  '* * * * sun',
  '*/0 * * * *',
  '5-1 * * * *',
  '1/2/3 * * * *',
  '1-2-3 * * * *',
  'a * * * *',
  '-1 * * * *',
  '@hourly',
  '@every 1h30m',
  '@every x',
  '@reboot',
  'TZ=UTC * * * * *',
  'TZ=Foo/Bar * * * * *',
  'TZ=UTC',
  '0 0 L * *',
  '99999999999999999999 * * * *',
];
const ZONES = [
  'Europe/Berlin',
  '',
  'Local',
  'UTC',
  'Foo',
  '../etc',
  'europe/berlin',
  'Etc/GMT+5',
  'US/Pacific',
  'Asia/Ho Chi',
  '+01:00',
  'Asia/Calcutta',
];

const CRON_SPECS: Mutation[] = [
  {},
  { 'metadata.name': 'a'.repeat(53) },
  { spec: undefined },
  ...SCHEDULES.map((schedule) => ({ 'spec.schedule': schedule })),
  ...ZONES.map((timeZone) => ({ 'spec.timeZone': timeZone })),
  { 'spec.concurrencyPolicy': 'Foo' },
  { 'spec.startingDeadlineSeconds': -1 },
  { 'spec.successfulJobsHistoryLimit': -1, 'spec.failedJobsHistoryLimit': -1 },
  { 'spec.jobTemplate.spec.selector': selector },
  { 'spec.jobTemplate.spec.manualSelector': true },
  { 'spec.jobTemplate.spec.backoffLimit': -1 },
];

const start = '2025-01-01T00:00:00Z';
const early = '2024-01-01T00:00:00Z';
const ended = (...types: string[]) => ({
  conditions: types.map((type) => ({ type, status: 'True' })),
  startTime: start,
});

const STATUSES: object[] = [
  { active: -1, succeeded: -1, failed: -1, ready: -1, terminating: -1 },
  { active: 1, startTime: start },
  ended('Complete'),
  { ...ended('Complete', 'SuccessCriteriaMet'), completionTime: start },
  { ...ended('Complete', 'SuccessCriteriaMet'), completionTime: early },
  { ...ended('Complete', 'Failed'), completionTime: start },
  ended('Failed'),
  { ...ended('Failed', 'FailureTarget'), active: 1 },
  { completionTime: start },
  { completedIndexes: '1', failedIndexes: '1' },
  { ready: 2, active: 1 },
  { uncountedTerminatedPods: { succeeded: ['a', 'a', ''], failed: ['a'] } },
];

const change = (body: object, subresource = ''): Step => ({
  request: `PATCH ${JOBS}/j${subresource}`,
  type: 'application/merge-patch+json',
  body,
});
const podSpec = (spec: object) => change({ spec: { template: { spec } } });

export const BATCH: Area = {
  name: 'batch',
  cases: [
    creates(JOBS, job, [...SPECS, ...SELECTORS, ...FAILURE_POLICIES, ...SUCCESS_POLICIES]),
    updates(JOBS, job, [{}, { 'spec.completions': 3 }, { 'spec.selector': selector }]),
    reports(JOBS, job, STATUSES),
    creates(CRON_JOBS, cronJob, CRON_SPECS),
    updates(CRON_JOBS, cronJob, [
      {},
      { 'spec.schedule': 'TZ=UTC * * * * *' },
      { 'spec.suspend': true },
      { 'spec.timeZone': 'Foo' },
      { 'metadata.labels': { a: 'b' } },
    ]),
    {
      name: 'where pods of a suspended job go',
      steps: [
        {
          request: `POST ${JOBS}`,
          body: { ...job, spec: { ...job.spec, suspend: true } },
          quiet: true,
        },
        podSpec({ nodeSelector: { a: 'b' } }),
        podSpec({ tolerations: [{ key: 'a', operator: 'Exists' }] }),
        podSpec({ terminationGracePeriodSeconds: 5 }),
        change({ spec: { suspend: false } }),
        change({ status: { startTime: start, active: 1 } }, '/status'),
        change({ spec: { suspend: true } }),
        podSpec({ nodeSelector: { a: 'c' } }),
      ],
    },
  ],
};
