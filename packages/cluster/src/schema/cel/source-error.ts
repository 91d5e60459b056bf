/** What is wrong with an expression, with its place, in the form of cel-go. */

/** The expression cannot be used; the message is what a real API server prints after `compilation failed: `. */
export class CelCompileError extends Error {
  override readonly name = 'CelCompileError';
}

export interface SourceProblem {
  /** Index into the source. */
  at: number;
  text: string;
}

/** `ERROR: <input>:1:5: undefined field 'x'`, then the line and a mark below the place; one block for each problem. */
export function compileError(source: string, problems: readonly SourceProblem[]): CelCompileError {
  const blocks = problems
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, text }) => {
      const before = source.slice(0, at).split('\n');
      const column = Array.from(before.at(-1) ?? '').length;
      const line = (source.split('\n')[before.length - 1] ?? '').replaceAll('\t', ' ');
      const characters = Array.from(line);
      const dots = Array.from({ length: column }, (_, i) => (isWide(characters[i]) ? '．' : '.'));
      const mark = dots.join('') + (isWide(characters[column]) ? '＾' : '^');
      return `ERROR: <input>:${before.length}:${column + 1}: ${text}\n | ${line}\n | ${mark}`;
    });
  return new CelCompileError(blocks.join('\n'));
}

function isWide(character: string | undefined): boolean {
  return (character ?? '') > '\u007f';
}

/** Stops parsing with the problem. */
export class ParseError extends Error {
  readonly problem: SourceProblem;
  constructor(at: number, text: string) {
    super(text);
    this.problem = { at, text };
  }
}
