/** The sentences of the demo model. Everything in them comes from tool results. */
import type { Scope } from './question.ts';
import type { CallResult } from './run.ts';
import { rowName, type Row } from './tables.ts';
import type { Kind } from './vocabulary.ts';

/** Under every answer, so that nobody takes the demo model for a language model. */
export const FOOTER =
  '_Answered by the kagent demo model: rules, not a language model. Set OPENAI_API_KEY, ANTHROPIC_API_KEY… or --provider for a real one._';

const MAX_ROWS = 40;
const MAX_TEXT = 6000;
const SHOWN = [
  'STATUS',
  'READY',
  'RESTARTS',
  'AVAILABLE',
  'ACCEPTED',
  'COMPLETIONS',
  'TYPE',
  'CLUSTER-IP',
  'PORT(S)',
  'PHASE',
  'CAPACITY',
  'CLASS',
  'HOSTS',
  'SCHEDULE',
  'URL',
  'PROVIDER',
  'MODEL',
  'ROLES',
  'VERSION',
  'AGE',
];

/** ` in namespace \`x\``, ` in all namespaces`, or nothing for kinds without one. */
export function inScope(scope: Scope, kind?: Kind): string {
  if (kind?.namespaced === false) return '';
  return scope.namespace === undefined
    ? ' in all namespaces'
    : ` in namespace \`${scope.namespace}\``;
}

/** `1 pod`, `3 pods`. */
export function quantity(count: number, kind: Kind): string {
  return `${count === 0 ? 'no' : count} ${count === 1 ? kind.singular : kind.plural}`;
}

export interface Listing {
  kind: Kind;
  scope: Scope;
  rows: Row[];
  count: boolean;
  /** `pending `, `failing `. */
  adjective: string;
}

/** A listing as a sentence with the names, and a line with the state of each where there is one. */
export function listAnswer({ kind, scope, rows, count, adjective }: Listing): string {
  const noun = quantity(rows.length, kind).replace(' ', ` ${adjective}`);
  const verb = rows.length === 1 ? 'is' : 'are';
  const head = `There ${verb} ${noun}${inScope(scope, kind)}`;
  if (rows.length === 0) return `${head}.`;
  if (count) return `${head}${rows.length <= 10 ? `: ${names(rows)}` : ''}.`;
  const lines = rows.slice(0, MAX_ROWS).map((row) => `- \`${rowName(row)}\`${stateOf(row)}`);
  if (rows.length > MAX_ROWS) lines.push(`- … and ${rows.length - MAX_ROWS} more`);
  return `${head}:\n\n${lines.join('\n')}`;
}

function names(rows: Row[]): string {
  return rows.map((row) => `\`${rowName(row)}\``).join(', ');
}

/** ` — Running, ready 1/1, restarts 0`. */
export function stateOf(row: Row): string {
  const parts = SHOWN.flatMap((column) => {
    const value = row[column];
    if (value === undefined || value === '' || value === '<none>') return [];
    return [column === 'STATUS' || column === 'PHASE' ? value : `${column.toLowerCase()} ${value}`];
  });
  return parts.length === 0 ? '' : ` — ${parts.slice(0, 6).join(', ')}`;
}

/** A tool's text as a block, cut at a length that a chat can show. */
export function block(text: string, language = ''): string {
  const trimmed = text.trim();
  const shown =
    trimmed.length > MAX_TEXT
      ? `${trimmed.slice(0, MAX_TEXT)}\n… (${trimmed.length - MAX_TEXT} more characters)`
      : trimmed;
  const fence = shown.includes('```') ? '````' : '```';
  return `${fence}${language}\n${shown}\n${fence}`;
}

/** What a failed call means for the user. */
export function failedAnswer({ call, text }: CallResult): string {
  const said = text.trim().split('\n').slice(0, 5).join('\n').slice(0, 800);
  return `I asked \`${call.name}\`, but it failed:\n\n${block(said)}`;
}

/** No offered tool fits. */
export function missingAnswer(what: string, tools: string[]): string {
  const offered =
    tools.length === 0 ? 'I was offered no tools at all.' : `I was offered: ${shortList(tools)}.`;
  return `I have no tool that can ${what}. ${offered}`;
}

function shortList(tools: string[]): string {
  const shown = tools.slice(0, 20).map((tool) => `\`${tool}\``);
  return tools.length > 20 ? `${shown.join(', ')} and ${tools.length - 20} more` : shown.join(', ');
}

/** Who is talking and what can be asked. */
export function helpAnswer(tools: { name: string; description: string }[]): string {
  const offered = tools
    .slice(0, 25)
    .map(
      (tool) => `- \`${tool.name}\`: ${(tool.description.split(/[.\n]/)[0] ?? '').slice(0, 100)}`,
    );
  const more = tools.length > 25 ? [`- … and ${tools.length - 25} more`] : [];
  return [
    'I am the demo model of kagent: a set of rules that picks tools and reports what they say. I can answer questions such as:',
    '',
    '- "List all namespaces", "Which pods are failing?", "How many deployments are there in kagent?"',
    '- "Describe pod web-1 in shop", "Show the last 20 lines of the log of web-1", "What happened in namespace shop?"',
    '- "Why is web-1 crashing?", "What is wrong in the cluster?"',
    '',
    tools.length === 0
      ? 'I was offered no tools, so I can look at nothing right now.'
      : 'The tools I was offered:',
    ...offered,
    ...more,
  ].join('\n');
}

/** For whatever the rules do not understand. */
export function unknownAnswer(): string {
  return "I can't do that without a real model. I can list, count and describe resources, show logs, events and YAML, and look for the reason why something fails.";
}

/** For requests to change something. */
export function writeAnswer(verb: string): string {
  return `I don't change anything: to ${verb} something, you need a real model, or \`kubectl\`. I can list, count and describe resources, show logs, events and YAML, and look for the reason why something fails.`;
}
