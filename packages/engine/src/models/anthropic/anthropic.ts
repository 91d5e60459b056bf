/** Anthropic messages: thinking blocks keep their signature, prompts are cached, tool errors are marked as such. */
import type { LanguageModelV4CallOptions, LanguageModelV4Message } from '@ai-sdk/provider';
import { ignoredChoices } from '../openai/openai.ts';
import {
  compact,
  credentialHeaders,
  maxOutput,
  normalizeUrl,
  PLACEHOLDER_KEY,
  setFields,
  type Vendor,
  type VendorInput,
} from '../vendor.ts';

const ANTHROPIC_URL = 'https://api.anthropic.com/v1';
const CACHED = { anthropic: { cacheControl: { type: 'ephemeral' } } };

/** Vendor for `type: anthropic`. */
export function anthropic({ config, env }: VendorInput): Vendor {
  const endpoint = messagesUrl(config.base_url || env['ANTHROPIC_BASE_URL'] || ANTHROPIC_URL);
  const official = endpoint === ANTHROPIC_URL;
  return {
    endpoint,
    toolImages: true,
    toolErrors: true,
    ignoredFields: [
      ...ignoredChoices(config),
      ...setFields(config, ['frequency_penalty', 'presence_penalty', 'seed']),
    ],
    async load(fetch) {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic({ baseURL: endpoint, apiKey: PLACEHOLDER_KEY, fetch })(config.model);
    },
    headers: (callerToken) =>
      credentialHeaders({
        config,
        env,
        header: 'x-api-key',
        key: env['ANTHROPIC_API_KEY'],
        keyName: 'ANTHROPIC_API_KEY',
        required: official,
        callerToken,
      }),
    options: anthropicOptions(config),
  };
}

/** Accepts what the vendor's SDKs accept: with or without `/v1` or the full path. */
function messagesUrl(url: string): string {
  const base = normalizeUrl(url).replace(/\/messages$/, '');
  return /\/v\d+$/.test(base) ? base : `${base}/v1`;
}

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

/** The effort in the words of the AI SDK; `undefined` when it is none of them. */
export function reasoningOf(
  effort: string | null | undefined,
): LanguageModelV4CallOptions['reasoning'] {
  return EFFORTS.find((known) => known === effort);
}

function anthropicOptions(config: VendorInput['config']): Vendor['options'] {
  const fields: Partial<LanguageModelV4CallOptions> = compact({
    temperature: config.temperature,
    topP: config.top_p,
    topK: config.top_k,
    maxOutputTokens: maxOutput(config),
    reasoning: reasoningOf(config.reasoning_effort),
  });
  return (options) => ({
    ...options,
    ...fields,
    prompt: withCacheBreakpoints(options.prompt),
    // Fields that only newer endpoints know would make Anthropic-compatible gateways refuse the request.
    providerOptions: { anthropic: { toolStreaming: false } },
  });
}

/** One breakpoint after tools and system, one after the conversation so far: the next turn reads both from the cache. */
function withCacheBreakpoints(prompt: LanguageModelV4Message[]): LanguageModelV4Message[] {
  return prompt.map((message, index) =>
    message.role === 'system' || (index === prompt.length - 1 && message.role !== 'assistant')
      ? { ...message, providerOptions: CACHED }
      : message,
  );
}
