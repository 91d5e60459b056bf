/** Keeps results within what a model can read. */

/** About 10,000 tokens. */
export const MAX_TEXT = 40_000;

/** Cuts whole lines from the end (or, for logs, from the start) and says so. */
export function limitText(
  text: string,
  options: { keep?: 'start' | 'end'; advice: string },
): string {
  if (text.length <= MAX_TEXT) return text;
  if (options.keep === 'end') {
    const tail = text.slice(-MAX_TEXT);
    const kept = tail.slice(tail.indexOf('\n') + 1);
    return `[cut: the first ${text.length - kept.length} characters are left out. ${options.advice}]\n${kept}`;
  }
  const head = text.slice(0, MAX_TEXT);
  const kept = head.slice(0, Math.max(head.lastIndexOf('\n'), MAX_TEXT / 2));
  return `${kept}\n[cut: ${text.length - kept.length} more characters. ${options.advice}]`;
}
