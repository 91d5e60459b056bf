/** Finds keys that occur twice in one object of JSON or YAML text, which parsers pass over in silence. */
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';

/** What is wrong with the keys of a body, a text for each, in the words of the parser a real server has for the format. */
export interface DuplicateKeys {
  problems: string[];
  format: 'json' | 'yaml';
}

export const NO_DUPLICATES: DuplicateKeys = { problems: [], format: 'json' };

/** `text` must be valid JSON. */
export function duplicatesInJson(text: string): DuplicateKeys {
  const problems = findDuplicateKeys(text).map((path) => `duplicate field ${JSON.stringify(path)}`);
  return { problems, format: 'json' };
}

/** YAML text that was read: its value, as its reader gives it, and the keys that it passed over. */
export interface YamlText {
  value: unknown;
  /** Each key that was there already, with the line of its value. */
  duplicates(): DuplicateKeys;
}

/** Throws what is wrong with the text. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  // 1.1 is what kubectl's parser reads: `yes` is true, `010` is 8.
  const document = parseDocument(text, { version: '1.1', uniqueKeys: false, lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) throw error;
  return {
    value: document.toJS({ maxAliasCount: 100 }),
    duplicates() {
      const problems: string[] = [];
      visitYaml(document.contents, (key, offset) => {
        const name = typeof key === 'string' ? JSON.stringify(key) : String(key);
        problems.push(`line ${lines.linePos(offset).line}: key ${name} already set in map`);
      });
      return { problems, format: 'yaml' };
    },
  };
}

/** The same for text that is JSON too, which is read in no time when there is nothing to tell. */
export function duplicatesInJsonAsYaml(text: string): DuplicateKeys {
  return findDuplicateKeys(text).length === 0 ? NO_DUPLICATES : readYaml(text).duplicates();
}

/** As one error: problems of YAML come in a list of their own. */
export function duplicatesError({ problems, format }: DuplicateKeys): string {
  return format === 'json'
    ? problems.join(', ')
    : ['yaml: unmarshal errors:', ...problems].join('\n  ');
}

/** Aliases are not followed: what they stand for is visited where it is written. Children come before their parent. */
function visitYaml(node: unknown, report: (key: unknown, offset: number) => void): void {
  if (isSeq(node)) for (const item of node.items) visitYaml(item, report);
  if (!isMap(node)) return;
  const keys = new Set<unknown>();
  for (const { key, value } of node.items) {
    visitYaml(value, report);
    const name = isScalar(key) ? key.value : String(key);
    // A merge key may stand in a map more than once.
    if (keys.has(name) && name !== '<<') report(name, offsetOf(value) ?? offsetOf(key) ?? 0);
    keys.add(name);
  }
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Paths of duplicate keys (`spec.replicas`, `spec.items[0].name`), each once. `text` must be valid JSON. */
export function findDuplicateKeys(text: string): string[] {
  const duplicates = new Set<string>();
  const stack: Frame[] = [];
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    const frame = stack.at(-1);
    if (char === '{' || char === '[') {
      stack.push({
        keys: char === '{' ? new Set() : undefined,
        index: 0,
        key: '',
        path: pathOf(frame),
        atKey: true,
      });
    } else if (char === '}' || char === ']') stack.pop();
    else if (char === ',' && frame) {
      frame.index += 1;
      frame.atKey = true;
    } else if (char === ':' && frame) frame.atKey = false;
    else if (char === '"') {
      const end = closingQuote(text, i);
      if (frame?.keys && frame.atKey) note(frame, text.slice(i, end + 1), duplicates);
      i = end;
    }
  }
  return [...duplicates];
}

interface Frame {
  /** Undefined for arrays. */
  keys: Set<string> | undefined;
  index: number;
  key: string;
  path: string;
  /** The next string is a key. */
  atKey: boolean;
}

function note(frame: Frame, literal: string, duplicates: Set<string>): void {
  frame.key = literal.includes('\\') ? String(JSON.parse(literal)) : literal.slice(1, -1);
  if (frame.keys?.has(frame.key)) duplicates.add(pathOf(frame));
  frame.keys?.add(frame.key);
}

function pathOf(frame: Frame | undefined): string {
  if (!frame) return '';
  if (!frame.keys) return `${frame.path}[${frame.index}]`;
  return frame.path === '' ? frame.key : `${frame.path}.${frame.key}`;
}

function closingQuote(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end;
}
