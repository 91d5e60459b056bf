/** `/api/modelconfigs`: both request generations in, the union of both answers out. */
import { KagentError, MODEL_CONFIGS, ModelConfig } from '@kagent/spec';
import { type OwnerReference, SECRETS } from '@kagent/kube';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { bodyOf } from '../body.ts';
import { ok, type ServerContext } from '../context.ts';
import { type NamedParams, namedParams, parseRef } from './refs.ts';

const Block = z.record(z.string(), z.unknown()).nullish();

/** The `spec` generation sends `spec`; the flat one sends `provider`, `model` and one block per provider. */
const Body = z.looseObject({
  ref: z.string().optional(),
  apiKey: z.string().nullish(),
  spec: z.record(z.string(), z.unknown()).optional(),
  provider: z.looseObject({ type: z.string() }).nullish(),
  model: z.string().nullish(),
  openAI: Block,
  anthropic: Block,
  azureOpenAI: Block,
  ollama: Block,
  gemini: Block,
  geminiVertexAI: Block,
  anthropicVertexAI: Block,
});
type Body = z.infer<typeof Body>;

const BLOCKS = {
  OpenAI: 'openAI',
  Anthropic: 'anthropic',
  AzureOpenAI: 'azureOpenAI',
  Ollama: 'ollama',
  Gemini: 'gemini',
  GeminiVertexAI: 'geminiVertexAI',
  AnthropicVertexAI: 'anthropicVertexAI',
} as const;

export function registerModelConfigs(app: FastifyInstance, context: ServerContext): void {
  const { kube, modelConfigs } = context;

  app.get('/api/modelconfigs', () =>
    ok(modelConfigs.list().map(modelConfigItem), 'Successfully listed ModelConfigs'),
  );

  app.get<NamedParams>('/api/modelconfigs/:namespace/:name', (request) => {
    const found = modelConfigs.get(namedParams(request));
    if (!found) throw new KagentError('not_found', 'ModelConfig not found');
    return ok(modelConfigItem(found), 'Successfully retrieved ModelConfig');
  });

  app.post('/api/modelconfigs', async (request, reply) => {
    const body = bodyOf(request, Body);
    const key = parseRef(body.ref ?? '', context.namespace);
    const object = modelConfig(key, specOf(body, key.name));
    const created = await kube.create(MODEL_CONFIGS, object);
    await saveApiKey(context, created, body.apiKey);
    return reply.code(201).send(ok(modelConfigItem(created), 'Successfully created ModelConfig'));
  });

  app.put<NamedParams>('/api/modelconfigs/:namespace/:name', async (request) => {
    const key = namedParams(request);
    const current = await kube.find(MODEL_CONFIGS, key);
    if (!current) throw new KagentError('not_found', 'ModelConfig not found');
    const body = bodyOf(request, Body);
    const { apiKeySecret, apiKeySecretKey } = current.spec ?? {};
    const kept = {
      ...(apiKeySecret ? { apiKeySecret } : {}),
      ...(apiKeySecretKey ? { apiKeySecretKey } : {}),
    };
    const { spec } = modelConfig(key, { ...kept, ...specOf(body, key.name) });
    const updated = await kube.replace(MODEL_CONFIGS, { ...current, spec });
    await saveApiKey(context, updated, body.apiKey);
    return ok(modelConfigItem(updated), 'Successfully updated ModelConfig');
  });

  app.delete<NamedParams>('/api/modelconfigs/:namespace/:name', async (request) => {
    const key = namedParams(request);
    if (!(await kube.find(MODEL_CONFIGS, key)))
      throw new KagentError('not_found', 'ModelConfig not found');
    await kube.delete(MODEL_CONFIGS, key);
    return ok({}, 'Successfully deleted ModelConfig');
  });
}

function specOf(body: Body, name: string): Record<string, unknown> {
  const spec = body.spec ?? flatSpec(body);
  const provider = String(spec['provider'] ?? 'OpenAI');
  if (!body.apiKey || provider === 'Ollama') return spec;
  return {
    ...spec,
    apiKeySecret: spec['apiKeySecret'] ?? name,
    apiKeySecretKey: spec['apiKeySecretKey'] ?? `${provider.toUpperCase()}_API_KEY`,
  };
}

function flatSpec(body: Body): Record<string, unknown> {
  const provider = body.provider?.type ?? '';
  if (!(provider in BLOCKS)) {
    throw new KagentError(
      'invalid_argument',
      `unsupported provider type: ${provider}. Use one of ${Object.keys(BLOCKS).join(', ')}.`,
    );
  }
  const block = BLOCKS[provider as keyof typeof BLOCKS];
  return { provider, model: body.model ?? '', [block]: body[block] ?? {} };
}

function modelConfig(
  key: { namespace: string; name: string },
  spec: Record<string, unknown>,
): ModelConfig {
  const result = ModelConfig.safeParse({
    apiVersion: 'kagent.dev/v1alpha2',
    kind: 'ModelConfig',
    metadata: key,
    spec,
  });
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new KagentError(
    'invalid_argument',
    `Invalid ModelConfig: ${issue?.path.join('.')}: ${issue?.message}`,
  );
}

/** The key goes into a Secret that the ModelConfig owns, so that deleting one deletes the other. */
async function saveApiKey(
  { kube }: ServerContext,
  owner: ModelConfig,
  apiKey: string | null | undefined,
): Promise<void> {
  const { apiKeySecret: name, apiKeySecretKey: key } = owner.spec ?? {};
  if (!apiKey || !name || !key) return;
  const reference: OwnerReference = {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
  };
  await kube.apply(
    SECRETS,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        namespace: owner.metadata.namespace ?? 'default',
        ownerReferences: [reference],
      },
      type: 'Opaque',
      data: { [key]: Buffer.from(apiKey).toString('base64') },
    },
    { fieldManager: 'kagent-server', force: true },
  );
}

/** Keys of both generations; none collide. Never holds a key, only the name of its Secret. */
export function modelConfigItem(config: ModelConfig): object {
  const spec = config.spec;
  const params = spec?.openAI ?? spec?.anthropic ?? spec?.azureOpenAI ?? spec?.ollama ?? {};
  return {
    ref: `${config.metadata.namespace ?? 'default'}/${config.metadata.name}`,
    providerName: spec?.provider ?? '',
    model: spec?.model ?? '',
    apiKeySecret: spec?.apiKeySecret ?? '',
    apiKeySecretKey: spec?.apiKeySecretKey ?? '',
    modelParams: params,
    spec: spec ?? {},
    status: config.status ?? {},
  };
}
