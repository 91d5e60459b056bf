/**
 * Regular expressions of schemas and rules. They are written for Go's RE2 and come from users, so they run on an engine
 * with linear time: no pattern can hang the server.
 */
import { RE2JS } from 're2js';

/** A compiled pattern; `test` looks for a match anywhere in the text. */
export interface Pattern {
  test(text: string): boolean;
}

/**
 * Compiles RE2 syntax.
 * @throws Error with the reason when the pattern is not valid RE2
 */
export function compilePattern(source: string): Pattern {
  const compiled = RE2JS.compile(source);
  return { test: (text) => compiled.test(text) };
}

const CACHE_LIMIT = 512;

/** Compiles each pattern once; forgets everything when too many different ones were asked for. */
export function patternCache(): (source: string) => Pattern {
  const cache = new Map<string, Pattern>();
  return (source) => {
    const known = cache.get(source);
    if (known !== undefined) return known;
    if (cache.size >= CACHE_LIMIT) cache.clear();
    const compiled = compilePattern(source);
    cache.set(source, compiled);
    return compiled;
  };
}
