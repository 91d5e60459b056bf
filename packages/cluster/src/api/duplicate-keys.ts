/** Finds keys that occur twice in one object of JSON or YAML text, which parsers pass over in silence. */
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';

/** Paths of duplicate keys in YAML, like those of `findDuplicateKeys`. `text` must be valid YAML. */
export function findDuplicateYamlKeys(text: string): string[] {
  const { contents } = parseDocument(text, { version: '1.1', uniqueKeys: false });
  const duplicates = new Set<string>();
  visitYaml(contents, '', duplicates);
  return [...duplicates];
}

/** Aliases are not followed: what they stand for is visited where it is written. */
function visitYaml(node: unknown, path: string, duplicates: Set<string>): void {
  if (isSeq(node)) {
    node.items.forEach((item, index) => visitYaml(item, `${path}[${index}]`, duplicates));
  } else if (isMap(node)) {
    const keys = new Set<string>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? (key.source ?? String(key.value)) : String(key);
      const place = path === '' ? name : `${path}.${name}`;
      // A merge key may stand in a map more than once.
      if (keys.has(name) && name !== '<<') duplicates.add(place);
      keys.add(name);
      visitYaml(value, place, duplicates);
    }
  }
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
