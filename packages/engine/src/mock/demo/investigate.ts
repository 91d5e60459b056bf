/** "Why is X failing?" and "What is wrong?": find the object, look at it from all sides, name the reason. */
import { block, failedAnswer, inScope, missingAnswer, stateOf } from './answers.ts';
import { describeCondition, findReasons, lastLines } from './diagnosis.ts';
import { eventsAbout, readFacts } from './facts.ts';
import type { Intent, ObjectRef } from './intent.ts';
import { lookAround } from './look-around.ts';
import type { PlanInput } from './plan.ts';
import type { Scope } from './question.ts';
import type { CallResult } from './run.ts';
import { isTrouble, parseRows, rowName, type Row } from './tables.ts';
import type { Target } from './toolbox.ts';
import { findKinds, type Kind } from './vocabulary.ts';

const MAX_LOOKED_AT = 3;
const PODS = findKinds('pods').kinds[0] as Kind;

/** Plan of a `diagnose` question; `undefined` while tools have to be asked. */
export function investigate(
  intent: Extract<Intent, { type: 'diagnose' }>,
  input: PlanInput,
): string | undefined {
  const { object, scope } = intent;
  const kind = object?.kind;
  if (object !== undefined && kind !== undefined && kind.plural !== 'pods' && !ownsPods(kind)) {
    return investigateObject({ ...object, kind }, scope, input);
  }
  const listing = input.toolbox.list({ kind: PODS, ...scope, all: true });
  if (listing === undefined) return missingAnswer('list pods', input.tools);
  const [listed] = input.run.ask([listing]) ?? [];
  if (listed === undefined) return undefined;
  if (listed.failed) return failedAnswer(listed);
  const rows = parseRows(listed.text);
  if (rows === undefined)
    return `I can't read the list of pods that \`${listed.call.name}\` gave:\n\n${block(listed.text)}`;
  if (object === undefined) return investigateAll(rows, scope, input);
  const candidates = podsOf(rows, object.name);
  if (candidates.length === 0) {
    if (kind === undefined) return investigateByName({ object, scope, input, rows });
    return kind.plural === 'pods'
      ? notFound(object, scope, rows)
      : investigateObject({ ...object, kind }, scope, input);
  }
  const ill = candidates.filter(isTrouble);
  return lookAt({
    pods: (ill.length > 0 ? ill : candidates).slice(0, MAX_LOOKED_AT),
    scope,
    input,
  });
}

function ownsPods(kind: Kind): boolean {
  return /^(deployments|replicasets|statefulsets|daemonsets|jobs|cronjobs|services)$/.test(
    kind.plural,
  );
}

/** The pod itself, else pods whose name starts with it, else those that contain it. */
export function podsOf(rows: Row[], name: string): Row[] {
  const exact = rows.filter((row) => row['NAME'] === name);
  if (exact.length > 0) return exact;
  const started = rows.filter((row) => row['NAME']?.startsWith(`${name}-`));
  return started.length > 0 ? started : rows.filter((row) => row['NAME']?.includes(name));
}

interface ByName {
  object: ObjectRef;
  scope: Scope;
  input: PlanInput;
  /** The pods that were seen. */
  rows: Row[];
}

/** No pod has the name and no kind was given: perhaps a deployment without pods, or an agent. */
function investigateByName({ object, scope, input, rows }: ByName): string | undefined {
  const kinds = findKinds('deployments agents').kinds;
  const calls = kinds.map((kind) => input.toolbox.list({ kind, ...scope, all: true }));
  const results = input.run.ask(calls);
  if (results === undefined) return undefined;
  const kind = kinds.find((_, index) => {
    const result = results[index];
    return (
      result !== undefined &&
      !result.failed &&
      podsOf(parseRows(result.text) ?? [], object.name).length > 0
    );
  });
  return kind === undefined
    ? notFound(object, scope, rows)
    : investigateObject({ ...object, kind }, scope, input);
}

function notFound(object: ObjectRef, scope: Scope, rows: Row[]): string {
  const known = rows.slice(0, 15).map((row) => `\`${rowName(row)}\``);
  const what = `There is no ${object.kind?.singular ?? 'pod'} that matches \`${object.name}\`${inScope(scope)}.`;
  return known.length === 0 ? what : `${what} The pods I see: ${known.join(', ')}.`;
}

function investigateAll(rows: Row[], scope: Scope, input: PlanInput): string | undefined {
  const ill = rows.filter(isTrouble);
  if (rows.length === 0)
    return `There are no pods${inScope(scope)}, so there is nothing that could fail.`;
  if (ill.length === 0) {
    const around = scope.namespace === undefined ? '' : lookAround(rows, scope, input);
    if (around !== '') return around;
    const all = rows.length === 1 ? 'the only pod' : `all ${rows.length} pods`;
    return `I see nothing wrong: ${all}${inScope(scope)} ${rows.length === 1 ? 'is' : 'are'} running and ready.`;
  }
  const found = lookAt({ pods: ill.slice(0, MAX_LOOKED_AT), scope, input });
  if (found === undefined) return undefined;
  const others = ill.slice(MAX_LOOKED_AT).map((row) => `- \`${rowName(row)}\`${stateOf(row)}`);
  const head = `${ill.length} of ${rows.length} pods${inScope(scope)} ${ill.length === 1 ? 'has a problem' : 'have problems'}.`;
  return [
    head,
    found,
    ...(others.length > 0 ? [`Not looked at closely:\n\n${others.join('\n')}`] : []),
  ].join('\n\n');
}

interface LookAtInput {
  pods: Row[];
  scope: Scope;
  input: PlanInput;
}

/** Describes, reads logs and events of all given pods in parallel, then writes one paragraph each. */
function lookAt({ pods, scope, input }: LookAtInput): string | undefined {
  const { toolbox, run } = input;
  const targets = pods.map((row): Target => {
    const namespace = row['NAMESPACE'] ?? scope.namespace;
    return {
      kind: PODS,
      name: row['NAME'] ?? '',
      ...(namespace === undefined ? {} : { namespace }),
    };
  });
  const details = targets.map((target) => toolbox.describe(target) ?? toolbox.yaml(target));
  const logs = targets.map((target, index) =>
    wantsLogs(pods[index] ?? {}) ? toolbox.logs({ ...target, tail: 20 }) : undefined,
  );
  if (run.ask([...details, ...logs]) === undefined) return undefined;
  // A container that waits for its next start has its words in the log of the run before.
  const earlier = logs.map((call, index) => {
    const log = call === undefined ? undefined : run.ask([call])?.[0];
    const restarted =
      /[1-9]/.test(pods[index]?.['RESTARTS'] ?? '') || /\brestarted [1-9]/.test(log?.text ?? '');
    const silent = log !== undefined && logOf(log) === '';
    return restarted && silent ? toolbox.previousLogs({ ...targets[index], tail: 20 }) : undefined;
  });
  if (run.ask(earlier) === undefined) return undefined;
  const seen = pods.map((row, index) => ({
    row,
    target: targets[index] ?? {},
    details: run.ask([details[index]])?.[0],
    logs: run.ask([earlier[index] ?? logs[index]])?.[0],
  }));
  // Not every describe shows events; without a reason they are asked for.
  const unclear = seen.filter((one) => reasonsOf(one).length === 0);
  const events = new Map(unclear.map((one) => [one, toolbox.events(one.target)]));
  if (run.ask([...events.values()]) === undefined) return undefined;
  const paragraphs = seen.map((one) => {
    const asked = events.get(one);
    return paragraph({ ...one, events: asked === undefined ? undefined : run.ask([asked])?.[0] });
  });
  return paragraphs.join('\n\n');
}

/** The lines of the program itself: tools put notes in brackets before them. */
function logOf(result: CallResult | undefined): string {
  if (result === undefined || result.failed) return '';
  const lines = result.text
    .split('\n')
    .filter((line) => !/^\[[^\]]*\]$|^The log is empty\.?$/.test(line));
  return lastLines(lines.join('\n'), 8);
}

function wantsLogs(row: Row): boolean {
  return !/Pending|ImagePull|ErrImage|CreateContainer|ContainerCreating|InvalidImage|Init:|Evicted/.test(
    row['STATUS'] ?? '',
  );
}

interface Seen {
  row: Row;
  details: CallResult | undefined;
  logs: CallResult | undefined;
  events?: CallResult | undefined;
}

function reasonsOf({ row, details, events }: Seen): string[] {
  const usable = (result: CallResult | undefined): string | undefined =>
    result?.failed ? undefined : result?.text;
  const eventText = usable(events);
  const detailText = usable(details);
  return findReasons({
    status: row['STATUS'] ?? '',
    ...(detailText === undefined ? {} : { details: detailText }),
    ...(eventText === undefined ? {} : { events: eventsAbout(eventText, row['NAME'] ?? '') }),
  });
}

function paragraph(seen: Seen): string {
  const { row, details, logs, events } = seen;
  const reasons = reasonsOf(seen);
  const head = `Pod \`${rowName(row)}\`${stateOf(row)}.`;
  const parts = [head];
  if (reasons.length > 0) parts.push(`**Reason:** ${reasons.join(' ')}`);
  else if (isTrouble(row)) parts.push('I found no reason in its status, events or log.');
  else parts.push('It looks healthy: I found no problem in its status or events.');
  const log = logOf(logs);
  if (log !== '' && (isTrouble(row) || reasons.length > 0))
    parts.push(`The end of its log:\n\n${block(log)}`);
  for (const result of [details, logs, events]) {
    if (result?.failed) parts.push(`(\`${result.call.name}\` failed: ${firstLine(result.text)})`);
  }
  return parts.join('\n\n');
}

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').slice(0, 200);
}

/** Objects that have conditions instead of containers: agents, nodes, model configs, deployments without pods. */
function investigateObject(
  object: ObjectRef & { kind: Kind },
  scope: Scope,
  input: PlanInput,
): string | undefined {
  const { toolbox, run } = input;
  const listing = toolbox.list({ kind: object.kind, ...scope, all: true });
  if (listing === undefined) return missingAnswer(`list ${object.kind.plural}`, input.tools);
  const [listed] = run.ask([listing]) ?? [];
  if (listed === undefined) return undefined;
  if (listed.failed) return failedAnswer(listed);
  const row = podsOf(parseRows(listed.text) ?? [], object.name)[0];
  if (row === undefined)
    return `There is no ${object.kind.singular} \`${object.name}\`${inScope(scope, object.kind)}.`;
  const namespace = row['NAMESPACE'] ?? scope.namespace;
  const target: Target = {
    kind: object.kind,
    name: row['NAME'] ?? '',
    ...(namespace === undefined ? {} : { namespace }),
  };
  const asked = toolbox.describe(target) ?? toolbox.yaml(target);
  if (asked === undefined) return missingAnswer(`describe a ${object.kind.singular}`, input.tools);
  const [details] = run.ask([asked]) ?? [];
  if (details === undefined) return undefined;
  if (details.failed) return failedAnswer(details);
  const reasons = findReasons({
    status: row['STATUS'] ?? '',
    details: details.text,
  });
  const head = `${capital(object.kind.singular)} \`${rowName(row)}\`${stateOf(row)}.`;
  if (reasons.length > 0) return `${head}\n\n**Reason:** ${reasons.join('; ')}`;
  const good = readFacts(details.text).conditions.map(describeCondition);
  return good.length > 0
    ? `${head}\n\nI see no problem: ${good.join('; ')}.`
    : `${head}\n\nI found no problem in what \`${details.call.name}\` says.`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
