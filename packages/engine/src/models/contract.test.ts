import type { EngineModel } from '@kagent/spec';
import { createModelFetch } from './model-fetch.ts';
import { createModel } from './registry.ts';
import { describeModelContract, SECRET, type ContractModelOptions } from './testing/contract.ts';
import type { ModelEnv } from './vendor.ts';

const fetch = createModelFetch();

/** Sends what goes to a vendor's own host to the mock, so that the path for the official API is the one under test. */
function redirected(url: string): typeof fetch {
  return (input, init) => {
    const original = new URL(input instanceof Request ? input.url : input);
    return fetch(`${url}${original.pathname}`, init);
  };
}

function make(config: { type: EngineModel['type'] }, env: ModelEnv, official = false) {
  return ({ url, clock, logger }: ContractModelOptions) =>
    createModel({
      config: { model: 'test-model', ...(official ? {} : { base_url: url }), ...config },
      configName: 'ns/test-model',
      env,
      fetch: official ? redirected(url) : fetch,
      clock,
      logger,
      random: () => 0.5,
    });
}

describeModelContract({
  name: 'OpenAI',
  create: make({ type: 'openai' }, { OPENAI_API_KEY: SECRET }, true),
  lacks: ['reasoning', 'reasoning-round-trip', 'tool-error-flag'],
});

describeModelContract({
  name: 'OpenAI-compatible endpoint',
  create: make({ type: 'openai' }, { OPENAI_API_KEY: SECRET }),
  lacks: ['reasoning-round-trip', 'tool-error-flag'],
});

describeModelContract({
  name: 'Azure OpenAI',
  create: make({ type: 'azure_openai' }, { AZURE_OPENAI_API_KEY: SECRET }),
  lacks: ['reasoning', 'reasoning-round-trip', 'tool-error-flag'],
});

describeModelContract({
  name: 'Anthropic',
  create: make({ type: 'anthropic' }, { ANTHROPIC_API_KEY: SECRET }),
  lacks: ['reasoning-tokens'],
});

describeModelContract({
  name: 'Ollama',
  create: make({ type: 'ollama' }, { OLLAMA_API_KEY: SECRET }),
  lacks: ['reasoning-round-trip', 'tool-error-flag'],
});
