/** Matches a question with tools that have nothing to do with Kubernetes, e.g. those of a user's own MCP server. */
import type { BrainTool } from '../brain.ts';
import { isRecord } from '../../models/parse-json.ts';
import { propertiesOf, requiredOf, typeOf, wordsOfName, type PlannedCall } from './toolbox.ts';

const CHANGES =
  /^(delete|remove|create|apply|patch|update|scale|restart|install|uninstall|upgrade|set|write|send|post|put|annotate|label|rollout|drain|cordon|execute|exec|command|connectivity|kill|stop|edit|toggle|connect|disconnect|enable|disable)$/;
const EMPTY = new Set(
  'get list show fetch find read query search check tool k8s kubernetes the a an of for in to by with and or all ns kagent api'.split(
    ' ',
  ),
);
/** A single argument with such a name takes the question as it is: it is meant for an agent. */
const WHOLE_QUESTION = /^(request|question|prompt|task)$/i;
/** One with such a name takes what follows the name of the tool. */
const FREE_TEXT = /^(query|message|text|input|q|search|content|sentence)$/i;

export interface Match {
  call: PlannedCall;
  /** Share of the tool's name that the question mentions, 0–1. */
  score: number;
}

/** The best tool whose name the question mentions and whose required arguments can be filled from it. */
export function matchTool(question: string, tools: BrainTool[]): Match | undefined {
  const words = new Set(wordsOf(question));
  let best: Match | undefined;
  for (const tool of tools) {
    const names = wordsOfName(tool.name);
    if (names.some((word) => CHANGES.test(word))) continue;
    const score = scoreOf(tool, names, words);
    if (score < 0.5 || (best !== undefined && score <= best.score)) continue;
    const args = fill(tool, question);
    if (args !== undefined) best = { call: { name: tool.name, args }, score };
  }
  return best;
}

function wordsOf(text: string): string[] {
  return (text.toLowerCase().match(/[a-z0-9]+/g) ?? []).map(stem);
}

function stem(word: string): string {
  return word.length > 3 ? word.replace(/(?:ies)$/, 'y').replace(/s$/, '') : word;
}

function scoreOf(tool: BrainTool, names: string[], question: Set<string>): number {
  const telling = names.filter((word) => !EMPTY.has(word)).map(stem);
  if (telling.length === 0) return 0;
  const hits = telling.filter((word) => question.has(word)).length;
  if (hits === 0) return 0;
  // Servers put a prefix before their names, which people leave out.
  const score = Math.max(
    hits / telling.length,
    telling.length > 1 ? hits / (telling.length - 0.5) : 0,
  );
  const described = new Set(wordsOf(tool.description));
  const shared = [...question].filter((word) => described.has(word) && !EMPTY.has(word)).length;
  return Math.min(1, score) + Math.min(shared, 5) / 1000;
}

/** Arguments for the required properties, or `undefined` when the question does not hold them. */
function fill(tool: BrainTool, question: string): Record<string, unknown> | undefined {
  const properties = propertiesOf(tool);
  const required = requiredOf(tool);
  const numbers = [...question.matchAll(/(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])/g)].map((match) =>
    Number(match[0]),
  );
  const args: Record<string, unknown> = {};
  for (const name of required) {
    const value = valueFor({
      name,
      schema: properties[name],
      question,
      numbers,
      tool,
      alone: required.length === 1,
    });
    if (value === undefined) return undefined;
    args[name] = value;
  }
  for (const [name, schema] of Object.entries(properties)) {
    if (name in args) continue;
    const named = namedValue(name, question);
    const choice = enumValue(schema, question);
    if (choice !== undefined) args[name] = choice;
    else if (named !== undefined && typeOf(schema) === 'string') args[name] = named;
    else if (
      required.length === 0 &&
      Object.keys(properties).length === 1 &&
      typeOf(schema) === 'string'
    ) {
      const value = phrase(question);
      if (value !== undefined) args[name] = value;
    }
  }
  return args;
}

interface ValueInput {
  name: string;
  schema: unknown;
  question: string;
  /** Used up from the front. */
  numbers: number[];
  tool: BrainTool;
  alone: boolean;
}

function valueFor({ name, schema, question, numbers, tool, alone }: ValueInput): unknown {
  const choice = enumValue(schema, question);
  if (choice !== undefined) return choice;
  switch (typeOf(schema)) {
    case 'number':
    case 'integer':
      return numbers.shift();
    case 'boolean':
      return true;
    case 'string': {
      const named = namedValue(name, question);
      if (named !== undefined) return named;
      if (!alone) return undefined;
      if (WHOLE_QUESTION.test(name)) return question;
      if (FREE_TEXT.test(name))
        return quoted(question) ?? afterToolWord(tool, question) ?? question;
      return phrase(question) ?? afterToolWord(tool, question);
    }
    default:
      return undefined;
  }
}

function enumValue(schema: unknown, question: string): string | undefined {
  const values =
    isRecord(schema) && Array.isArray(schema['enum']) ? schema['enum'].map(String) : [];
  return values.find((value) => question.toLowerCase().includes(value.toLowerCase()));
}

/** `city Paris`, `city=Paris`, `city: "New York"`. */
function namedValue(name: string, question: string): string | undefined {
  const words = wordsOfName(name).join('[ _-]?');
  const match = new RegExp(
    `\\b${words}\\b\\s*(?:is|=|:|named|called)?\\s*(?:"([^"]+)"|'([^']+)'|([\\w./@-]+))`,
    'i',
  ).exec(question);
  return match?.[1] ?? match?.[2] ?? match?.[3];
}

function quoted(question: string): string | undefined {
  return /"([^"]+)"|“([^”]+)”|`([^`]+)`/.exec(question)?.slice(1).find(Boolean);
}

/** What stands in quotes, or after the last "in", "for", "of" …, or the capitalised words inside the sentence. */
function phrase(question: string): string | undefined {
  const bare = question.trim().replace(/[?!.]+$/, '');
  return (
    quoted(question) ??
    /^.*\b(?:in|for|of|about|at|named|called|from|on)\s+(?:the\s+)?(.+)$/i.exec(bare)?.[1] ??
    /\s([A-Z][\w-]*(?:\s[A-Z][\w-]*)*)/.exec(bare)?.[1]
  );
}

/** `echo hello world` → `hello world`. */
function afterToolWord(tool: BrainTool, question: string): string | undefined {
  const words = wordsOfName(tool.name).filter((word) => !EMPTY.has(word));
  const match = new RegExp(`\\b(?:${words.join('|')})s?\\b[:,]?\\s+(.+)$`, 'is').exec(
    question.trim(),
  );
  return match?.[1]?.replace(/[?!.]+$/, '');
}
