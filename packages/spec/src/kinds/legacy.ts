/**
 * The `v1alpha1` versions of Agent and ModelConfig: served so that older manifests are still accepted and read, never
 * stored. Conversion strategy is None: the other version sees only the fields both have in common.
 */
import { z } from 'zod';
import { providerRules } from './model-config.ts';
import { cel, Condition, ObservedGeneration, opaque } from './shared.ts';

const block = (what: string) => opaque(`Options of ${what}.`).optional();

export const LegacyAgentSpec = z.object({
  description: z.string().optional().describe('Shown to people.'),
  modelConfig: z.string().optional().describe('ModelConfig, `name` or `namespace/name`.'),
  systemMessage: z.string().min(1).optional().describe('System prompt.'),
  stream: z.boolean().optional().describe('Stream the replies of the model.'),
  tools: z.array(opaque('One tool.')).max(20).optional().describe('Tool servers and agents.'),
  memory: z.array(z.string()).optional().describe('Memories, `name` or `namespace/name`.'),
  a2aConfig: opaque('What the agent card advertises.').optional(),
  deployment: opaque('Workload settings.').optional(),
});

export const LegacyAgentStatus = z.object({
  observedGeneration: ObservedGeneration,
  conditions: z.array(Condition).optional().describe('Never written.'),
  configHash: z.string().optional().describe('Never written.').meta({ format: 'byte' }),
});

const legacyBlocks = [
  'openAI',
  'anthropic',
  'azureOpenAI',
  'ollama',
  'gemini',
  'geminiVertexAI',
  'anthropicVertexAI',
] as const;

export const LegacyModelConfigSpec = z
  .object({
    provider: z
      .enum([
        'Anthropic',
        'OpenAI',
        'AzureOpenAI',
        'Ollama',
        'Gemini',
        'GeminiVertexAI',
        'AnthropicVertexAI',
      ])
      .default('OpenAI')
      .describe('Whose API is spoken.'),
    model: z.string().describe('Model identifier the provider knows.'),
    apiKeySecretRef: z
      .string()
      .optional()
      .describe('Secret with the API key; `apiKeySecret` in v1alpha2.'),
    apiKeySecretKey: z.string().optional().describe('Key inside that Secret.'),
    defaultHeaders: z.record(z.string(), z.string()).optional().describe('Extra HTTP headers.'),
    modelInfo: opaque('Capabilities of the model.').optional(),
    openAI: block('OpenAI'),
    anthropic: block('Anthropic'),
    azureOpenAI: block('Azure OpenAI'),
    ollama: block('Ollama'),
    gemini: block('Gemini'),
    geminiVertexAI: block('Gemini on Vertex AI'),
    anthropicVertexAI: block('Claude on Vertex AI'),
  })
  .meta(cel(...providerRules(legacyBlocks)));
