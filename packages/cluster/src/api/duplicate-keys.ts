/** Finds keys that occur twice in one JSON object, which `JSON.parse` passes over in silence. */

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
