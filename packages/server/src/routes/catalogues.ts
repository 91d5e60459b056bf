/** Fixed lists the UI offers, and the namespaces of the cluster. */
import { NAMESPACES } from '@kagent/kube';
import type { FastifyInstance } from 'fastify';
import { ok, type ServerContext } from '../context.ts';

interface Provider {
  name: string;
  requiredParams: string[];
  optionalParams: string[];
  models: string[];
}

const SAMPLING = ['temperature', 'maxTokens', 'topP'];

const PROVIDERS: readonly Provider[] = [
  {
    name: 'OpenAI',
    requiredParams: [],
    optionalParams: [
      'baseUrl',
      'organization',
      ...SAMPLING,
      'frequencyPenalty',
      'presencePenalty',
      'seed',
      'n',
      'timeout',
      'reasoningEffort',
    ],
    models: ['gpt-5', 'gpt-5-mini', 'gpt-5-nano', 'gpt-4.1', 'gpt-4.1-mini', 'gpt-4o', 'o4-mini'],
  },
  {
    name: 'Anthropic',
    requiredParams: [],
    optionalParams: ['baseUrl', 'maxTokens', 'temperature', 'topP', 'topK'],
    models: ['claude-sonnet-4-5', 'claude-opus-4-1-20250805', 'claude-sonnet-4-20250514'],
  },
  {
    name: 'AzureOpenAI',
    requiredParams: ['azureEndpoint', 'apiVersion'],
    optionalParams: ['azureDeployment', 'azureAdToken', ...SAMPLING],
    models: ['gpt-4.1', 'gpt-4.1-mini', 'gpt-4o', 'gpt-4o-mini', 'o4-mini'],
  },
  {
    name: 'Ollama',
    requiredParams: [],
    optionalParams: ['host', 'options'],
    models: ['llama3.2', 'mistral'],
  },
  {
    name: 'Gemini',
    requiredParams: [],
    optionalParams: ['maxOutputTokens'],
    models: ['gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-2.5-flash-lite'],
  },
];

export function registerCatalogues(app: FastifyInstance, { kube }: ServerContext): void {
  app.get('/api/namespaces', async () => {
    const { items } = await kube.list(NAMESPACES);
    const namespaces = items
      .map((item) => ({ name: item.metadata.name, status: item.status?.phase ?? 'Active' }))
      .toSorted((a, b) => a.name.localeCompare(b.name));
    return ok(namespaces, 'Successfully listed namespaces');
  });

  const providers = () =>
    ok(
      PROVIDERS.map(({ name, requiredParams, optionalParams }) => ({
        name,
        type: name,
        requiredParams,
        optionalParams,
      })),
      'Successfully listed supported model providers',
    );
  app.get('/api/providers/models', providers);
  app.get('/api/modelproviderconfigs/models', providers);

  app.get('/api/models', () =>
    ok(
      Object.fromEntries(
        PROVIDERS.map(({ name, models }) => [
          name,
          models.map((model) => ({ name: model, function_calling: true })),
        ]),
      ),
      'Successfully listed supported models',
    ),
  );
}
