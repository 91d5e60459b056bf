/**
 * Regular expressions of schemas and rules. They are written for Go's RE2 and come from users, so they run on an engine
 * with linear time: no pattern can hang the server.
 */
import { RE2JS } from 're2js';

/** A compiled pattern; it may match anywhere in the text. */
export interface Pattern {
  test(text: string): boolean;
  /** The first match, or the empty text. */
  first(text: string): string;
  /** Every match from left to right; at most `limit` unless negative. */
  all(text: string, limit: number): string[];
}

/**
 * Compiles RE2 syntax.
 * @throws Error with the reason when the pattern is not valid RE2
 */
export function compilePattern(source: string): Pattern {
  const compiled = RE2JS.compile(source);
  const all = (text: string, limit: number): string[] => {
    const found: string[] = [];
    const matcher = compiled.matcher(text);
    while (found.length !== limit && matcher.find()) found.push(matcher.group() ?? '');
    return found;
  };
  return {
    test: (text) => compiled.test(text),
    first: (text) => all(text, 1)[0] ?? '',
    all,
  };
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
