/**
 * The scripted model: a YAML or JSON file of matches and replies, for tests of agents without a language model. What
 * the script does not cover is an error that shows the request. Format: docs/how-to/script-a-model.md.
 */
import { parse } from 'yaml';
import { KagentError } from '@kagent/spec';
import { z } from 'zod';
import {
  lastUserText,
  latestToolResults,
  type Brain,
  type Conversation,
  type Reply,
} from './brain.ts';

const Pattern = z.string().transform((source, context) => {
  const parts = /^\/(.*)\/([imsu]*)$/s.exec(source);
  try {
    return parts === null ? source.toLowerCase() : new RegExp(parts[1] ?? '', parts[2]);
  } catch (error) {
    context.addIssue({
      code: 'custom',
      message: error instanceof Error ? error.message : 'bad pattern',
    });
    return z.NEVER;
  }
});
type Pattern = z.output<typeof Pattern>;

const Match = z.strictObject({
  /** Text of the last user message. */
  user: Pattern.optional(),
  /** System prompt, e.g. to tell agents apart. */
  system: Pattern.optional(),
  /** Any of the tool results the request brings back. */
  toolResult: Pattern.optional(),
  /** All of these tools are offered. */
  tools: z.array(z.string()).optional(),
  /** Model id of the request. */
  model: Pattern.optional(),
  /** Only the n-th request of the server's life, from 1. */
  request: z.number().int().positive().optional(),
});
type Match = z.output<typeof Match>;

const ToolCall = z
  .strictObject({
    name: z.string(),
    id: z.string().optional(),
    args: z.record(z.string(), z.unknown()).optional(),
    /** Sent as it is; may be malformed JSON. */
    rawArgs: z.string().optional(),
  })
  .refine(
    (call) => call.args === undefined || call.rawArgs === undefined,
    'give args or rawArgs, not both',
  );

const ScriptReply = z
  .strictObject({
    text: z.string().optional(),
    chunks: z.array(z.string()).optional(),
    reasoning: z.string().optional(),
    toolCalls: z.array(ToolCall).optional(),
    delayMs: z.number().int().nonnegative().optional(),
    error: z
      .strictObject({
        status: z.number().int().min(400).max(599),
        message: z.string().optional(),
        body: z.unknown().optional(),
        retryAfter: z.number().nonnegative().optional(),
      })
      .optional(),
    cutAfterChunks: z.number().int().nonnegative().optional(),
    malformedAfterChunks: z.number().int().nonnegative().optional(),
    finishReason: z.enum(['stop', 'length', 'tool-calls', 'content-filter']).optional(),
    usage: z
      .strictObject({
        inputTokens: z.number().int().nonnegative(),
        outputTokens: z.number().int().nonnegative(),
        cachedInputTokens: z.number().int().nonnegative().optional(),
        reasoningTokens: z.number().int().nonnegative().optional(),
      })
      .optional(),
  })
  .refine(
    (reply) => reply.text === undefined || reply.chunks === undefined,
    'give text or chunks, not both',
  );

const Rule = z
  .strictObject({
    name: z.string().optional(),
    match: Match.optional(),
    reply: ScriptReply.optional(),
    /** One reply after the other, each once unless `repeat` says more. */
    replies: z.array(ScriptReply).min(1).optional(),
    /** How often the rule applies; `forever` is the default for `reply`, one round for `replies`. */
    repeat: z.union([z.number().int().positive(), z.literal('forever')]).optional(),
  })
  .refine(
    (rule) => (rule.reply === undefined) !== (rule.replies === undefined),
    'give reply or replies',
  );
type Rule = z.output<typeof Rule>;

/** A script: rules are tried in order, the first that matches and is not used up answers. */
export const ModelScript = z.strictObject({ rules: z.array(Rule).min(1) });
export type ModelScript = z.output<typeof ModelScript>;

/**
 * Reads a script from YAML or JSON text. `source` names it in errors, which list every problem with its path
 * (`invalid_argument`).
 */
export function parseModelScript(text: string, source: string): ModelScript {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KagentError('invalid_argument', `${source} is no YAML: ${reason}`, { cause });
  }
  const parsed = ModelScript.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${pathOf(issue.path)}: ${issue.message}`);
  throw new KagentError('invalid_argument', `${source}: ${problems.join('; ')}`, {
    data: { problems },
  });
}

/** `rules[0].reply.error.status`. */
function pathOf(path: PropertyKey[]): string {
  const joined = path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('');
  return joined.replace(/^\./, '') || 'script';
}

export interface ScriptedModel {
  brain: Brain;
  /** What no rule covered, as text; a test asserts that it is empty. */
  readonly unmatched: string[];
  /** Every request so far. */
  readonly requests: Conversation[];
}

/** A brain that follows a script. Counts are kept in the returned value. */
export function createScriptedModel(script: ModelScript): ScriptedModel {
  const uses = new Map<Rule, number>();
  const unmatched: string[] = [];
  const requests: Conversation[] = [];
  return {
    unmatched,
    requests,
    brain(conversation) {
      requests.push(conversation);
      for (const rule of script.rules) {
        const used = uses.get(rule) ?? 0;
        if (used >= limitOf(rule) || wouldLoop(rule, used, conversation)) continue;
        if (!matches(rule.match ?? {}, conversation, requests.length)) continue;
        uses.set(rule, used + 1);
        return replyOf(rule, used);
      }
      const shown = showRequest(conversation, requests.length);
      unmatched.push(shown);
      return {
        error: { status: 500, final: true, message: `The script has no rule for ${shown}` },
      };
    },
  };
}

function limitOf(rule: Rule): number {
  const round = rule.replies?.length ?? 1;
  if (rule.repeat === 'forever') return Number.POSITIVE_INFINITY;
  if (rule.repeat !== undefined) return rule.repeat * round;
  return rule.replies === undefined ? Number.POSITIVE_INFINITY : round;
}

function replyOf(rule: Rule, used: number): Reply {
  return rule.reply ?? rule.replies?.[used % rule.replies.length] ?? {};
}

/**
 * The user's words are still the last ones when tool results come back, so a rule that calls tools would call them for
 * ever. It applies to results only when it asks for them, counts requests, or goes on with its `replies`.
 */
function wouldLoop(rule: Rule, used: number, conversation: Conversation): boolean {
  if (latestToolResults(conversation).length === 0) return false;
  if (rule.match?.toolResult !== undefined || rule.match?.request !== undefined) return false;
  const goesOn = rule.replies !== undefined && used % rule.replies.length > 0;
  return !goesOn && (replyOf(rule, used).toolCalls?.length ?? 0) > 0;
}

function matches(match: Match, conversation: Conversation, count: number): boolean {
  const results = latestToolResults(conversation);
  return (
    (match.toolResult === undefined ||
      results.some((result) => fits(match.toolResult, result.text))) &&
    fits(match.user, lastUserText(conversation)) &&
    fits(match.system, conversation.system) &&
    fits(match.model, conversation.model) &&
    (match.request === undefined || match.request === count) &&
    (match.tools ?? []).every((name) => conversation.tools.some((tool) => tool.name === name))
  );
}

function fits(pattern: Pattern | undefined, text: string): boolean {
  if (pattern === undefined) return true;
  return typeof pattern === 'string' ? text.toLowerCase().includes(pattern) : pattern.test(text);
}

function showRequest(conversation: Conversation, count: number): string {
  const results = latestToolResults(conversation).map(
    (result) => `${result.name} → ${short(result.text)}`,
  );
  return [
    `request ${count}`,
    `user: "${short(lastUserText(conversation))}"`,
    ...(results.length > 0 ? [`tool results: ${results.join(', ')}`] : []),
    `tools: [${conversation.tools.map((tool) => tool.name).join(', ')}]`,
    `model: ${conversation.model}`,
  ].join('; ');
}

function short(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
