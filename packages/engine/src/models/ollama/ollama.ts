/** Ollama through its OpenAI-compatible API. */
import type { EngineModel } from '@kagent/spec';
import { compatibleOptions, ignoredChoices, loadCompatible } from '../openai/openai.ts';
import { credentialHeaders, normalizeUrl, type Vendor, type VendorInput } from '../vendor.ts';

const OLLAMA_URL = 'http://127.0.0.1:11434';

/** Options of a Modelfile that the compatible API has a field for. */
const OPTION_FIELDS: Record<string, keyof EngineModel> = {
  temperature: 'temperature',
  top_p: 'top_p',
  seed: 'seed',
  num_predict: 'max_tokens',
  frequency_penalty: 'frequency_penalty',
  presence_penalty: 'presence_penalty',
};

/** Vendor for `type: ollama`. Options without a counterpart in the compatible API (e.g. `num_ctx`) are reported. */
export function ollama({ config, env }: VendorInput): Vendor {
  const host = normalizeUrl(config.base_url || env['OLLAMA_API_BASE'] || OLLAMA_URL);
  const endpoint = host.endsWith('/v1') ? host : `${host}/v1`;
  const { fields, ignored } = fromOptions(config.options ?? {});
  const merged = { ...config, ...fields };
  return {
    endpoint,
    toolImages: false,
    toolErrors: false,
    ignoredFields: [...ignoredChoices(config), ...ignored],
    load: loadCompatible(config.model, endpoint),
    headers: (callerToken) =>
      credentialHeaders({
        config,
        env,
        header: 'authorization',
        format: (key) => `Bearer ${key}`,
        key: env['OLLAMA_API_KEY'],
        keyName: 'OLLAMA_API_KEY',
        required: false,
        callerToken,
      }),
    options: compatibleOptions(merged),
  };
}

function fromOptions(options: Record<string, string>): {
  fields: Partial<EngineModel>;
  ignored: string[];
} {
  const fields: Record<string, number> = {};
  const ignored: string[] = [];
  for (const [name, text] of Object.entries(options)) {
    const field = OPTION_FIELDS[name];
    const value = Number(text);
    if (field === undefined || text.trim() === '' || Number.isNaN(value))
      ignored.push(`options.${name}`);
    else fields[field] = value;
  }
  return { fields, ignored };
}
