/**
 * Makes the `Model` of a ModelConfig. Making one costs a few objects: the provider package, the connection and the TLS
 * settings are loaded when the first message is streamed, so that a process can hold thousands.
 */
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { EngineModel } from '@kagent/spec';
import type { Clock, Logger, Model, ModelEvent, ModelRequest } from '../ports.ts';
import { streamOnce } from './ai-sdk/bridge.ts';
import { anthropic } from './anthropic/anthropic.ts';
import { azure } from './azure/azure.ts';
import { createBreakers, type Breakers } from './breaker.ts';
import { errorEvent, ModelFailure } from './failure.ts';
import { gemini } from './gemini/gemini.ts';
import {
  createModelFetch,
  hasTlsSettings,
  withTls,
  type Fetch,
  type ReadFile,
} from './model-fetch.ts';
import { ollama } from './ollama/ollama.ts';
import { openAi } from './openai/openai.ts';
import { DEFAULT_LIMITS, streamWithResilience, type ResilienceLimits } from './resilience.ts';
import { secretsOf, type ModelEnv, type Vendor, type VendorInput } from './vendor.ts';

export interface CreateModelOptions {
  config: EngineModel;
  /** Name of the ModelConfig, for messages to people, e.g. `kagent/default-model-config`. */
  configName: string;
  /** Environment of the agent; provider keys and endpoints come from here, never from the process. */
  env: ModelEnv;
  clock: Clock;
  /** In [0, 1); jitter of retries. */
  random: () => number;
  logger: Logger;
  /** Share one between models, see `createModelFetch`. */
  fetch?: Fetch;
  /** Needed for `tls_ca_cert_path`. */
  readFile?: ReadFile;
  /** Share one between models, so that a dead endpoint is noticed once. */
  breakers?: Breakers;
  limits?: Partial<ResilienceLimits>;
}

const VENDORS: Partial<Record<EngineModel['type'], (input: VendorInput) => Vendor>> = {
  openai: openAi,
  azure_openai: azure,
  anthropic,
  gemini,
  ollama,
};

/**
 * The model of a config. Never throws: a config that can't work makes a model whose streams end with an error that
 * says why. Keys are read from `env` for every call and kept nowhere.
 */
export function createModel(options: CreateModelOptions): Model {
  const { config, configName } = options;
  const make = VENDORS[config.type];
  if (make === undefined) return unsupportedModel(configName, config);
  const vendor = make({ config, env: options.env });
  return new VendorModel(options, vendor);
}

class VendorModel implements Model {
  readonly configName: string;
  readonly modelId: string;
  readonly #options: CreateModelOptions;
  readonly #vendor: Vendor;
  readonly #host: string;
  readonly #breakers: Breakers;
  #loaded: Promise<LanguageModelV4> | undefined;
  #warned = false;

  constructor(options: CreateModelOptions, vendor: Vendor) {
    this.configName = options.configName;
    this.modelId = options.config.model;
    this.#options = options;
    this.#vendor = vendor;
    this.#host = hostOf(vendor.endpoint);
    this.#breakers = options.breakers ?? createBreakers();
  }

  stream(request: ModelRequest): AsyncIterable<ModelEvent> {
    const { config, env, limits, clock, random, logger } = this.#options;
    const timeout = config.timeout ? { totalMs: config.timeout * 1000 } : {};
    return streamWithResilience({
      request,
      configName: this.configName,
      modelId: this.modelId,
      host: this.#host,
      breaker: this.#breakers.for(this.#vendor.endpoint),
      limits: { ...DEFAULT_LIMITS, ...timeout, ...limits },
      clock,
      random,
      logger,
      secrets: secretsOf({ config, env }, request.callerToken),
      attempt: (attempted, watch) => this.#attempt(attempted, watch),
    });
  }

  async *#attempt(
    request: ModelRequest,
    watch: Parameters<typeof streamOnce>[0]['watch'],
  ): AsyncGenerator<ModelEvent> {
    if (this.#vendor.ignoredFields.length > 0) this.#warn(this.#vendor.ignoredFields);
    // Before the package is loaded, so that a missing key costs nothing.
    this.#vendor.headers(request.callerToken);
    yield* streamOnce({
      vendor: this.#vendor,
      model: await this.#load(),
      host: this.#host,
      request,
      watch,
      onWarnings: (features) => this.#warn(features),
    });
  }

  #load(): Promise<LanguageModelV4> {
    this.#loaded ??= this.#connect().catch((error: unknown) => {
      // A CA file that appears later must heal the model.
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  async #connect(): Promise<LanguageModelV4> {
    const { config, readFile } = this.#options;
    const fetch = this.#options.fetch ?? createModelFetch();
    return this.#vendor.load(
      hasTlsSettings(config) ? await withTls({ fetch, config, readFile }) : fetch,
    );
  }

  #warn(fields: string[]): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#options.logger.warn(
      { modelConfig: this.configName, model: this.modelId, fields },
      'some fields of the ModelConfig do not apply to this model and are not sent',
    );
  }
}

function hostOf(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).host : 'the configured endpoint';
}

function unsupportedModel(configName: string, config: EngineModel): Model {
  const failure = new ModelFailure({
    code: 'model_bad_request',
    reason: `provider ${config.type} is not supported yet by this engine`,
    advice:
      'Use openai, azure_openai, anthropic, gemini, ollama, or a gateway that speaks the OpenAI API.',
  });
  return {
    configName,
    modelId: config.model,
    async *stream() {
      yield errorEvent({ failure, configName, tries: 1, secrets: [] });
    },
  };
}
