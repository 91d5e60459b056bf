/** "Did you mean": the candidates that look most like a word. */

/** At most `count` candidates, best first; only those that share a part of the word or are few edits away. */
export function closest(word: string, candidates: Iterable<string>, count = 5): string[] {
  const wanted = word.toLowerCase();
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, score: score(wanted, candidate.toLowerCase()) }))
    .filter(({ score: value }) => value <= Math.max(2, wanted.length / 3))
    .sort((a, b) => a.score - b.score || a.candidate.length - b.candidate.length)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

function score(wanted: string, candidate: string): number {
  if (candidate.startsWith(wanted) || wanted.startsWith(candidate)) return 0.5;
  if (candidate.includes(wanted) || (candidate.length > 2 && wanted.includes(candidate))) return 1;
  return editDistance(wanted, candidate);
}

/** Levenshtein. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
