import { describe, expect, it } from 'vitest';
import { findModels, secretOf } from './providers.ts';

const none = { provider: undefined, model: undefined };
const noOllama: typeof fetch = () => Promise.reject(new Error('refused'));
const ollama: typeof fetch = (input) =>
  Promise.resolve(
    String(input) === 'http://127.0.0.1:11434/api/tags'
      ? Response.json({ models: [{ name: 'llama3.2:latest' }] })
      : new Response(null, { status: 404 }),
  );
const AZURE = { AZURE_OPENAI_API_KEY: 'z', AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com' };

describe('model providers', () => {
  it.each([
    ['nothing', {}, none, noOllama, []],
    ['an OpenAI key', { OPENAI_API_KEY: 'k' }, none, noOllama, ['OpenAI gpt-4.1-mini']],
    [
      'several keys, in order',
      { GOOGLE_API_KEY: 'g', ANTHROPIC_API_KEY: 'a' },
      none,
      noOllama,
      ['Anthropic claude-sonnet-4-5', 'Gemini gemini-2.5-flash'],
    ],
    ['Azure without endpoint', { AZURE_OPENAI_API_KEY: 'z' }, none, noOllama, []],
    ['Azure with endpoint', AZURE, none, noOllama, ['AzureOpenAI gpt-4.1-mini']],
    ['an Ollama', {}, none, ollama, ['Ollama llama3.2:latest']],
    [
      'the demo, asked for by name',
      { OPENAI_API_KEY: 'k' },
      { ...none, provider: 'demo' },
      noOllama,
      [],
    ],
    [
      'a provider asked for',
      { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'a' },
      { provider: 'anthropic', model: 'm' },
      noOllama,
      ['Anthropic m', 'OpenAI gpt-4.1-mini'],
    ],
    [
      'a model asked for',
      { OPENAI_API_KEY: 'k' },
      { ...none, model: 'gpt-5' },
      noOllama,
      ['OpenAI gpt-5'],
    ],
  ])('finds %s', async (_case, env, choice, fetch, expected) => {
    const models = await findModels(env, choice, fetch);
    expect(models.map(({ spec }) => `${spec.provider} ${spec.model}`)).toEqual(expected);
  });

  it.each([
    ['Anthropic', 'ANTHROPIC_API_KEY'],
    ['AzureOpenAI', 'AZURE_OPENAI_ENDPOINT'],
    ['Ollama', 'no Ollama'],
    ['Claude', 'use one of'],
  ])('says what is missing for --provider %s', async (provider, expected) => {
    await expect(findModels({}, { ...none, provider }, noOllama)).rejects.toThrow(expected);
  });

  it('keeps the key in the Secret and nowhere else', async () => {
    const [model] = await findModels({ OPENAI_API_KEY: 'sk-planted' }, none, noOllama);
    if (!model) throw new Error('no model');
    expect(JSON.stringify([model.spec, model.label])).not.toContain('sk-planted');
    expect(secretOf(model, 'kagent')?.data).toEqual({
      OPENAI_API_KEY: Buffer.from('sk-planted').toString('base64'),
    });
    expect(model.spec).toMatchObject({ apiKeySecret: 'openai', apiKeySecretKey: 'OPENAI_API_KEY' });
  });
});
