/**
 * The tool calls of one question so far. A plan asks for calls; those that were made already give their result, the
 * others are collected for the next turn. So a plan is written as if tools answered at once, and needs no memory.
 */
import type { BrainMessage, Conversation } from '../brain.ts';
import { parseJsonObject } from '../../models/parse-json.ts';
import type { PlannedCall } from './toolbox.ts';

export interface CallResult {
  call: PlannedCall;
  text: string;
  /** The tool could not do it; the text says why. */
  failed: boolean;
}

/** One question of the conversation and the calls made for it. */
export interface Segment {
  question: string;
  results: CallResult[];
}

/** The conversation cut at its user messages. */
export function segmentsOf(conversation: Conversation): Segment[] {
  const segments: Segment[] = [];
  const calls = new Map<string, PlannedCall>();
  for (const message of conversation.messages) {
    if (message.role === 'user') segments.push({ question: message.text, results: [] });
    if (message.role === 'assistant') {
      for (const call of message.toolCalls)
        calls.set(call.id, { name: call.name, args: parseJsonObject(call.args) ?? {} });
    }
    if (message.role === 'tool')
      segments.at(-1)?.results.push(toResult(message, calls.get(message.callId)));
  }
  return segments;
}

type ToolMessage = Extract<BrainMessage, { role: 'tool' }>;

function toResult(message: ToolMessage, call: PlannedCall | undefined): CallResult {
  // Some clients wrap the text of a failed tool.
  const wrapped = parseJsonObject(message.text)?.['error'];
  const text = typeof wrapped === 'string' ? wrapped : message.text;
  return {
    call: call ?? { name: message.name, args: {} },
    text,
    failed: message.isError || typeof wrapped === 'string' || looksFailed(text),
  };
}

/** Not every wire marks failed tools, so the words have to do. */
function looksFailed(text: string): boolean {
  const first = text.trim().split('\n')[0] ?? '';
  return (
    first.length < 600 &&
    /^(error\b|failed\b|command failed|unable to connect|unknown (kind|tool)\b|(forbidden|unauthorized|not ?found|invalid|conflict|bad ?request|timeout|unreachable)\b.*[:.]|\S+: wrong arguments|tool .* (failed|timed out)|the .*server .* (doesn't|does not|can't|could not|gave no answer))/i.test(
      first,
    )
  );
}

export interface Run {
  /**
   * Results of the calls in their order, or `undefined` while one of them has to be made. Calls that no tool can make
   * (`undefined`) are left out.
   */
  ask(calls: (PlannedCall | undefined)[]): CallResult[] | undefined;
  /** What has to be called next. */
  readonly pending: PlannedCall[];
}

/** A run over the results of one segment. */
export function createRun(results: CallResult[]): Run {
  const done = new Map(results.map((result) => [keyOf(result.call), result]));
  const pending: PlannedCall[] = [];
  return {
    pending,
    ask(calls) {
      const wanted = calls.filter((call) => call !== undefined);
      const missing = wanted.filter((call) => !done.has(keyOf(call)));
      pending.push(...missing);
      if (missing.length > 0) return undefined;
      return wanted.map((call) => done.get(keyOf(call))).filter((result) => result !== undefined);
    },
  };
}

function keyOf({ name, args }: PlannedCall): string {
  const sorted = Object.entries(args).toSorted(([a], [b]) => a.localeCompare(b));
  return `${name} ${JSON.stringify(sorted)}`;
}
