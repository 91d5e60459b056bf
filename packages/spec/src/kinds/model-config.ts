/** ModelConfig `kagent.dev/v1alpha2` (storage): which model answers, and how it is reached. */
import { z } from 'zod';
import {
  cel,
  Condition,
  ConfigMapKeySelector,
  ObjectMeta,
  ObservedGeneration,
  PRESERVE,
  TLSConfig,
} from './shared.ts';

const int = () => z.number().int();
const decimal = (what: string) => z.string().optional().describe(`${what}, a decimal as string.`);
const temperature = decimal('Sampling temperature');
const topP = decimal('Nucleus sampling');
const stopSequences = z.array(z.string()).optional().describe('Strings that end the answer.');
const projectID = z.string().describe('Google Cloud project.');
const location = z.string().describe('Google Cloud region.');

export const OpenAIConfig = z
  .object({
    baseUrl: z.string().optional().describe('API base URL.'),
    organization: z.string().optional().describe('OpenAI organisation id.'),
    apiFormat: z
      .enum(['chatCompletions', 'responses'])
      .default('chatCompletions')
      .describe('Which OpenAI API is spoken.'),
    temperature,
    topP,
    frequencyPenalty: decimal('Frequency penalty'),
    presencePenalty: decimal('Presence penalty'),
    maxTokens: int().min(1).optional().describe('Output token cap.'),
    maxCompletionTokens: int()
      .min(1)
      .optional()
      .describe('Output token cap with reasoning tokens.'),
    seed: int().optional().describe('Sampling seed.'),
    n: int().optional().describe('Completions per request.'),
    timeout: int().optional().describe('Request timeout in seconds.'),
    reasoningEffort: z
      .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
      .optional()
      .describe('Reasoning budget.'),
    tokenExchange: z
      .object({
        type: z.enum(['GDCHServiceAccount']).describe('How the token is obtained.'),
        gdchServiceAccount: z
          .object({ audience: z.string().describe('Audience URL of the token.') })
          .optional()
          .describe('Settings for `GDCHServiceAccount`.'),
      })
      .optional()
      .describe('Bearer token obtained by exchange.'),
  })
  .meta(
    cel({
      rule: '!(has(self.maxTokens) && has(self.maxCompletionTokens))',
      message: 'maxTokens and maxCompletionTokens are mutually exclusive',
    }),
  );
export type OpenAIConfig = z.infer<typeof OpenAIConfig>;

export const AnthropicConfig = z.object({
  baseUrl: z.string().optional().describe('API base URL.'),
  maxTokens: int().optional().describe('Output token cap.'),
  temperature,
  topP,
  topK: int().optional().describe('Top-k sampling.'),
});
export type AnthropicConfig = z.infer<typeof AnthropicConfig>;

export const AzureOpenAIConfig = z.object({
  azureEndpoint: z.string().describe('Endpoint URL of the resource.'),
  apiVersion: z.string().describe('API version.'),
  azureDeployment: z.string().optional().describe('Deployment name; the model when unset.'),
  azureAdToken: z.string().optional().describe('Entra ID token, literal.'),
  temperature,
  maxTokens: int().optional().describe('Output token cap.'),
  topP,
});
export type AzureOpenAIConfig = z.infer<typeof AzureOpenAIConfig>;

export const OllamaConfig = z.object({
  host: z.string().optional().describe('Server URL.'),
  options: z.record(z.string(), z.string()).optional().describe('Model options.'),
});
export type OllamaConfig = z.infer<typeof OllamaConfig>;

export const GeminiConfig = z.object({
  maxOutputTokens: int().min(1).optional().describe('Output token cap.'),
});
export type GeminiConfig = z.infer<typeof GeminiConfig>;

export const GeminiVertexAIConfig = z.object({
  projectID,
  location,
  temperature,
  topP,
  topK: decimal('Top-k sampling'),
  stopSequences,
  candidateCount: int().optional().describe('Candidates to generate.'),
  responseMimeType: z.string().optional().describe('Media type of the answer.'),
  maxOutputTokens: int().min(1).optional().describe('Output token cap.'),
});
export type GeminiVertexAIConfig = z.infer<typeof GeminiVertexAIConfig>;

export const AnthropicVertexAIConfig = z.object({
  projectID,
  location,
  temperature,
  topP,
  topK: decimal('Top-k sampling'),
  stopSequences,
  maxTokens: int().optional().describe('Output token cap.'),
});
export type AnthropicVertexAIConfig = z.infer<typeof AnthropicVertexAIConfig>;

export const BedrockConfig = z.object({
  region: z.string().describe('AWS region.'),
  additionalModelRequestFields: z
    .unknown()
    .optional()
    .describe('Extra request fields as JSON.')
    .meta(PRESERVE),
  promptCaching: z.boolean().default(false).describe('Set cache points.'),
  cacheTTL: z.enum(['5m', '1h']).default('5m').describe('Lifetime of the cache.'),
  connectTimeout: int().min(1).optional().describe('Connect timeout in seconds.'),
  readTimeout: int().min(1).optional().describe('Read timeout in seconds.'),
  guardrail: z
    .object({
      identifier: z.string().min(1).max(2048).describe('Id or ARN.'),
      version: z.string().min(1).max(8).describe('A number or DRAFT.'),
      trace: z
        .enum(['disabled', 'enabled', 'enabled_full'])
        .default('disabled')
        .describe('Tracing.'),
    })
    .optional()
    .describe('Bedrock guardrail.'),
});
export type BedrockConfig = z.infer<typeof BedrockConfig>;

export const SAPAICoreConfig = z.object({
  baseUrl: z.string().describe('API URL.'),
  authUrl: z.string().optional().describe('OAuth token URL.'),
  resourceGroup: z.string().default('default').describe('Resource group.'),
});
export type SAPAICoreConfig = z.infer<typeof SAPAICoreConfig>;

export const FoundryConfig = z
  .object({
    deployment: z.string().describe('Deployment name.'),
    apiVersion: z.string().default('2024-10-21').describe('API version.'),
    endpoint: z.string().optional().describe('Endpoint URL.'),
    endpointFrom: ConfigMapKeySelector.optional().describe('Endpoint from a ConfigMap key.'),
  })
  .meta(
    cel(
      {
        rule: '!(has(self.endpoint) && size(self.endpoint) > 0 && has(self.endpointFrom))',
        message: 'foundry.endpoint and foundry.endpointFrom are mutually exclusive',
      },
      {
        rule: '(has(self.endpoint) && size(self.endpoint) > 0) || has(self.endpointFrom)',
        message: 'foundry.endpoint or foundry.endpointFrom is required',
      },
    ),
  );
export type FoundryConfig = z.infer<typeof FoundryConfig>;

export const ModelProvider = z.enum([
  'Anthropic',
  'OpenAI',
  'AzureOpenAI',
  'Ollama',
  'Gemini',
  'GeminiVertexAI',
  'AnthropicVertexAI',
  'Bedrock',
  'SAPAICore',
  'Foundry',
]);
export type ModelProvider = z.infer<typeof ModelProvider>;

const blocks = {
  openAI: 'OpenAI',
  anthropic: 'Anthropic',
  azureOpenAI: 'AzureOpenAI',
  ollama: 'Ollama',
  gemini: 'Gemini',
  geminiVertexAI: 'GeminiVertexAI',
  anthropicVertexAI: 'AnthropicVertexAI',
  bedrock: 'Bedrock',
  sapAICore: 'SAPAICore',
  foundry: 'Foundry',
} as const;

/** CEL rules that tie provider blocks to their provider; `names` are block keys. */
export function providerRules(names: readonly string[]): { rule: string; message: string }[] {
  return Object.entries(blocks)
    .filter(([block]) => names.includes(block))
    .map(([block, provider]) => ({
      rule: `!(has(self.${block}) && self.provider != '${provider}')`,
      message: `provider.${block} must be nil if the provider is not ${provider}`,
    }));
}

const exchange = 'has(self.openAI) && has(self.openAI.tokenExchange)';
const passthrough = 'has(self.apiKeyPassthrough) && self.apiKeyPassthrough';

export const ModelConfigSpec = z
  .object({
    provider: ModelProvider.default('OpenAI').describe('Whose API is spoken.'),
    model: z.string().describe('Model identifier the provider knows.'),
    apiKeySecret: z.string().optional().describe('Secret with the API key, same namespace.'),
    apiKeySecretKey: z.string().optional().describe('Key inside that Secret.'),
    apiKeyPassthrough: z
      .boolean()
      .optional()
      .describe('Use the bearer token of the caller as API key.'),
    defaultHeaders: z
      .record(z.string(), z.string())
      .optional()
      .describe('Extra HTTP headers of model calls.'),
    tls: TLSConfig.optional().describe('TLS of model calls.'),
    openAI: OpenAIConfig.optional().describe('Options of OpenAI and compatible servers.'),
    anthropic: AnthropicConfig.optional().describe('Options of Anthropic.'),
    azureOpenAI: AzureOpenAIConfig.optional().describe('Options of Azure OpenAI.'),
    ollama: OllamaConfig.optional().describe('Options of Ollama.'),
    gemini: GeminiConfig.optional().describe('Options of Gemini.'),
    geminiVertexAI: GeminiVertexAIConfig.optional().describe('Options of Gemini on Vertex AI.'),
    anthropicVertexAI: AnthropicVertexAIConfig.optional().describe(
      'Options of Claude on Vertex AI.',
    ),
    bedrock: BedrockConfig.optional().describe('Options of AWS Bedrock.'),
    sapAICore: SAPAICoreConfig.optional().describe('Options of SAP AI Core.'),
    foundry: FoundryConfig.optional().describe('Options of Azure AI Foundry.'),
  })
  .meta(
    cel(
      ...providerRules(Object.keys(blocks)),
      {
        rule: '!(has(self.apiKeySecretKey) && !has(self.apiKeySecret))',
        message: 'apiKeySecret must be set if apiKeySecretKey is set',
      },
      {
        rule: "!(has(self.apiKeySecret) && !has(self.apiKeySecretKey) && self.provider != 'Bedrock' && self.provider != 'SAPAICore')",
        message: 'apiKeySecretKey must be set if apiKeySecret is set',
      },
      {
        rule: `!(${passthrough} && has(self.apiKeySecret) && size(self.apiKeySecret) > 0)`,
        message: 'apiKeyPassthrough and apiKeySecret are mutually exclusive',
      },
      {
        rule: `!(${passthrough} && (self.provider == 'Gemini' || self.provider == 'GeminiVertexAI' || self.provider == 'AnthropicVertexAI'))`,
        message:
          'apiKeyPassthrough must be false if the provider is Gemini, GeminiVertexAI or AnthropicVertexAI',
      },
      {
        rule: `!(${exchange} && (!has(self.apiKeySecret) || size(self.apiKeySecret) == 0))`,
        message: 'openAI.tokenExchange requires apiKeySecret',
      },
      {
        rule: `!(${exchange} && ${passthrough})`,
        message: 'openAI.tokenExchange and apiKeyPassthrough are mutually exclusive',
      },
      {
        rule: `!(${exchange} && self.openAI.tokenExchange.type == 'GDCHServiceAccount' && !has(self.openAI.tokenExchange.gdchServiceAccount))`,
        message: 'openAI.tokenExchange.gdchServiceAccount is required for type GDCHServiceAccount',
      },
    ),
  );
export type ModelConfigSpec = z.infer<typeof ModelConfigSpec>;

export const ModelConfigStatus = z.object({
  observedGeneration: ObservedGeneration,
  conditions: z.array(Condition).optional().describe('`Accepted`.'),
  secretHash: z
    .string()
    .optional()
    .describe('SHA-256 over everything secret the object refers to.'),
});
export type ModelConfigStatus = z.infer<typeof ModelConfigStatus>;

export const ModelConfig = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: ObjectMeta,
  spec: ModelConfigSpec.optional(),
  status: ModelConfigStatus.optional(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;
