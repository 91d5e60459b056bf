/**
 * OpenAI chat completions (or responses, when the ModelConfig asks for them), and every endpoint that speaks them. `api.openai.com` goes through the package that knows
 * OpenAI's models; any other base URL through the plain one, which sends each field as it is written.
 */
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
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

const OPENAI_URL = 'https://api.openai.com/v1';

/** Vendor for `type: openai`. A key is needed only for `api.openai.com`. */
export function openAi({ config, env }: VendorInput): Vendor {
  const endpoint = normalizeUrl(config.base_url || env['OPENAI_BASE_URL'] || OPENAI_URL);
  const official = URL.canParse(endpoint) && new URL(endpoint).hostname === 'api.openai.com';
  const headers: Vendor['headers'] = (callerToken) => ({
    ...(env['OPENAI_ORGANIZATION'] ? { 'openai-organization': env['OPENAI_ORGANIZATION'] } : {}),
    ...credentialHeaders({
      config,
      env,
      header: 'authorization',
      format: (key) => `Bearer ${key}`,
      key: env['OPENAI_API_KEY'],
      keyName: 'OPENAI_API_KEY',
      required: official,
      callerToken,
    }),
  });
  return {
    endpoint,
    toolImages: false,
    toolErrors: official || config['api_format'] === 'responses',
    headers,
    ignoredFields: official
      ? [...ignoredChoices(config), ...setFields(config, ['top_k'])]
      : ignoredChoices(config),
    ...protocolOf({ config, endpoint, official }),
  };
}

/** Which package speaks, and how it takes the fields. */
function protocolOf(input: {
  config: VendorInput['config'];
  endpoint: string;
  official: boolean;
}): Pick<Vendor, 'load' | 'options'> {
  const { config, endpoint, official } = input;
  if (config['api_format'] === 'responses') {
    return {
      load: loadOfficial(config.model, endpoint, 'responses'),
      options: responsesOptions(config),
    };
  }
  return official
    ? { load: loadOfficial(config.model, endpoint, 'chat'), options: openAiOptions(config) }
    : { load: loadCompatible(config.model, endpoint), options: compatibleOptions(config) };
}

/** An agent uses one answer, so asking for more would only cost. */
export function ignoredChoices(config: VendorInput['config']): string[] {
  return (config.n ?? 1) > 1 ? ['n'] : [];
}

function loadOfficial(model: string, baseURL: string, api: 'chat' | 'responses'): Vendor['load'] {
  return async (fetch) => {
    const { createOpenAI } = await import('@ai-sdk/openai');
    return createOpenAI({ baseURL, fetch, apiKey: PLACEHOLDER_KEY })[api](model);
  };
}

/** Loads a model of an OpenAI-compatible endpoint. Its provider options are named `compatible`. */
export function loadCompatible(model: string, baseURL: string): Vendor['load'] {
  return async (fetch) => {
    const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
    return createOpenAICompatible({
      name: 'compatible',
      baseURL,
      fetch,
      includeUsage: true,
    }).chatModel(model);
  };
}

/** Fields every OpenAI-like API has. */
function commonOptions(config: VendorInput['config']): Partial<LanguageModelV4CallOptions> {
  return compact({
    temperature: config.temperature,
    topP: config.top_p,
    frequencyPenalty: config.frequency_penalty,
    presencePenalty: config.presence_penalty,
    seed: config.seed,
    maxOutputTokens: config.max_completion_tokens ? undefined : config.max_tokens,
  });
}

/** Options for the packages that know OpenAI's models (OpenAI itself and Azure). */
export function openAiOptions(config: VendorInput['config']): Vendor['options'] {
  const openai = compact({
    reasoningEffort: config.reasoning_effort,
    maxCompletionTokens: config.max_completion_tokens,
  });
  return (options) => ({ ...options, ...commonOptions(config), providerOptions: { openai } });
}

/** Options for the responses API; nothing is stored at the provider, so reasoning travels encrypted with the conversation. */
function responsesOptions(config: VendorInput['config']): Vendor['options'] {
  const openai = compact({ reasoningEffort: config.reasoning_effort, store: false });
  const fields = { ...commonOptions(config), ...compact({ maxOutputTokens: maxOutput(config) }) };
  return (options) => ({ ...options, ...fields, providerOptions: { openai } });
}

/** Options for plain OpenAI-compatible endpoints; keys of `compatible` land in the request body as they are. */
export function compatibleOptions(config: VendorInput['config']): Vendor['options'] {
  const compatible = compact({
    reasoningEffort: config.reasoning_effort,
    max_completion_tokens: config.max_completion_tokens,
    top_k: config.top_k,
  });
  return (options) => ({ ...options, ...commonOptions(config), providerOptions: { compatible } });
}
