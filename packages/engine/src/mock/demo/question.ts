/** Takes a question apart: scope, kinds, the name of an object, numbers. Pure text work; no tools, no cluster. */
import { findKinds, STOP_WORDS, unknownKind, type Kind } from './vocabulary.ts';

export interface Scope {
  namespace?: string;
  /** The question asks for all namespaces by name. */
  all: boolean;
}

export interface Question {
  /** As it was asked. */
  original: string;
  /** Lowercase, without quotes and end punctuation. */
  text: string;
  scope: Scope;
  kinds: Kind[];
  /** A kind was named in the plural. */
  plural: boolean;
  /** Words that are neither grammar, kind nor scope: names, or things the demo model does not understand. */
  words: string[];
  /** The single name of an object, if there is one. */
  name?: string;
  container?: string;
  tail?: number;
}

const NAME = '[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?';
const NO_NAMESPACE = new Set(
  `the my our this that all any every each which total detail details general particular yaml json full short cluster kubernetes k8s
  production? fact it them there order trouble state status crashloopbackoff imagepullbackoff error pending is are has does do for
  one table plain english german a an`.split(/\s+/),
);

/** Reads a question. Total: every text gives a result. */
export function readQuestion(original: string): Question {
  const text = normalize(original);
  const { scope, rest } = takeScope(text);
  const { container, tail, rest: bare } = takeLogDetails(rest);
  const slashed = takeKindSlashName(bare);
  const found = findKinds(slashed.rest);
  const words = slashed.name === undefined ? wordsOf(found.rest) : [slashed.name];
  const kinds = slashed.kind === undefined ? found.kinds : [slashed.kind];
  const question: Question = { original, text, scope, kinds, plural: found.plural, words };
  const name = words.length === 1 ? words[0] : undefined;
  if (name !== undefined) question.name = name;
  if (container !== undefined) question.container = container;
  if (tail !== undefined) question.tail = tail;
  if (slashed.namespace !== undefined)
    question.scope = { namespace: slashed.namespace, all: false };
  return question;
}

function normalize(original: string): string {
  return original
    .toLowerCase()
    .replaceAll(/[’‘]/g, "'")
    .replaceAll(/["`“”]|(?<![a-z])'|'(?![a-z])/g, '')
    .replaceAll(/[?!;]+|[.,:](?=\s|$)/g, ' ')
    .replaceAll(
      /\b(?:with|and|including) (?:their|its|the) (?:status(?:es)?|states?|ips?|nodes?|ages?|restarts?|names?|namespaces?)\b/g,
      ' ',
    )
    .replaceAll(/\s+/g, ' ')
    .trim();
}

const ALL_NAMESPACES =
  /\s*(?:\b(?:in|across|from|over|throughout|for|of)\s+)?\b(?:all|every|any|each)\s+(?:of\s+)?(?:the\s+)?(?:namespaces?|ns)\b|\s(?:-a|--all-namespaces)(?=\s|$)|\bcluster[- ]?wide\b|\beverywhere\b|\b(?:in|on|across|of|for)\s+(?:the|my|this|our)\s+(?:whole\s+|entire\s+)?(?:k8s\s+|kubernetes\s+)?cluster\b/;

const ONE_NAMESPACE: readonly RegExp[] = [
  new RegExp(`\\s(?:-n|--namespace)[ =](${NAME})`),
  new RegExp(
    `\\b(?:in|from|of|for|within|inside|under|on)\\s+(?:the\\s+)?(?:namespace|ns)\\s+(${NAME})`,
  ),
  new RegExp(
    `\\b(?:in|from|of|within|inside|under|for)\\s+(?:the\\s+|my\\s+|our\\s+)?(${NAME})\\s+(?:namespace|ns)\\b`,
  ),
  new RegExp(`\\b(?:the\\s+)?(?:namespace|ns)[ =:](${NAME})`),
  new RegExp(`\\b(?:in|within|inside)\\s+(${NAME})(?=\\s|$)`),
];

function takeScope(text: string): { scope: Scope; rest: string } {
  for (const pattern of ONE_NAMESPACE) {
    const match = pattern.exec(text);
    const namespace = match?.[1];
    if (match === null || namespace === undefined) continue;
    if (
      NO_NAMESPACE.has(namespace) ||
      STOP_WORDS.has(namespace) ||
      findKinds(namespace).kinds.length > 0
    )
      continue;
    return { scope: { namespace, all: false }, rest: text.replace(match[0], ' ') };
  }
  const all = ALL_NAMESPACES.exec(text);
  if (all === null) return { scope: { all: false }, rest: text };
  const rest = text.replace(all[0], ' ');
  const asksForNamespaces =
    /namespaces?|\bns\b/.test(all[0]) &&
    findKinds(rest).kinds.length === 0 &&
    !/\b(logs?|events?)\b/.test(rest);
  return asksForNamespaces ? { scope: { all: false }, rest: text } : { scope: { all: true }, rest };
}

const CONTAINER: readonly RegExp[] = [
  new RegExp(`\\bcontainer\\s+(${NAME})`),
  new RegExp(`\\b(${NAME})\\s+container\\b`),
  new RegExp(`\\s-c\\s+(${NAME})`),
];

interface LogDetails {
  container?: string;
  tail?: number;
  rest: string;
}

function takeLogDetails(text: string): LogDetails {
  const details: LogDetails = { rest: text };
  for (const pattern of /\blogs?\b/.test(text) ? CONTAINER : []) {
    const match = pattern.exec(text);
    const name = match?.[1];
    if (match === null || name === undefined || STOP_WORDS.has(name)) continue;
    details.container = name;
    details.rest = details.rest.replace(match[0], ' ');
    break;
  }
  const tail = /\b(\d{1,5})\s+(?:log\s+)?lines?\b|\b(?:last|tail|--tail[ =])\s*(\d{1,5})\b/.exec(
    details.rest,
  );
  if (tail !== null) {
    details.tail = Number(tail[1] ?? tail[2]);
    details.rest = details.rest.replace(tail[0], ' ');
  }
  return details;
}

/** `pod/web-1`, `shop/web-1` (a namespace), `shop/pod/web-1`. */
function takeKindSlashName(text: string): {
  kind?: Kind;
  name?: string;
  namespace?: string;
  rest: string;
} {
  const match = new RegExp(`(?<![\\w/])(${NAME})/(${NAME})(?:/(${NAME}))?(?![\\w/])`).exec(text);
  if (match === null) return { rest: text };
  const [whole, first = '', second = '', third] = match;
  const kind = findKinds(first).kinds[0];
  if (kind !== undefined) return { kind, name: third ?? second, rest: text.replace(whole, ' ') };
  return { namespace: first, rest: text.replace(whole, [second, third].filter(Boolean).join('/')) };
}

function wordsOf(text: string): string[] {
  const words = text.split(/[\s/(),]+/).map((word) => word.replace(/'s$/, ''));
  return [
    ...new Set(
      words.filter((word) => word !== '' && !STOP_WORDS.has(word) && !/^[-–&+]+$/.test(word)),
    ),
  ];
}

/** Kind for `list widgets` or `describe widget w1`, when the demo model does not know it. */
export function passThroughKind(question: Question): { kind: Kind; name?: string } | undefined {
  const [first, second] = question.words;
  if (first === undefined || question.words.length > 2 || !/^[a-z][a-z.]+$/.test(first))
    return undefined;
  if (second !== undefined) return { kind: unknownKind(first), name: second };
  return /s$|\./.test(first) ? { kind: unknownKind(first) } : undefined;
}
