/**
 * What a ModelConfig means for an agent: the `model` object of its config, and the environment and volumes its container
 * needs. Pure; references are resolved by the caller.
 */
import type { EnvVar, Volume, VolumeMount } from '@kagent/kube';
import type { EngineModel, ModelConfigSpec, TLSConfig } from '@kagent/spec';
import type { Problem } from '../problem.ts';

export interface DesiredModel {
  model: EngineModel;
  env: EnvVar[];
  volumes: Volume[];
  mounts: VolumeMount[];
}

export interface DesiredModelInput {
  /** `namespace/name`, for messages. */
  ref: string;
  spec: ModelConfigSpec;
  /** Key names of the API-key Secret; empty without one. Bedrock picks its variables by them. */
  secretKeys: readonly string[];
  /** Name of the volume that holds the CA bundle. */
  caVolumeName: string;
}

type Translation = Pick<DesiredModel, 'env' | 'volumes' | 'mounts'> & {
  type: EngineModel['type'];
  /** Defaults to `spec.model`. */
  model?: string;
  fields: Record<string, unknown>;
};

/** Undefined, with problems noted, when the spec cannot be put into effect. */
export function desiredModel(
  input: DesiredModelInput,
  problems: Problem[],
): DesiredModel | undefined {
  const before = problems.length;
  const translation = translate(input, problems);
  if (translation === undefined || problems.length > before) return undefined;
  const { spec } = input;
  const tls = tlsSettings(spec.tls, input.caVolumeName);
  return {
    model: {
      type: translation.type,
      model: translation.model ?? spec.model,
      ...defined({ headers: spec.defaultHeaders, api_key_passthrough: spec.apiKeyPassthrough }),
      ...defined(translation.fields),
      ...tls.fields,
    },
    env: translation.env,
    volumes: [...translation.volumes, ...tls.volumes],
    mounts: [...translation.mounts, ...tls.mounts],
  };
}

function translate(input: DesiredModelInput, problems: Problem[]): Translation | undefined {
  const { spec } = input;
  const invalid = (reason: Problem['reason'], text: string): undefined => {
    problems.push({ reason, message: `ModelConfig ${input.ref}: ${text}` });
    return undefined;
  };
  const missing = (block: string) =>
    invalid('InvalidConfiguration', `spec.${block} is needed for provider ${spec.provider}`);
  const number = (field: string, text: string | undefined): number | undefined => {
    if (text === undefined || text === '') return undefined;
    const value = Number(text);
    return Number.isFinite(value) && text.trim() !== ''
      ? value
      : invalid(
          'InvalidConfiguration',
          `spec.${field} is not a number; write it as a decimal in quotes`,
        );
  };
  switch (spec.provider) {
    case 'OpenAI':
      if (spec.openAI?.tokenExchange !== undefined) {
        return invalid(
          'NotSupported',
          'spec.openAI.tokenExchange is not supported; use apiKeySecret',
        );
      }
      return openAI(spec, number);
    case 'Anthropic':
      return anthropic(spec, number);
    case 'AzureOpenAI':
      return spec.azureOpenAI === undefined ? missing('azureOpenAI') : azureOpenAI(spec, number);
    case 'Ollama':
      return ollama(spec);
    case 'Gemini':
      return {
        ...noFiles(keyVariable(spec, 'GOOGLE_API_KEY')),
        type: 'gemini',
        fields: { max_output_tokens: spec.gemini?.maxOutputTokens },
      };
    case 'GeminiVertexAI':
      return spec.geminiVertexAI === undefined
        ? missing('geminiVertexAI')
        : geminiVertex(spec, number);
    case 'AnthropicVertexAI':
      return spec.anthropicVertexAI === undefined
        ? missing('anthropicVertexAI')
        : anthropicVertex(spec, number);
    case 'Bedrock':
      return spec.bedrock === undefined ? missing('bedrock') : bedrock(spec, input.secretKeys);
    case 'SAPAICore':
    case 'Foundry':
      return invalid('NotSupported', `provider ${spec.provider} is not supported`);
  }
}

type ToNumber = (field: string, text: string | undefined) => number | undefined;

function openAI(spec: ModelConfigSpec, number: ToNumber): Translation {
  const options = spec.openAI;
  return {
    ...noFiles([
      ...keyVariable(spec, 'OPENAI_API_KEY'),
      ...literal('OPENAI_ORGANIZATION', options?.organization),
    ]),
    type: 'openai',
    fields: {
      base_url: options?.baseUrl,
      frequency_penalty: number('openAI.frequencyPenalty', options?.frequencyPenalty),
      max_tokens: options?.maxTokens,
      max_completion_tokens: options?.maxCompletionTokens,
      n: options?.n,
      presence_penalty: number('openAI.presencePenalty', options?.presencePenalty),
      reasoning_effort: options?.reasoningEffort,
      seed: options?.seed,
      temperature: number('openAI.temperature', options?.temperature),
      timeout: options?.timeout,
      top_p: number('openAI.topP', options?.topP),
      api_format: options?.apiFormat === 'responses' ? 'responses' : undefined,
    },
  };
}

function anthropic(spec: ModelConfigSpec, number: ToNumber): Translation {
  const options = spec.anthropic;
  return {
    ...noFiles(keyVariable(spec, 'ANTHROPIC_API_KEY')),
    type: 'anthropic',
    fields: {
      base_url: options?.baseUrl,
      max_tokens: options?.maxTokens,
      temperature: number('anthropic.temperature', options?.temperature),
      top_p: number('anthropic.topP', options?.topP),
      top_k: options?.topK,
    },
  };
}

function azureOpenAI(spec: ModelConfigSpec, number: ToNumber): Translation {
  const options = spec.azureOpenAI;
  const deployment = options?.azureDeployment === '' ? undefined : options?.azureDeployment;
  return {
    ...noFiles([
      ...keyVariable(spec, 'AZURE_OPENAI_API_KEY'),
      ...literal('AZURE_AD_TOKEN', options?.azureAdToken),
      ...literal('OPENAI_API_VERSION', options?.apiVersion),
      ...literal('AZURE_OPENAI_ENDPOINT', options?.azureEndpoint),
    ]),
    type: 'azure_openai',
    ...(deployment === undefined ? {} : { model: deployment }),
    fields: {
      endpoint: options?.azureEndpoint,
      deployment: deployment ?? spec.model,
      api_version: options?.apiVersion,
      max_tokens: options?.maxTokens,
      temperature: number('azureOpenAI.temperature', options?.temperature),
      top_p: number('azureOpenAI.topP', options?.topP),
    },
  };
}

function ollama(spec: ModelConfigSpec): Translation {
  const host = spec.ollama?.host ?? '';
  const url = host === '' || host.includes('://') ? host : `http://${host}`;
  return {
    ...noFiles([...keyVariable(spec, 'OLLAMA_API_KEY'), ...literal('OLLAMA_API_BASE', url)]),
    type: 'ollama',
    fields: { base_url: url, options: spec.ollama?.options },
  };
}

function geminiVertex(spec: ModelConfigSpec, number: ToNumber): Translation {
  const options = spec.geminiVertexAI;
  return {
    ...vertexFiles(spec, options),
    type: 'gemini_vertex_ai',
    fields: {
      temperature: number('geminiVertexAI.temperature', options?.temperature),
      top_p: number('geminiVertexAI.topP', options?.topP),
      top_k: number('geminiVertexAI.topK', options?.topK),
      stop_sequences: options?.stopSequences,
      candidate_count: options?.candidateCount,
      response_mime_type: options?.responseMimeType,
      max_output_tokens: options?.maxOutputTokens,
    },
  };
}

function anthropicVertex(spec: ModelConfigSpec, number: ToNumber): Translation {
  const options = spec.anthropicVertexAI;
  return {
    ...vertexFiles(spec, options),
    type: 'gemini_anthropic',
    fields: {
      temperature: number('anthropicVertexAI.temperature', options?.temperature),
      top_p: number('anthropicVertexAI.topP', options?.topP),
      top_k: number('anthropicVertexAI.topK', options?.topK),
      stop_sequences: options?.stopSequences,
      max_tokens: options?.maxTokens,
    },
  };
}

function bedrock(spec: ModelConfigSpec, secretKeys: readonly string[]): Translation {
  const options = spec.bedrock;
  const candidates = secretKeys.includes('AWS_BEARER_TOKEN_BEDROCK')
    ? ['AWS_BEARER_TOKEN_BEDROCK']
    : ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
  const secret = spec.apiKeySecret ?? '';
  const credentials = candidates
    .filter((key) => secretKeys.includes(key))
    .map((key) => fromSecret(key, { name: secret, key }));
  return {
    ...noFiles([...literal('AWS_REGION', options?.region), ...credentials]),
    type: 'bedrock',
    fields: {
      region: options?.region,
      additional_model_request_fields: options?.additionalModelRequestFields,
      prompt_caching: options?.promptCaching,
      cache_ttl: options?.promptCaching === true ? options.cacheTTL : undefined,
      guardrail: options?.guardrail,
      read_timeout: options?.readTimeout,
      connect_timeout: options?.connectTimeout,
    },
  };
}

/** Vertex AI reads its project from the environment and its credentials from a mounted file. */
function vertexFiles(
  spec: ModelConfigSpec,
  options: { projectID: string; location: string } | undefined,
): Pick<Translation, 'env' | 'volumes' | 'mounts'> {
  const env = [
    ...literal('GOOGLE_CLOUD_PROJECT', options?.projectID),
    ...literal('GOOGLE_CLOUD_LOCATION', options?.location),
    ...(spec.provider === 'GeminiVertexAI' ? literal('GOOGLE_GENAI_USE_VERTEXAI', 'true') : []),
  ];
  if (!hasSecret(spec)) return noFiles(env);
  return {
    env: [
      ...env,
      ...literal('GOOGLE_APPLICATION_CREDENTIALS', `/creds/${spec.apiKeySecretKey ?? ''}`),
    ],
    volumes: [{ name: 'google-creds', secret: { secretName: spec.apiKeySecret ?? '' } }],
    mounts: [{ name: 'google-creds', mountPath: '/creds', readOnly: true }],
  };
}

/** The three TLS keys of a config, all or none, and the mount of the CA bundle. */
export function tlsSettings(
  tls: TLSConfig | undefined,
  caVolumeName: string,
): { fields: Record<string, unknown>; volumes: Volume[]; mounts: VolumeMount[] } {
  if (tls === undefined) return { fields: {}, volumes: [], mounts: [] };
  const secretName = tls.caCertSecretRef ?? '';
  const hasBundle = secretName !== '' && (tls.caCertSecretKey ?? '') !== '';
  const folder = `/etc/ssl/certs/custom/${secretName}`;
  return {
    fields: {
      tls_insecure_skip_verify: tls.disableVerify,
      ...(hasBundle ? { tls_ca_cert_path: `${folder}/${tls.caCertSecretKey ?? ''}` } : {}),
      tls_disable_system_cas: tls.disableSystemCAs,
    },
    volumes: hasBundle ? [{ name: caVolumeName, secret: { secretName, defaultMode: 0o444 } }] : [],
    mounts: hasBundle ? [{ name: caVolumeName, mountPath: folder, readOnly: true }] : [],
  };
}

export function hasSecret(spec: ModelConfigSpec): boolean {
  return spec.apiKeySecret !== undefined && spec.apiKeySecret !== '';
}

function noFiles(env: EnvVar[]): Pick<Translation, 'env' | 'volumes' | 'mounts'> {
  return { env, volumes: [], mounts: [] };
}

function keyVariable(spec: ModelConfigSpec, variable: string): EnvVar[] {
  if (!hasSecret(spec)) return [];
  return [fromSecret(variable, { name: spec.apiKeySecret ?? '', key: spec.apiKeySecretKey ?? '' })];
}

function fromSecret(variable: string, secretKeyRef: { name: string; key: string }): EnvVar {
  return { name: variable, valueFrom: { secretKeyRef } };
}

function literal(name: string, value: string | undefined): EnvVar[] {
  return value === undefined || value === '' ? [] : [{ name, value }];
}

/** Drops members that are undefined or an empty string. */
function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''),
  );
}
