/** Sets of completion indexes in the notation of a Job's status and success policy: `1,3-5,7`. Pure. */

/** Indexes that are written down, those below `limit` only. Text that makes no sense gives what can be read of it. */
export function parseIndexes(text: string | undefined, limit: number): Set<number> {
  const found = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    if (match === null) continue;
    const last = Math.min(limit - 1, Number(match[2] ?? match[1]));
    for (let index = Number(match[1]); index <= last; index += 1) found.add(index);
  }
  return found;
}

export function formatIndexes(indexes: ReadonlySet<number>): string {
  const ranges: [number, number][] = [];
  for (const index of [...indexes].toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges
    .map(([first, last]) => {
      if (first === last) return String(first);
      return last === first + 1 ? `${first},${last}` : `${first}-${last}`;
    })
    .join(',');
}
