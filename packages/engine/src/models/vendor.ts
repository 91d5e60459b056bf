/**
 * What one provider folder contributes: where it lives, how a call authenticates, how the ModelConfig's fields become
 * call options, and how its package is loaded. Everything else (retries, messages, streaming) is shared.
 */
import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { EngineModel } from '@kagent/spec';
import { ModelFailure } from './failure.ts';

/** Environment of the agent, e.g. the variables its Secret was projected to. */
export type ModelEnv = Readonly<Record<string, string | undefined>>;

export interface VendorInput {
  config: EngineModel;
  env: ModelEnv;
}

export interface Vendor {
  /** Base URL the calls go to; `''` when it is missing, which `headers` then reports. */
  endpoint: string;
  /** Whether images in tool results can be sent; otherwise a line of text stands for them. */
  toolImages: boolean;
  /** Whether the wire marks failed tools; otherwise their text begins with `Error`. */
  toolErrors: boolean;
  /** Imports the provider package and makes its model. Called once, on the first stream. */
  load(fetch: typeof globalThis.fetch): Promise<LanguageModelV4>;
  /**
   * Headers of one call, lowercase: credentials, then the headers of the ModelConfig. `undefined` removes a header the
   * package would send. Throws `ModelFailure` when a credential or setting is missing.
   */
  headers(callerToken: string | undefined): Record<string, string | undefined>;
  /** Adds the fields of the ModelConfig and provider options to a call. */
  options(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions;
  /** Fields of the ModelConfig this provider has no counterpart for; logged once. */
  ignoredFields: string[];
}

/** Stands where a package insists on a key; every call replaces or removes the header made from it. */
export const PLACEHOLDER_KEY = 'replaced-per-call';

/** Config headers with lowercase names, so that they replace those of the packages instead of being appended. */
export function configHeaders(config: EngineModel): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

export interface CredentialHeaders extends VendorInput {
  /** Header that carries the key, e.g. `x-api-key`. */
  header: string;
  /** Makes the header's value; identity by default. */
  format?: (key: string) => string;
  /** The key from the environment. */
  key: string | undefined;
  /** Name shown to people when the key is missing, e.g. `OPENAI_API_KEY`. */
  keyName: string;
  /** False for endpoints that may serve without a key. */
  required: boolean;
  callerToken: string | undefined;
}

/**
 * Credentials of one call merged with the ModelConfig's headers. The ModelConfig's own header wins over the key from
 * the environment; with `apiKeyPassthrough` the caller's token wins over both.
 */
export function credentialHeaders(input: CredentialHeaders): Record<string, string | undefined> {
  const format = input.format ?? ((key: string) => key);
  const own = configHeaders(input.config);
  if (input.config.api_key_passthrough) {
    if (!input.callerToken) {
      throw new ModelFailure({
        code: 'model_unauthorized',
        reason:
          'it passes the API key of the caller through, but this request carried no bearer token',
        advice:
          'Send the provider key as "Authorization: Bearer …", or set apiKeySecret instead of apiKeyPassthrough.',
      });
    }
    return { ...own, [input.header]: format(input.callerToken) };
  }
  const authorized = input.header in own || 'authorization' in own;
  if (!input.key && input.required && !authorized) {
    throw new ModelFailure({
      code: 'model_unauthorized',
      reason: `there is no API key: ${input.keyName} is empty`,
      advice: 'Set apiKeySecret and apiKeySecretKey of the ModelConfig to a Secret that holds one.',
    });
  }
  return { [input.header]: input.key ? format(input.key) : undefined, ...own };
}

/** Values that must never appear in a message: keys, tokens and header values of the config and the environment. */
export function secretsOf(input: VendorInput, callerToken: string | undefined): string[] {
  const fromEnv = Object.entries(input.env)
    .filter(([name]) => /KEY|TOKEN|SECRET|PASSWORD/i.test(name))
    .map(([, value]) => value);
  return [...fromEnv, ...Object.values(input.config.headers ?? {}), callerToken].filter(
    (value): value is string => typeof value === 'string' && value.length >= 6,
  );
}

/** Removes `undefined` and `null` values, so that a field that is not set is not sent. */
export function compact<T extends Record<string, unknown>>(
  value: T,
): { [K in keyof T]?: NonNullable<T[K]> } {
  const set = Object.entries(value).filter(([, field]) => field !== undefined && field !== null);
  return Object.fromEntries(set) as { [K in keyof T]?: NonNullable<T[K]> };
}

/** Names of the fields in `names` that the config sets. */
export function setFields(config: EngineModel, names: (keyof EngineModel)[]): string[] {
  return names.filter((name) => config[name] !== undefined && config[name] !== null).map(String);
}

/** Without trailing slashes, with a scheme. */
export function normalizeUrl(url: string): string {
  const trimmed = url.trim().replace(/\/+$/, '');
  return /^[a-z]+:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
}

/** Output token cap under any of the names it has in config.json. */
export function maxOutput(config: EngineModel): number | undefined {
  const other = config['max_output_tokens'];
  return (
    config.max_completion_tokens ??
    config.max_tokens ??
    (typeof other === 'number' ? other : undefined)
  );
}
