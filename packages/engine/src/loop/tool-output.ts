/** What of a tool's result reaches model and journal: bounded, with a note of what was cut. */
import type { ToolContent, ToolResult } from '@kagent/spec';

/** Base64 characters of one image. */
const MAX_IMAGE = 4 * 1024 * 1024;

/** A failed call, as the model sees it. */
export function errorResult(text: string, structured?: unknown): ToolResult {
  return {
    content: [{ type: 'text', text }],
    isError: true,
    ...(structured === undefined ? {} : { structured }),
  };
}

/**
 * Cuts the text of a result to `maxText` characters over all its parts: head and tail stay, a line in between says how
 * much is missing. Structured content above the limit and images above 4 MiB are left out.
 */
export function boundResult(result: ToolResult, maxText: number): ToolResult {
  const total = result.content.reduce(
    (sum, part) => sum + (part.type === 'text' ? part.text.length : 0),
    0,
  );
  const { structured, ...rest } = result;
  const keepStructured =
    structured !== undefined && (JSON.stringify(structured)?.length ?? 0) <= maxText;
  const content = result.content.map(boundImage);
  return {
    ...rest,
    content: total > maxText ? cutText(content, maxText) : content,
    ...(keepStructured ? { structured } : {}),
  };
}

function boundImage(part: ToolContent): ToolContent {
  if (part.type !== 'image' || part.data.length <= MAX_IMAGE) return part;
  return { type: 'text', text: `[an image of ${part.data.length} base64 characters was left out]` };
}

function cutText(content: ToolContent[], maxText: number): ToolContent[] {
  const text = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
  const tail = Math.floor(maxText / 4);
  const head = maxText - tail;
  const missing = text.length - head - tail;
  const note = `[… ${missing} of ${text.length} characters cut here. Ask for less, with a filter or a limit, to see the rest …]`;
  const start = trimSurrogate(text.slice(0, head), 'end');
  const end = trimSurrogate(text.slice(text.length - tail), 'start');
  const others = content.filter((part) => part.type !== 'text');
  return [{ type: 'text', text: `${start}\n${note}\n${end}` }, ...others];
}

/** A cut through a surrogate pair leaves half a character, which is not valid UTF-8 on the wire. */
function trimSurrogate(text: string, side: 'start' | 'end'): string {
  if (side === 'end') return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
  return /^[\uDC00-\uDFFF]/.test(text) ? text.slice(1) : text;
}
