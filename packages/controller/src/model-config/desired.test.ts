import { describe, expect, it } from 'vitest';
import { modelConfig, scopeOf, secret } from '../testing/fixtures.ts';
import { resolveModelConfig } from './resolve.ts';

type Spec = Parameters<typeof modelConfig>[1];

/** What agents get from a ModelConfig whose Secret `creds` holds `key` (and more). */
function translate(spec: Spec, values: Record<string, string> = { key: 's3cret' }) {
  const scope = scopeOf(secret('creds', values));
  const result = resolveModelConfig(modelConfig('gpt', spec), scope);
  return { ...result, problems: scope.problems };
}

const fromSecret = (name: string, key = 'key') => ({
  name,
  valueFrom: { secretKeyRef: { name: 'creds', key } },
});
const withKey = { apiKeySecret: 'creds', apiKeySecretKey: 'key' };

describe('model-config desired', () => {
  it.each<[string, Spec, object, object[]]>([
    [
      'OpenAI with everything',
      {
        provider: 'OpenAI',
        ...withKey,
        defaultHeaders: { 'x-team': 'a' },
        openAI: {
          baseUrl: 'http://llm/v1',
          organization: 'org',
          temperature: '0.2',
          topP: '0.9',
          frequencyPenalty: '1',
          presencePenalty: '-1',
          maxTokens: 100,
          seed: 7,
          n: 1,
          timeout: 60,
          reasoningEffort: 'low',
        },
      },
      {
        type: 'openai',
        model: 'gpt-4.1-mini',
        headers: { 'x-team': 'a' },
        base_url: 'http://llm/v1',
        frequency_penalty: 1,
        max_tokens: 100,
        n: 1,
        presence_penalty: -1,
        reasoning_effort: 'low',
        seed: 7,
        temperature: 0.2,
        timeout: 60,
        top_p: 0.9,
      },
      [fromSecret('OPENAI_API_KEY'), { name: 'OPENAI_ORGANIZATION', value: 'org' }],
    ],
    ['OpenAI without a key', {}, { type: 'openai', model: 'gpt-4.1-mini' }, []],
    [
      'Anthropic',
      {
        provider: 'Anthropic',
        ...withKey,
        anthropic: { maxTokens: 5, temperature: '1', topP: '0.5', topK: 3 },
      },
      {
        type: 'anthropic',
        model: 'gpt-4.1-mini',
        max_tokens: 5,
        temperature: 1,
        top_p: 0.5,
        top_k: 3,
      },
      [fromSecret('ANTHROPIC_API_KEY')],
    ],
    [
      'AzureOpenAI: the deployment is the model',
      {
        provider: 'AzureOpenAI',
        ...withKey,
        azureOpenAI: {
          azureEndpoint: 'https://a',
          apiVersion: '2024',
          azureDeployment: 'prod',
          maxTokens: 9,
        },
      },
      {
        type: 'azure_openai',
        model: 'prod',
        endpoint: 'https://a',
        deployment: 'prod',
        api_version: '2024',
        max_tokens: 9,
      },
      [
        fromSecret('AZURE_OPENAI_API_KEY'),
        { name: 'OPENAI_API_VERSION', value: '2024' },
        { name: 'AZURE_OPENAI_ENDPOINT', value: 'https://a' },
      ],
    ],
    [
      'Ollama: a host gets a scheme',
      { provider: 'Ollama', ollama: { host: 'ollama:11434', options: { num_ctx: '8192' } } },
      {
        type: 'ollama',
        model: 'gpt-4.1-mini',
        base_url: 'http://ollama:11434',
        options: { num_ctx: '8192' },
      },
      [{ name: 'OLLAMA_API_BASE', value: 'http://ollama:11434' }],
    ],
    [
      'Gemini',
      { provider: 'Gemini', ...withKey, gemini: { maxOutputTokens: 10 } },
      { type: 'gemini', model: 'gpt-4.1-mini', max_output_tokens: 10 },
      [fromSecret('GOOGLE_API_KEY')],
    ],
    [
      'GeminiVertexAI without a key',
      {
        provider: 'GeminiVertexAI',
        geminiVertexAI: {
          projectID: 'p',
          location: 'eu',
          topK: '4',
          stopSequences: ['END'],
          candidateCount: 1,
        },
      },
      {
        type: 'gemini_vertex_ai',
        model: 'gpt-4.1-mini',
        top_k: 4,
        stop_sequences: ['END'],
        candidate_count: 1,
      },
      [
        { name: 'GOOGLE_CLOUD_PROJECT', value: 'p' },
        { name: 'GOOGLE_CLOUD_LOCATION', value: 'eu' },
        { name: 'GOOGLE_GENAI_USE_VERTEXAI', value: 'true' },
      ],
    ],
    [
      'AnthropicVertexAI with a key file',
      {
        provider: 'AnthropicVertexAI',
        ...withKey,
        anthropicVertexAI: { projectID: 'p', location: 'eu', maxTokens: 1 },
      },
      { type: 'gemini_anthropic', model: 'gpt-4.1-mini', max_tokens: 1 },
      [
        { name: 'GOOGLE_CLOUD_PROJECT', value: 'p' },
        { name: 'GOOGLE_CLOUD_LOCATION', value: 'eu' },
        { name: 'GOOGLE_APPLICATION_CREDENTIALS', value: '/creds/key' },
      ],
    ],
  ])('%s', (_title, ...[spec, model, env]) => {
    const { resolved, problems } = translate(spec);
    expect(problems).toEqual([]);
    expect(resolved?.model).toEqual(model);
    expect(resolved?.env).toEqual(env);
  });

  it('mounts the key file of Vertex AI', () => {
    const { resolved } = translate({
      provider: 'GeminiVertexAI',
      ...withKey,
      geminiVertexAI: { projectID: 'p', location: 'eu' },
    });
    expect(resolved?.volumes).toEqual([{ name: 'google-creds', secret: { secretName: 'creds' } }]);
    expect(resolved?.mounts).toEqual([
      { name: 'google-creds', mountPath: '/creds', readOnly: true },
    ]);
  });

  it.each([
    [{ AWS_BEARER_TOKEN_BEDROCK: 't', AWS_ACCESS_KEY_ID: 'i' }, ['AWS_BEARER_TOKEN_BEDROCK']],
    [
      { AWS_ACCESS_KEY_ID: 'i', AWS_SECRET_ACCESS_KEY: 's' },
      ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
    ],
  ])('Bedrock takes its credentials from %j', (values, variables) => {
    const { resolved } = translate(
      {
        provider: 'Bedrock',
        apiKeySecret: 'creds',
        bedrock: { region: 'eu-1', promptCaching: true },
      },
      values,
    );
    expect(resolved?.model).toMatchObject({
      type: 'bedrock',
      region: 'eu-1',
      prompt_caching: true,
      cache_ttl: '5m',
    });
    expect(resolved?.env).toEqual([
      { name: 'AWS_REGION', value: 'eu-1' },
      ...variables.map((name) => fromSecret(name, name)),
    ]);
  });

  it('mounts a CA bundle and says where it is', () => {
    const { resolved } = translate({ tls: { caCertSecretRef: 'creds', caCertSecretKey: 'key' } });
    expect(resolved?.model).toMatchObject({
      tls_insecure_skip_verify: false,
      tls_ca_cert_path: '/etc/ssl/certs/custom/creds/key',
      tls_disable_system_cas: false,
    });
    expect(resolved?.volumes).toEqual([
      { name: 'tls-ca-creds', secret: { secretName: 'creds', defaultMode: 0o444 } },
    ]);
  });

  it.each<[string, Spec, string, string]>([
    [
      'a missing Secret',
      { apiKeySecret: 'none', apiKeySecretKey: 'k' },
      'SecretNotFound',
      'Secret shop-ops/none',
    ],
    [
      'a missing key',
      { apiKeySecret: 'creds', apiKeySecretKey: 'other' },
      'SecretKeyNotFound',
      'no key other',
    ],
    [
      'a block that is needed',
      { provider: 'AzureOpenAI' },
      'InvalidConfiguration',
      'spec.azureOpenAI is needed',
    ],
    [
      'text where a number belongs',
      { openAI: { temperature: 'warm' } },
      'InvalidConfiguration',
      'spec.openAI.temperature is not a number',
    ],
    [
      'a provider the engine cannot speak to',
      { provider: 'Foundry', foundry: { deployment: 'd', endpoint: 'https://f' } },
      'NotSupported',
      'provider Foundry is not supported',
    ],
  ])('%s is a problem with a name', (_title, ...[spec, reason, text]) => {
    const { resolved, problems } = translate(spec);
    expect(resolved).toBeUndefined();
    expect(problems).toEqual([{ reason, message: expect.stringContaining(text) as string }]);
    expect(JSON.stringify(problems)).not.toContain('s3cret');
  });

  it('hashes every secret it refers to, once', () => {
    const one = translate(withKey).secretHash;
    expect(translate(withKey, { key: 'other' }).secretHash).not.toBe(one);
    expect(
      translate({ ...withKey, tls: { caCertSecretRef: 'creds', caCertSecretKey: 'key' } })
        .secretHash,
    ).toBe(one);
    expect(translate({}).refersToSecrets).toBe(false);
  });
});
