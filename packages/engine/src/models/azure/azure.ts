/** Azure OpenAI: deployments of a resource, with an API key or an Entra token. */
import { ModelFailure } from '../failure.ts';
import { ignoredChoices, openAiOptions } from '../openai/openai.ts';
import {
  credentialHeaders,
  normalizeUrl,
  PLACEHOLDER_KEY,
  setFields,
  type Vendor,
  type VendorInput,
} from '../vendor.ts';

const DEFAULT_API_VERSION = '2024-02-15-preview';

/** Vendor for `type: azure_openai`; `model` is the deployment name. */
export function azure({ config, env }: VendorInput): Vendor {
  const resource = config.base_url || env['AZURE_OPENAI_ENDPOINT'];
  const endpoint = resource
    ? `${normalizeUrl(resource).replace(/\/openai(\/v1)?$/, '')}/openai`
    : '';
  const adToken = env['AZURE_OPENAI_API_KEY'] ? undefined : env['AZURE_AD_TOKEN'];
  return {
    endpoint,
    toolImages: false,
    toolErrors: false,
    ignoredFields: [...ignoredChoices(config), ...setFields(config, ['top_k'])],
    async load(fetch) {
      const { createAzure } = await import('@ai-sdk/azure');
      const apiVersion = env['OPENAI_API_VERSION'] || DEFAULT_API_VERSION;
      return createAzure({
        baseURL: endpoint,
        apiKey: PLACEHOLDER_KEY,
        apiVersion,
        useDeploymentBasedUrls: true,
        fetch,
      }).chat(config.model);
    },
    headers(callerToken) {
      if (endpoint === '') {
        throw new ModelFailure({
          code: 'model_bad_request',
          reason: 'there is no endpoint: AZURE_OPENAI_ENDPOINT is empty',
          advice: 'Set azureOpenAI.azureEndpoint of the ModelConfig.',
        });
      }
      const bearer = adToken ? { authorization: `Bearer ${adToken}` } : {};
      return {
        ...(config.api_key_passthrough ? {} : bearer),
        ...credentialHeaders({
          config,
          env,
          header: 'api-key',
          key: env['AZURE_OPENAI_API_KEY'],
          keyName: 'AZURE_OPENAI_API_KEY',
          required: adToken === undefined,
          callerToken,
        }),
      };
    },
    options: openAiOptions(config),
  };
}
