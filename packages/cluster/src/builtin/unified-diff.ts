/**
 * Unified differences of texts, line by line, as the `difflib` of Python (and its port that a real API server uses) makes
 * them: the longest common run first, what is common in more than every hundredth line no start of a run.
 */

const CONTEXT = 3;
/** Finding runs takes the product of the lengths at worst. */
const MAX_LINES = 4000;
const POPULAR_FROM = 200;

interface Block {
  a: number;
  b: number;
  size: number;
}

type Operation = 'equal' | 'replace' | 'delete' | 'insert';
interface Change {
  operation: Operation;
  a: [number, number];
  b: [number, number];
}

/** Without file names; empty when the texts are the same, or too long to be compared line by line. */
export function unifiedDiff(before: string, after: string): string {
  const [a, b] = [before.split('\n'), after.split('\n')];
  if (a.length > MAX_LINES || b.length > MAX_LINES) return '';
  return groups(changes(a, b))
    .map((group) => printGroup(group, a, b))
    .join('');
}

function printGroup(group: Change[], a: string[], b: string[]): string {
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined) return '';
  const lines = [`@@ -${range(first.a[0], last.a[1])} +${range(first.b[0], last.b[1])} @@`];
  for (const { operation, a: inA, b: inB } of group) {
    if (operation === 'equal') lines.push(...a.slice(...inA).map((line) => ` ${line}`));
    else {
      if (operation !== 'insert') lines.push(...a.slice(...inA).map((line) => `-${line}`));
      if (operation !== 'delete') lines.push(...b.slice(...inB).map((line) => `+${line}`));
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}

function range(start: number, end: number): string {
  const length = end - start;
  if (length === 1) return String(start + 1);
  return `${length === 0 ? start : start + 1},${length}`;
}

/** Changes with the few equal lines around them. */
function groups(all: Change[]): Change[][] {
  const changed = all.map((change) => ({ ...change }));
  const [first, last] = [changed[0], changed.at(-1)];
  if (first?.operation === 'equal') {
    first.a = [Math.max(first.a[0], first.a[1] - CONTEXT), first.a[1]];
    first.b = [Math.max(first.b[0], first.b[1] - CONTEXT), first.b[1]];
  }
  if (last?.operation === 'equal') {
    last.a = [last.a[0], Math.min(last.a[1], last.a[0] + CONTEXT)];
    last.b = [last.b[0], Math.min(last.b[1], last.b[0] + CONTEXT)];
  }
  const found: Change[][] = [];
  let group: Change[] = [];
  for (const change of changed) {
    const { operation, a, b } = change;
    if (operation !== 'equal' || a[1] - a[0] <= 2 * CONTEXT) {
      group.push(change);
      continue;
    }
    group.push({
      operation,
      a: [a[0], Math.min(a[1], a[0] + CONTEXT)],
      b: [b[0], Math.min(b[1], b[0] + CONTEXT)],
    });
    found.push(group);
    group = [
      {
        operation,
        a: [Math.max(a[0], a[1] - CONTEXT), a[1]],
        b: [Math.max(b[0], b[1] - CONTEXT), b[1]],
      },
    ];
  }
  found.push(group);
  return found.filter((items) => items.some(({ operation }) => operation !== 'equal'));
}

function changes(a: string[], b: string[]): Change[] {
  const found: Change[] = [];
  let [i, j] = [0, 0];
  for (const block of matchingBlocks(a, b)) {
    const [isA, isB] = [i < block.a, j < block.b];
    if (isA || isB) {
      const operation = isA && isB ? 'replace' : isA ? 'delete' : 'insert';
      found.push({ operation, a: [i, block.a], b: [j, block.b] });
    }
    [i, j] = [block.a + block.size, block.b + block.size];
    if (block.size > 0) found.push({ operation: 'equal', a: [block.a, i], b: [block.b, j] });
  }
  return found;
}

function matchingBlocks(a: string[], b: string[]): Block[] {
  const places = linePlaces(b);
  const blocks: Block[] = [];
  const open: Pick<Change, 'a' | 'b'>[] = [{ a: [0, a.length], b: [0, b.length] }];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const { a: inA, b: inB } = part;
    const block = longestMatch({ a, b, places }, inA, inB);
    if (block.size === 0) continue;
    blocks.push(block);
    if (inA[0] < block.a && inB[0] < block.b)
      open.push({ a: [inA[0], block.a], b: [inB[0], block.b] });
    const [endA, endB] = [block.a + block.size, block.b + block.size];
    if (endA < inA[1] && endB < inB[1]) open.push({ a: [endA, inA[1]], b: [endB, inB[1]] });
  }
  blocks.sort((x, y) => x.a - y.a || x.b - y.b);
  const merged: Block[] = [];
  for (const block of blocks) {
    const last = merged.at(-1);
    if (last && last.a + last.size === block.a && last.b + last.size === block.b) {
      last.size += block.size;
    } else merged.push(block);
  }
  return [...merged, { a: a.length, b: b.length, size: 0 }];
}

function linePlaces(b: string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [index, line] of b.entries()) {
    const known = places.get(line);
    if (known) known.push(index);
    else places.set(line, [index]);
  }
  if (b.length < POPULAR_FROM) return places;
  const most = Math.floor(b.length / 100) + 1;
  for (const [line, indexes] of places) if (indexes.length > most) places.delete(line);
  return places;
}

function longestMatch(
  { a, b, places }: { a: string[]; b: string[]; places: Map<string, number[]> },
  [fromA, toA]: readonly [number, number],
  [fromB, toB]: readonly [number, number],
): Block {
  let best: Block = { a: fromA, b: fromB, size: 0 };
  let lengths = new Map<number, number>();
  for (let i = fromA; i < toA; i += 1) {
    const next = new Map<number, number>();
    for (const j of places.get(a[i] ?? '') ?? []) {
      if (j < fromB) continue;
      if (j >= toB) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    lengths = next;
  }
  while (best.a > fromA && best.b > fromB && a[best.a - 1] === b[best.b - 1]) {
    best = { a: best.a - 1, b: best.b - 1, size: best.size + 1 };
  }
  while (
    best.a + best.size < toA &&
    best.b + best.size < toB &&
    a[best.a + best.size] === b[best.b + best.size]
  ) {
    best.size += 1;
  }
  return best;
}
