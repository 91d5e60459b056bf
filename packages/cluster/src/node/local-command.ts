/** The annotation that replaces a pod's image by a command of this machine. */
import { ConfigProblem } from './config-problem.ts';

export const LOCAL_COMMAND = 'kagent.dev/local-command';

/** Words of a command line: blanks separate, quotes and backslash group as in a shell; nothing is expanded. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index]!;
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && index + 1 < text.length)
        word = `${word ?? ''}${text[++index]!}`;
      else word = `${word ?? ''}${char}`;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === '\\' && index + 1 < text.length) word = `${word ?? ''}${text[++index]!}`;
    else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = `${word ?? ''}${char}`;
  }
  if (quote !== '') throw new ConfigProblem(`annotation ${LOCAL_COMMAND}: a quote is not closed`);
  if (word !== undefined) words.push(word);
  return words;
}

/** argv of the annotation: a JSON array of strings or a command line. An empty or malformed one is a ConfigProblem. */
export function parseLocalCommand(text: string): string[] {
  const trimmed = text.trim();
  let words: unknown;
  if (trimmed.startsWith('[')) {
    try {
      words = JSON.parse(trimmed);
    } catch {
      throw new ConfigProblem(`annotation ${LOCAL_COMMAND}: not a JSON array`);
    }
  } else words = splitWords(trimmed);
  const isArgv =
    Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string');
  if (!isArgv)
    throw new ConfigProblem(
      `annotation ${LOCAL_COMMAND}: expected a command, e.g. ["node", "server.js"]`,
    );
  return words as string[];
}
