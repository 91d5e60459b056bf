import { describe, expect, it } from 'vitest';
import { Agent } from './agent.ts';
import { crdManifests, type CrdSchema } from './crd.ts';
import { ModelConfig } from './model-config.ts';
import { AGENTS, MCP_SERVERS, MODEL_CONFIGS, REMOTE_MCP_SERVERS } from './resources.ts';

const manifests = crdManifests();

function schemaOf(kind: string, version: string): CrdSchema {
  const found = manifests
    .find(({ spec }) => spec.names.kind === kind)
    ?.spec.versions.find(({ name }) => name === version);
  if (found === undefined) throw new Error(`no ${kind} ${version}`);
  return found.schema.openAPIV3Schema;
}

/** The node at a path of property names; `[]` steps into list items, `{}` into map values. */
function at(schema: CrdSchema, path: string): CrdSchema {
  return path.split('.').reduce((node, step) => {
    if (step === '[]') return node['items'] as CrdSchema;
    if (step === '{}') return node['additionalProperties'] as CrdSchema;
    return (node['properties'] as Record<string, CrdSchema>)[step] ?? {};
  }, schema);
}

/** Every rule a structural schema can break, by path. */
function violations(node: CrdSchema, path: string): string[] {
  const found: string[] = [];
  const isOpen =
    node['x-kubernetes-int-or-string'] === true ||
    node['x-kubernetes-preserve-unknown-fields'] === true;
  if (typeof node['type'] !== 'string' && !isOpen) found.push(`${path}: no type`);
  for (const key of ['$ref', 'oneOf', 'allOf', 'not', 'propertyNames', '$schema', 'id']) {
    if (key in node) found.push(`${path}: ${key}`);
  }
  if (node['properties'] !== undefined && node['additionalProperties'] !== undefined) {
    found.push(`${path}: properties and additionalProperties`);
  }
  if (node['type'] === 'array' && node['items'] === undefined) found.push(`${path}: no items`);
  for (const [name, child] of Object.entries(
    (node['properties'] ?? {}) as Record<string, CrdSchema>,
  )) {
    found.push(...violations(child, `${path}.${name}`));
  }
  for (const key of ['items', 'additionalProperties']) {
    if (node[key] !== undefined)
      found.push(...violations(node[key] as CrdSchema, `${path}.${key}`));
  }
  return found;
}

describe('crdManifests', () => {
  it('defines the four kinds with one storage version each', () => {
    expect(
      manifests.map(({ metadata, spec }) => ({
        name: metadata.name,
        short: spec.names.shortNames,
        versions: spec.versions.map(({ name, served, storage }) => [name, served, storage]),
      })),
    ).toEqual([
      {
        name: 'agents.kagent.dev',
        short: undefined,
        versions: [
          ['v1alpha1', true, false],
          ['v1alpha2', true, true],
        ],
      },
      {
        name: 'modelconfigs.kagent.dev',
        short: ['mc'],
        versions: [
          ['v1alpha1', true, false],
          ['v1alpha2', true, true],
        ],
      },
      {
        name: 'remotemcpservers.kagent.dev',
        short: ['rmcps'],
        versions: [['v1alpha2', true, true]],
      },
      { name: 'mcpservers.kagent.dev', short: undefined, versions: [['v1alpha1', true, true]] },
    ]);
  });

  it('agrees with the resource types clients use', () => {
    for (const type of [AGENTS, MODEL_CONFIGS, REMOTE_MCP_SERVERS, MCP_SERVERS]) {
      const manifest = manifests.find(({ spec }) => spec.names.kind === type.kind);
      expect(manifest?.spec.names.plural).toBe(type.plural);
      expect(manifest?.spec.versions.find(({ storage }) => storage)?.name).toBe(type.version);
    }
  });

  it('has structural schemas and a status subresource everywhere', () => {
    for (const { metadata, spec } of manifests) {
      for (const version of spec.versions) {
        expect(
          violations(version.schema.openAPIV3Schema, `${metadata.name}/${version.name}`),
        ).toEqual([]);
        expect(version.subresources).toEqual({ status: {} });
      }
    }
  });

  it('prints the columns people know', () => {
    const columns = (index: number) =>
      manifests[index]?.spec.versions.at(-1)?.additionalPrinterColumns.map(({ name }) => name);
    expect(columns(0)).toEqual(['Type', 'Ready', 'Accepted', 'Age']);
    expect(columns(1)).toEqual(['Provider', 'Model', 'Age']);
    expect(columns(2)).toEqual(['Protocol', 'URL', 'Accepted', 'Age']);
    expect(columns(3)).toEqual(['Ready', 'Age']);
  });

  it.each([
    [
      'Agent',
      'spec.type',
      { type: 'string', default: 'Declarative', enum: ['Declarative', 'BYO'] },
    ],
    ['Agent', 'spec.declarative.tools', { type: 'array', maxItems: 20 }],
    ['Agent', 'spec.declarative.a2aConfig.skills', { minItems: 1 }],
    ['Agent', 'spec.byo.deployment.image', { minLength: 1 }],
    ['Agent', 'spec.declarative.deployment.replicas', { type: 'integer', format: 'int32' }],
    ['Agent', 'spec.declarative.deployment.env.[].valueFrom.secretKeyRef.name', { default: '' }],
    [
      'Agent',
      'spec.declarative.deployment.resources.limits.{}',
      { 'x-kubernetes-int-or-string': true },
    ],
    [
      'Agent',
      'spec.declarative.deployment.volumes.[]',
      { 'x-kubernetes-preserve-unknown-fields': true },
    ],
    ['Agent', 'status.conditions.[].lastTransitionTime', { format: 'date-time' }],
    ['ModelConfig', 'spec.openAI.maxTokens', { type: 'integer', minimum: 1 }],
    [
      'ModelConfig',
      'spec.bedrock.additionalModelRequestFields',
      { 'x-kubernetes-preserve-unknown-fields': true },
    ],
    ['RemoteMCPServer', 'spec.timeout', { default: '30s' }],
    ['RemoteMCPServer', 'spec.terminateOnClose', { type: 'boolean', default: true }],
  ])('%s %s carries its limits', (kind, path, expected) => {
    expect(at(schemaOf(kind, 'v1alpha2'), path)).toMatchObject(expected);
  });

  it('lets the server fill defaults: a field with one is not required', () => {
    expect(at(schemaOf('Agent', 'v1alpha2'), 'spec')['required']).toBeUndefined();
    expect(at(schemaOf('ModelConfig', 'v1alpha2'), 'spec')['required']).toEqual(['model']);
    expect(at(schemaOf('RemoteMCPServer', 'v1alpha2'), 'spec')['required']).toEqual([
      'description',
      'url',
    ]);
  });

  it('states the rules with their messages', () => {
    const messages = (kind: string, path: string) =>
      (
        at(schemaOf(kind, 'v1alpha2'), path)['x-kubernetes-validations'] as { message: string }[]
      ).map(({ message }) => message);
    expect(messages('Agent', 'spec')).toContain(
      'declarative must be specified if type is Declarative, or byo must be specified if type is BYO',
    );
    expect(messages('Agent', 'spec.declarative')).toEqual([
      'systemMessage and systemMessageFrom are mutually exclusive',
    ]);
    expect(messages('Agent', 'spec.declarative.tools.[]')).toHaveLength(5);
    expect(messages('ModelConfig', 'spec')).toContain(
      'provider.openAI must be nil if the provider is not OpenAI',
    );
    expect(messages('RemoteMCPServer', 'spec.headersFrom.[]')).toEqual([
      'Exactly one of value or valueFrom must be specified',
    ]);
  });

  it('describes every field', () => {
    const undescribed = (node: CrdSchema, path: string): string[] =>
      Object.entries((node['properties'] ?? {}) as Record<string, CrdSchema>).flatMap(
        ([name, child]) => [
          ...(typeof child['description'] === 'string' ? [] : [`${path}.${name}`]),
          ...undescribed(child, `${path}.${name}`),
          ...undescribed((child['items'] ?? {}) as CrdSchema, `${path}.${name}[]`),
        ],
      );
    for (const { spec } of manifests) {
      for (const { schema } of spec.versions) {
        expect(undescribed(at(schema.openAPIV3Schema, 'spec'), spec.names.kind)).toEqual([]);
      }
    }
  });
});

describe('kinds', () => {
  const meta = {
    apiVersion: 'kagent.dev/v1alpha2',
    metadata: { name: 'x', managedFields: [{ manager: 'kubectl' }] },
  };

  it('fill defaults and keep unknown metadata', () => {
    const agent = Agent.parse({
      ...meta,
      kind: 'Agent',
      spec: { declarative: { systemMessage: 'x' } },
    });
    expect(agent.spec?.type).toBe('Declarative');
    expect(agent.spec?.declarative?.runtime).toBe('go');
    expect(agent.metadata['managedFields']).toHaveLength(1);
    const model = ModelConfig.parse({
      ...meta,
      kind: 'ModelConfig',
      spec: { model: 'm', openAI: {} },
    });
    expect(model.spec).toEqual({
      model: 'm',
      provider: 'OpenAI',
      openAI: { apiFormat: 'chatCompletions' },
    });
  });

  it('refuse values outside of the limits', () => {
    expect(Agent.safeParse({ ...meta, kind: 'Agent', spec: { type: 'Other' } }).success).toBe(
      false,
    );
    const many = Array.from({ length: 21 }, () => ({ type: 'Agent', agent: { name: 'a' } }));
    expect(
      Agent.safeParse({ ...meta, kind: 'Agent', spec: { declarative: { tools: many } } }).success,
    ).toBe(false);
  });
});
