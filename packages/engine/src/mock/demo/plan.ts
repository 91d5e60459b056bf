/** From an intent to tool calls and, when their results are in, to an answer. */
import type { BrainTool } from '../brain.ts';
import {
  block,
  failedAnswer,
  helpAnswer,
  inScope,
  listAnswer,
  missingAnswer,
  stateOf,
  unknownAnswer,
  writeAnswer,
} from './answers.ts';
import { eventsAbout } from './facts.ts';
import type { Filter, Intent, ObjectRef } from './intent.ts';
import { investigate, podsOf } from './investigate.ts';
import type { Scope } from './question.ts';
import type { CallResult, Run } from './run.ts';
import { isTrouble, parseRows, rowName, type Row } from './tables.ts';
import type { PlannedCall, Target, Toolbox } from './toolbox.ts';
import { findKinds, type Kind } from './vocabulary.ts';

export interface PlanInput {
  toolbox: Toolbox;
  run: Run;
  /** Names of all offered tools. */
  tools: string[];
  offered: BrainTool[];
}

const PODS = findKinds('pods').kinds[0] as Kind;

/** The answer, or `undefined` while `run.pending` has to be called. */
export function plan(intent: Intent, input: PlanInput): string | undefined {
  switch (intent.type) {
    case 'greeting':
      return `Hello! ${helpAnswer(input.offered)}`;
    case 'help':
      return helpAnswer(input.offered);
    case 'thanks':
      return 'You are welcome.';
    case 'unknown':
      return unknownAnswer();
    case 'incomplete':
      return intent.missing;
    case 'write':
      return writeAnswer(intent.verb);
    case 'api-resources':
      return whole({
        call: input.toolbox.apiResources(),
        what: 'list the kinds of resources',
        input,
      });
    case 'list':
      return list(intent, input);
    case 'status':
      return status(intent.object, intent.scope, input);
    case 'describe':
      return oneObject({ object: intent.object, scope: intent.scope, input, type: 'describe' });
    case 'yaml':
      return oneObject({ object: intent.object, scope: intent.scope, input, type: 'yaml' });
    case 'logs':
      return logs(intent, input);
    case 'events':
      return events(intent, input);
    case 'diagnose':
      return investigate(intent, input);
  }
}

/** A call whose result is the answer. */
export function whole(asked: {
  call: PlannedCall | undefined;
  what: string;
  input: PlanInput;
}): string | undefined {
  if (asked.call === undefined) return missingAnswer(asked.what, asked.input.tools);
  const [result] = asked.input.run.ask([asked.call]) ?? [];
  if (result === undefined) return undefined;
  return result.failed
    ? failedAnswer(result)
    : `\`${result.call.name}\` says:\n\n${block(result.text)}`;
}

function list(intent: Extract<Intent, { type: 'list' }>, input: PlanInput): string | undefined {
  const calls = intent.kinds.map((kind) =>
    input.toolbox.list({ kind, ...intent.scope, all: true }),
  );
  if (calls.includes(undefined))
    return missingAnswer(
      `list ${intent.kinds.map((kind) => kind.plural).join(' and ')}`,
      input.tools,
    );
  const results = input.run.ask(calls);
  if (results === undefined) return undefined;
  return results
    .map((result, index) => listOne(intent, result, intent.kinds[index] ?? PODS))
    .join('\n\n');
}

function listOne(
  intent: Extract<Intent, { type: 'list' }>,
  result: CallResult,
  kind: Kind,
): string {
  if (result.failed) return failedAnswer(result);
  const rows = parseRows(result.text);
  if (rows === undefined)
    return `\`${result.call.name}\` says about ${kind.plural}:\n\n${block(result.text)}`;
  const named =
    intent.name === undefined
      ? rows
      : rows.filter((row) => row['NAME']?.includes(intent.name ?? ''));
  const hasState = rows.some((row) => row['STATUS'] !== undefined || row['READY'] !== undefined);
  const filter = hasState ? intent.filter : undefined;
  const adjective = `${filter === undefined ? '' : `${ADJECTIVES[filter]} `}`;
  const answer = listAnswer({
    kind,
    scope: intent.scope,
    rows: named.filter((row) => passes(row, filter)),
    count: intent.count,
    adjective,
  });
  // The tool knows why nothing is there, e.g. that the namespace does not exist.
  const hint =
    rows.length === 0 ? (/[^.]*does not exist.*/.exec(result.text)?.[0].trim() ?? '') : '';
  const text = hint === '' ? answer : `${answer} ${hint}`;
  if (intent.name === undefined) return text;
  return text.replace(
    / in (all|namespace)|(?=[:.]$)|(?=:\n)/,
    (found) => ` that match \`${intent.name}\`${found}`,
  );
}

const ADJECTIVES: Record<Filter, string> = {
  trouble: 'unhealthy',
  running: 'running',
  pending: 'pending',
  completed: 'completed',
  terminating: 'terminating',
};

function passes(row: Row, filter: Filter | undefined): boolean {
  const state = row['STATUS'] ?? '';
  switch (filter) {
    case undefined:
      return true;
    case 'trouble':
      return isTrouble(row);
    case 'running':
      return state === 'Running';
    case 'pending':
      return /Pending|ContainerCreating|Init:/.test(state);
    case 'completed':
      return /Complete|Succeeded/.test(state);
    case 'terminating':
      return state === 'Terminating';
  }
}

/** Where an object lives. A string is an answer: not found, or found twice. */
function locate(input: {
  object: ObjectRef;
  scope: Scope;
  plan: PlanInput;
  fuzzy: boolean;
}): { row: Row; target: Target; result: CallResult } | string | undefined {
  const { object, scope, fuzzy } = input;
  const kind = object.kind ?? PODS;
  const call = input.plan.toolbox.list({ kind, ...scope, all: true });
  if (call === undefined) return missingAnswer(`list ${kind.plural}`, input.plan.tools);
  const [result] = input.plan.run.ask([call]) ?? [];
  if (result === undefined) return undefined;
  if (result.failed) return failedAnswer(result);
  const rows = parseRows(result.text) ?? [];
  const exact = rows.filter((row) => row['NAME'] === object.name);
  const found = exact.length > 0 || !fuzzy ? exact : podsOf(rows, object.name);
  const row = found[0];
  if (row === undefined)
    return `There is no ${kind.singular} \`${object.name}\`${inScope(scope, kind)}.${similar(rows, object.name)}`;
  if (exact.length > 1) {
    return `There are ${exact.length} ${kind.plural} with that name: ${exact.map((one) => `\`${rowName(one)}\``).join(', ')}. Say which namespace you mean.`;
  }
  const namespace = row['NAMESPACE'] ?? scope.namespace;
  return {
    row,
    result,
    target: { kind, name: row['NAME'] ?? '', ...(namespace === undefined ? {} : { namespace }) },
  };
}

function similar(rows: Row[], name: string): string {
  const near = rows
    .filter((row) => row['NAME']?.includes(name) || name.includes(row['NAME'] ?? ' '))
    .slice(0, 5);
  return near.length === 0
    ? ''
    : ` Did you mean ${near.map((row) => `\`${rowName(row)}\``).join(' or ')}?`;
}

function status(object: ObjectRef, scope: Scope, input: PlanInput): string | undefined {
  const found = locate({ object, scope, plan: input, fuzzy: true });
  if (found === undefined || typeof found === 'string') return found;
  const kind = object.kind ?? PODS;
  const name = `${kind.singular.charAt(0).toUpperCase()}${kind.singular.slice(1)} \`${rowName(found.row)}\``;
  const state = stateOf(found.row);
  return `${name}${state === '' ? ' exists' : state}.${isTrouble(found.row) ? ' That does not look healthy; ask me why.' : ''}`;
}

interface OneObject {
  object: ObjectRef;
  scope: Scope;
  input: PlanInput;
  type: 'describe' | 'yaml';
}

function oneObject({ object, scope, input, type }: OneObject): string | undefined {
  const find = type === 'yaml' ? input.toolbox.yaml : input.toolbox.describe;
  const kind = object.kind ?? PODS;
  const what =
    type === 'yaml' ? `show the YAML of a ${kind.singular}` : `describe a ${kind.singular}`;
  let target: Target = {
    kind,
    name: object.name,
    ...(scope.namespace === undefined ? {} : { namespace: scope.namespace }),
  };
  const direct = scope.namespace !== undefined || !kind.namespaced;
  if (find(target) === undefined) return missingAnswer(what, input.tools);
  if (!direct || object.kind === undefined) {
    const found = locate({ object, scope, plan: input, fuzzy: kind.plural === 'pods' });
    if (found === undefined || typeof found === 'string') return found;
    target = found.target;
  }
  let [result] = input.run.ask([find(target)]) ?? [];
  if (result?.failed && direct && kind.plural === 'pods') {
    // The name of a deployment stands for its pods.
    const found = locate({ object, scope, plan: input, fuzzy: true });
    if (found === undefined || typeof found === 'string') return found;
    target = found.target;
    [result] = input.run.ask([find(target)]) ?? [];
  }
  if (result === undefined) return undefined;
  if (result.failed) return failedAnswer(result);
  const where = target.namespace === undefined ? '' : ` in namespace \`${target.namespace}\``;
  const head = type === 'yaml' ? `The YAML of ${kind.singular}` : `This is ${kind.singular}`;
  return `${head} \`${target.name}\`${where}:\n\n${block(result.text, type === 'yaml' ? 'yaml' : '')}`;
}

function logs(intent: Extract<Intent, { type: 'logs' }>, input: PlanInput): string | undefined {
  const { toolbox } = input;
  const extra = {
    ...(intent.container === undefined ? {} : { container: intent.container }),
    ...(intent.tail === undefined ? {} : { tail: intent.tail }),
  };
  if (toolbox.logs({ name: intent.name, ...extra }) === undefined)
    return missingAnswer('read logs', input.tools);
  let target: Target = { name: intent.name };
  if (toolbox.list({ kind: PODS }) !== undefined) {
    const found = locate({
      object: { kind: PODS, name: intent.name },
      scope: intent.scope,
      plan: input,
      fuzzy: true,
    });
    if (found === undefined || typeof found === 'string') return found;
    target = found.target;
  } else if (intent.scope.namespace !== undefined) target.namespace = intent.scope.namespace;
  const [result] = input.run.ask([toolbox.logs({ ...target, ...extra })]) ?? [];
  if (result === undefined) return undefined;
  if (result.failed) return failedAnswer(result);
  const where = target.namespace === undefined ? '' : ` in namespace \`${target.namespace}\``;
  if (result.text.trim() === '') return `The log of pod \`${target.name}\`${where} is empty.`;
  return `The log of pod \`${target.name}\`${where}:\n\n${block(result.text)}`;
}

function events(intent: Extract<Intent, { type: 'events' }>, input: PlanInput): string | undefined {
  const call = input.toolbox.events({ ...intent.scope, all: true });
  if (call === undefined) return missingAnswer('list events', input.tools);
  const [result] = input.run.ask([call]) ?? [];
  if (result === undefined) return undefined;
  if (result.failed) return failedAnswer(result);
  const about = intent.name === undefined ? '' : ` about \`${intent.name}\``;
  const text = intent.name === undefined ? result.text : eventsAbout(result.text, intent.name);
  const rows = parseRows(text);
  if (text.trim() === '' || rows?.length === 0)
    return `There are no events${about}${inScope(intent.scope)}.`;
  return `Events${about}${inScope(intent.scope)}:\n\n${eventLines(rows, text)}`;
}

function eventLines(rows: Row[] | undefined, text: string): string {
  const readable = rows?.filter((row) => row['REASON'] !== undefined);
  if (readable === undefined || readable.length === 0) return block(text);
  return readable
    .slice(-30)
    .map(
      (row) =>
        `- ${row['TYPE'] ?? ''} **${row['REASON']}** ${row['OBJECT'] ?? ''}: ${row['MESSAGE'] ?? ''}`,
    )
    .join('\n');
}
