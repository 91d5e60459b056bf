/** The `response` of a function_response part as text: MCP results, plain strings of sub-agents, errors. Foreign data. */
import { z } from 'zod';

const Fields = z.record(z.string(), z.unknown());

/** `text` is empty when there is nothing to show. */
export function readResult(response: unknown): { text: string; isError: boolean } {
  const outer = fields(response);
  const result = 'result' in outer ? outer['result'] : response;
  const inner = fields(result);
  const error = outer['error'] ?? inner['error'];
  return {
    text: 'error' in outer && !('result' in outer) ? flatten(error) : flatten(result),
    isError: Boolean(inner['isError'] ?? outer['isError'] ?? error),
  };
}

function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(flatten).join('\n');
  if (typeof value !== 'object' || value === null) return value === undefined ? '' : String(value);
  const object = fields(value);
  if (object['type'] === 'image') return `[image ${String(object['mimeType'] ?? '')}]`;
  if ('text' in object) return flatten(object['text']);
  if ('content' in object) return flatten(object['content']);
  return Object.keys(object).length > 0 ? JSON.stringify(value, null, 2) : '';
}

function fields(value: unknown): Record<string, unknown> {
  const result = Fields.safeParse(value);
  return result.success ? result.data : {};
}
