/** Finds out which models this machine can use, from the environment and the usual Ollama port. */
import { KagentError, ModelConfigSpec } from '@kagent/spec';
import type { Secret } from '@kagent/kube';
import type { z } from 'zod';

export interface ProviderChoice {
  /** `OpenAI`, `Anthropic`, `Gemini`, `AzureOpenAI`, `Ollama` or `demo`, in any case. */
  provider: string | undefined;
  model: string | undefined;
}

export interface FoundModel {
  /** Name of the ModelConfig, and of the Secret when there is a key. */
  name: string;
  spec: ModelConfigSpec;
  secret?: Record<string, string>;
  /** For the banner, e.g. `OpenAI gpt-4.1-mini (OPENAI_API_KEY)`. */
  label: string;
}

interface Candidate {
  provider: 'OpenAI' | 'Anthropic' | 'Gemini' | 'AzureOpenAI';
  env: string;
  key: string;
  model: string;
  options?: (env: Env, model: string) => SpecOptions | undefined;
}

type Env = Record<string, string | undefined>;

/** The provider's own block of a ModelConfig, as a person would write it. */
type SpecOptions = Partial<z.input<typeof ModelConfigSpec>>;

const CANDIDATES: readonly Candidate[] = [
  {
    provider: 'OpenAI',
    env: 'OPENAI_API_KEY',
    key: 'OPENAI_API_KEY',
    model: 'gpt-4.1-mini',
    options: openAiOptions,
  },
  {
    provider: 'Anthropic',
    env: 'ANTHROPIC_API_KEY',
    key: 'ANTHROPIC_API_KEY',
    model: 'claude-sonnet-4-5',
    options: anthropicOptions,
  },
  { provider: 'Gemini', env: 'GOOGLE_API_KEY', key: 'GOOGLE_API_KEY', model: 'gemini-2.5-flash' },
  {
    provider: 'AzureOpenAI',
    env: 'AZURE_OPENAI_API_KEY',
    key: 'AZURE_OPENAI_API_KEY',
    model: 'gpt-4.1-mini',
    options: azureOptions,
  },
];

function openAiOptions(env: Env): SpecOptions | undefined {
  return env['OPENAI_BASE_URL'] ? { openAI: { baseUrl: env['OPENAI_BASE_URL'] } } : {};
}

function anthropicOptions(env: Env): SpecOptions | undefined {
  return env['ANTHROPIC_BASE_URL'] ? { anthropic: { baseUrl: env['ANTHROPIC_BASE_URL'] } } : {};
}

/** Azure needs an endpoint beside the key; without it there is nothing to configure. */
function azureOptions(env: Env, model: string): SpecOptions | undefined {
  const azureEndpoint = env['AZURE_OPENAI_ENDPOINT'];
  if (!azureEndpoint) return undefined;
  const azureDeployment = env['AZURE_OPENAI_DEPLOYMENT'] ?? model;
  return {
    azureOpenAI: {
      azureEndpoint,
      azureDeployment,
      apiVersion: env['OPENAI_API_VERSION'] ?? '2024-10-21',
    },
  };
}

const OLLAMA = 'http://127.0.0.1:11434';

/**
 * The models found, best first: what `--provider` names, else the order OpenAI, Anthropic, Gemini, Azure OpenAI, Ollama.
 * Empty means: use the demo model. A provider that was asked for and is not there rejects with what is missing.
 */
export async function findModels(
  env: Env,
  choice: ProviderChoice,
  fetch: typeof globalThis.fetch,
): Promise<FoundModel[]> {
  const wanted = choice.provider?.toLowerCase();
  if (wanted === 'demo') return [];
  const found = CANDIDATES.flatMap((candidate) =>
    fromEnvironment(candidate, { env, choice: forProvider(choice, candidate.provider) }),
  );
  const ollama = await findOllama(env, {
    model: wanted === 'ollama' ? choice.model : undefined,
    fetch,
  });
  if (ollama) found.push(ollama);
  if (wanted === undefined) return applyModel(found, choice.model);
  const first = found.find((item) => item.spec.provider?.toLowerCase() === wanted);
  if (!first) throw notFound(choice.provider ?? '');
  return [first, ...found.filter((item) => item !== first)];
}

function forProvider(choice: ProviderChoice, provider: string): string | undefined {
  return choice.provider?.toLowerCase() === provider.toLowerCase() ? choice.model : undefined;
}

/** `--model` alone speaks of the default, which is the first. */
function applyModel([first, ...rest]: FoundModel[], model: string | undefined): FoundModel[] {
  if (!first) {
    if (model === undefined) return [];
    throw new KagentError(
      'invalid_argument',
      `--model ${model} needs a provider, and none was found. Set a key such as OPENAI_API_KEY, or leave --model out for the demo model.`,
    );
  }
  const spec = model === undefined ? first.spec : { ...first.spec, model };
  return [
    { ...first, spec, label: first.label.replace(first.spec.model ?? '', spec.model ?? '') },
    ...rest,
  ];
}

function fromEnvironment(
  candidate: Candidate,
  { env, choice }: { env: Env; choice: string | undefined },
): FoundModel[] {
  const key = env[candidate.env];
  if (!key) return [];
  const model = choice ?? candidate.model;
  const options = candidate.options ? candidate.options(env, model) : {};
  if (!options) return [];
  const name = candidate.provider.toLowerCase();
  return [
    {
      name,
      spec: ModelConfigSpec.parse({
        provider: candidate.provider,
        model,
        apiKeySecret: name,
        apiKeySecretKey: candidate.key,
        ...options,
      }),
      secret: { [candidate.key]: key },
      label: `${candidate.provider} ${model} (${candidate.env})`,
    },
  ];
}

async function findOllama(
  env: Env,
  { model, fetch }: { model: string | undefined; fetch: typeof globalThis.fetch },
): Promise<FoundModel | undefined> {
  const host = env['OLLAMA_HOST'] ? normalizeHost(env['OLLAMA_HOST']) : OLLAMA;
  try {
    const response = await fetch(`${host}/api/tags`, { signal: AbortSignal.timeout(300) });
    const body: unknown = await response.json();
    const installed = firstModel(body);
    const chosen = model ?? installed;
    if (!response.ok || !chosen) return undefined;
    return {
      name: 'ollama',
      spec: ModelConfigSpec.parse({ provider: 'Ollama', model: chosen, ollama: { host } }),
      label: `Ollama ${chosen} (${host})`,
    };
  } catch {
    return undefined;
  }
}

function normalizeHost(host: string): string {
  return (host.includes('://') ? host : `http://${host}`).replace(/\/+$/, '');
}

function firstModel(body: unknown): string | undefined {
  if (
    typeof body !== 'object' ||
    body === null ||
    !('models' in body) ||
    !Array.isArray(body.models)
  )
    return undefined;
  const [first]: unknown[] = body.models;
  return typeof first === 'object' &&
    first !== null &&
    'name' in first &&
    typeof first.name === 'string'
    ? first.name
    : undefined;
}

function notFound(provider: string): KagentError {
  const candidate = CANDIDATES.find(
    (item) => item.provider.toLowerCase() === provider.toLowerCase(),
  );
  const known = [...CANDIDATES.map((item) => item.provider), 'Ollama', 'demo'].join(', ');
  if (candidate) {
    const endpoint = candidate.provider === 'AzureOpenAI' ? ' and AZURE_OPENAI_ENDPOINT' : '';
    return new KagentError(
      'invalid_argument',
      `--provider ${candidate.provider} needs ${candidate.env}${endpoint} in the environment.`,
    );
  }
  if (provider.toLowerCase() === 'ollama') {
    return new KagentError(
      'invalid_argument',
      `--provider Ollama: no Ollama with a model answers at ${OLLAMA} (or OLLAMA_HOST).`,
    );
  }
  return new KagentError(
    'invalid_argument',
    `--provider ${provider} is not known; use one of ${known}.`,
  );
}

/** The Secret of a found model. */
export function secretOf(model: FoundModel, namespace: string): Secret | undefined {
  if (!model.secret) return undefined;
  const data = Object.fromEntries(
    Object.entries(model.secret).map(([key, value]) => [
      key,
      Buffer.from(value).toString('base64'),
    ]),
  );
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: model.name, namespace },
    type: 'Opaque',
    data,
  };
}
