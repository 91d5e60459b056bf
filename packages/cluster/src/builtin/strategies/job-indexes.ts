/** Lists of completed or wanted indexes of an indexed Job: `1,3-5,7`. */

/** How many indexes there are, or what is wrong with the text. */
export function indexesProblem(indexes: string, completions: number): number | string {
  if (indexes === '') return 0;
  let last = -Infinity;
  let total = 0;
  for (const interval of indexes.split(',')) {
    const limits = interval.split('-');
    if (limits.length > 2) {
      return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    }
    for (const limit of limits) {
      if (!/^[-+]?\d+$/.test(limit)) {
        return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
      }
      if (Number(limit) >= completions) return `too large index: ${JSON.stringify(limit)}`;
    }
    const [first = 0, end = first] = limits.map(Number);
    if (limits.length > 1 && first >= end) {
      return `non-increasing order, previous: ${first}, current: ${end}`;
    }
    if (last >= first) return `non-increasing order, previous: ${last}, current: ${first}`;
    total += end - first + 1;
    last = end;
  }
  return total;
}
