/** When all pods of a namespace look well but somebody asks what is wrong: its warnings, Services nobody answers, error lines. */
import { block, inScope } from './answers.ts';
import { lastLines } from './diagnosis.ts';
import { readWarnings } from './facts.ts';
import type { PlanInput } from './plan.ts';
import type { Scope } from './question.ts';
import type { CallResult } from './run.ts';
import { parseRows, type Row } from './tables.ts';
import { findKinds } from './vocabulary.ts';

const MAX_LOGS = 5;
const MAX_WARNINGS = 4;
const TROUBLE =
  /\b(error|fatal|panic|failed|failing|refused|unreachable|expired|denied|no such host|timed? ?out|ENOTFOUND|ECONNREFUSED|ETIMEDOUT)\b/i;
const [PODS, ENDPOINTS, DEPLOYMENTS] = ['pods', 'endpoints', 'deployments'].map(
  (name) => findKinds(name).kinds[0],
);

/** What is wrong although the pods run, `undefined` while tools have to be asked; an empty text when nothing is. */
export function lookAround(pods: Row[], scope: Scope, input: PlanInput): string | undefined {
  const { toolbox, run } = input;
  const listings = [DEPLOYMENTS, ENDPOINTS].map((kind) =>
    kind === undefined ? undefined : toolbox.list({ kind, ...scope }),
  );
  const events = toolbox.events(scope);
  const logs = onePodEach(pods).map((name) => {
    const { namespace } = scope;
    const target = { name, tail: 12, ...(namespace === undefined ? {} : { namespace }) };
    return { name, call: toolbox.logs(PODS === undefined ? target : { ...target, kind: PODS }) };
  });
  if (run.ask([events, ...listings, ...logs.map(({ call }) => call)]) === undefined)
    return undefined;
  const read = (call: (typeof listings)[number]): string => textOf(run.ask([call])?.[0]);
  const [deployments, endpoints] = listings.map((call) => parseRows(read(call)) ?? []);
  const parts = [
    ...(deployments ?? []).filter(isShort).map(shortOf),
    ...(endpoints ?? []).filter(hasNoEndpoints).map(unansweredOf),
    ...distinct(readWarnings(read(events)))
      // the pods are ready now
      .filter((warning) => !warning.startsWith('Unhealthy'))
      .slice(-MAX_WARNINGS)
      .map((warning) => `Warning event — ${warning}`),
    ...logs.flatMap(({ name, call }) => complaintOf(name, read(call))),
  ];
  if (parts.length === 0) return '';
  return [
    `All ${pods.length} pods${inScope(scope)} are running and ready, but something is wrong:`,
    ...new Set(parts),
  ].join('\n\n');
}

/** Refused creates carry the name of another pod each time. */
function distinct(warnings: string[]): string[] {
  const latest = new Map(warnings.map((warning) => [warning.replace(/"[^"]*"/, ''), warning]));
  return [...latest.values()];
}

function textOf(result: CallResult | undefined): string {
  return result === undefined || result.failed ? '' : result.text;
}

/** The first pod of each workload. */
function onePodEach(pods: Row[]): string[] {
  const seen = new Map<string, string>();
  for (const { NAME = '' } of pods) {
    const workload = NAME.replace(/(-[a-z0-9]{8,10})?-[a-z0-9]{1,5}$/, '');
    if (!seen.has(workload)) seen.set(workload, NAME);
  }
  return [...seen.values()].slice(0, MAX_LOGS);
}

function isShort({ READY = '' }: Row): boolean {
  const [ready, wanted] = READY.split('/').map(Number);
  return ready !== undefined && wanted !== undefined && ready < wanted;
}

function shortOf({ NAME = '', READY = '' }: Row): string {
  return `Deployment \`${NAME}\` has only ${READY} of its pods ready.`;
}

function hasNoEndpoints({ ENDPOINTS: addresses }: Row): boolean {
  return addresses === '<none>' || addresses === '';
}

function unansweredOf({ NAME = '' }: Row): string {
  return `**Reason:** Service \`${NAME}\` has no endpoints: no ready pod matches its selector.`;
}

function complaintOf(pod: string, log: string): string[] {
  const wrong = log.split('\n').filter((line) => TROUBLE.test(line));
  if (wrong.length === 0) return [];
  return [`Pod \`${pod}\` complains in its log:\n\n${block(lastLines(wrong.join('\n'), 3))}`];
}
