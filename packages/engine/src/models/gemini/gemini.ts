/** Gemini through Google AI Studio's API. */
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { reasoningOf } from '../anthropic/anthropic.ts';
import { ignoredChoices } from '../openai/openai.ts';
import {
  compact,
  credentialHeaders,
  maxOutput,
  normalizeUrl,
  PLACEHOLDER_KEY,
  type Vendor,
  type VendorInput,
} from '../vendor.ts';

const GEMINI_URL = 'https://generativelanguage.googleapis.com/v1beta';

/** Vendor for `type: gemini`. */
export function gemini({ config, env }: VendorInput): Vendor {
  const base = normalizeUrl(config.base_url || GEMINI_URL);
  const endpoint = /\/v\d+[a-z]*$/.test(base) ? base : `${base}/v1beta`;
  const fields: Partial<LanguageModelV4CallOptions> = compact({
    temperature: config.temperature,
    topP: config.top_p,
    topK: config.top_k,
    seed: config.seed,
    frequencyPenalty: config.frequency_penalty,
    presencePenalty: config.presence_penalty,
    maxOutputTokens: maxOutput(config),
    reasoning: reasoningOf(config.reasoning_effort),
  });
  return {
    endpoint,
    toolImages: true,
    toolErrors: true,
    ignoredFields: ignoredChoices(config),
    async load(fetch) {
      const { createGoogle } = await import('@ai-sdk/google');
      return createGoogle({ baseURL: endpoint, apiKey: PLACEHOLDER_KEY, fetch }).chat(config.model);
    },
    headers: (callerToken) =>
      credentialHeaders({
        config,
        env,
        header: 'x-goog-api-key',
        key: env['GOOGLE_API_KEY'] || env['GEMINI_API_KEY'],
        keyName: 'GOOGLE_API_KEY',
        required: endpoint === GEMINI_URL,
        callerToken,
      }),
    options: (options) => ({ ...options, ...fields }),
  };
}
