/** CustomResourceDefinitions of the kagent kinds, generated from the zod schemas. */
import { z } from 'zod';
import { AgentSpec, AgentStatus } from './agent.ts';
import { LegacyAgentSpec, LegacyAgentStatus, LegacyModelConfigSpec } from './legacy.ts';
import { MCPServerSpec, MCPServerStatus } from './mcp-server.ts';
import { ModelConfigSpec, ModelConfigStatus } from './model-config.ts';
import { RemoteMCPServerSpec, RemoteMCPServerStatus } from './remote-mcp-server.ts';
import { GROUP } from './shared.ts';

/** A node of an OpenAPI v3 structural schema. */
export type CrdSchema = { [key: string]: unknown };

export interface PrinterColumn {
  name: string;
  type: 'string' | 'date' | 'integer';
  jsonPath: string;
}

export interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  schema: { openAPIV3Schema: CrdSchema };
  subresources: { status: Record<string, never> };
  additionalPrinterColumns: PrinterColumn[];
}

/** apiextensions.k8s.io/v1 CustomResourceDefinition, the part written here. */
export interface CrdManifest {
  apiVersion: 'apiextensions.k8s.io/v1';
  kind: 'CustomResourceDefinition';
  metadata: { name: string };
  spec: {
    group: string;
    names: {
      kind: string;
      listKind: string;
      plural: string;
      singular: string;
      shortNames?: string[];
      categories: string[];
    };
    scope: 'Namespaced';
    versions: CrdVersion[];
  };
}

interface VersionSource {
  name: string;
  storage: boolean;
  spec: z.ZodType;
  status: z.ZodType;
  columns: PrinterColumn[];
}

interface KindSource {
  kind: string;
  description: string;
  shortNames?: string[];
  versions: VersionSource[];
}

const column = (name: string, jsonPath: string): PrinterColumn => ({
  name,
  type: 'string',
  jsonPath,
});
const condition = (type: string) => column(type, `.status.conditions[?(@.type=='${type}')].status`);
const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
const MODEL_COLUMNS = [column('Provider', '.spec.provider'), column('Model', '.spec.model'), AGE];

const KINDS: KindSource[] = [
  {
    kind: 'Agent',
    description: 'An AI agent, described (Declarative) or brought as a container (BYO).',
    versions: [
      {
        name: 'v1alpha1',
        storage: false,
        spec: LegacyAgentSpec,
        status: LegacyAgentStatus,
        columns: [
          column('ModelConfig', '.spec.modelConfig'),
          condition('Ready'),
          condition('Accepted'),
          AGE,
        ],
      },
      {
        name: 'v1alpha2',
        storage: true,
        spec: AgentSpec,
        status: AgentStatus,
        columns: [column('Type', '.spec.type'), condition('Ready'), condition('Accepted'), AGE],
      },
    ],
  },
  {
    kind: 'ModelConfig',
    description: 'A model, its provider and how to reach it.',
    shortNames: ['mc'],
    versions: [
      {
        name: 'v1alpha1',
        storage: false,
        spec: LegacyModelConfigSpec,
        status: ModelConfigStatus,
        columns: MODEL_COLUMNS,
      },
      {
        name: 'v1alpha2',
        storage: true,
        spec: ModelConfigSpec,
        status: ModelConfigStatus,
        columns: MODEL_COLUMNS,
      },
    ],
  },
  {
    kind: 'RemoteMCPServer',
    description: 'An MCP server that runs somewhere else, reached by URL.',
    shortNames: ['rmcps'],
    versions: [
      {
        name: 'v1alpha2',
        storage: true,
        spec: RemoteMCPServerSpec,
        status: RemoteMCPServerStatus,
        columns: [
          column('Protocol', '.spec.protocol'),
          column('URL', '.spec.url'),
          condition('Accepted'),
          AGE,
        ],
      },
    ],
  },
  {
    kind: 'MCPServer',
    description: 'An MCP server that the controller runs as a Deployment.',
    versions: [
      {
        name: 'v1alpha1',
        storage: true,
        spec: MCPServerSpec,
        status: MCPServerStatus,
        columns: [condition('Ready'), AGE],
      },
    ],
  },
];

/** One complete manifest per kind, in a fixed order. The schemas are structural: no `$ref`, a type on every node. */
export function crdManifests(): CrdManifest[] {
  return KINDS.map((source) => {
    const singular = source.kind.toLowerCase();
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${singular}s.${GROUP}` },
      spec: {
        group: GROUP,
        names: {
          kind: source.kind,
          listKind: `${source.kind}List`,
          plural: `${singular}s`,
          singular,
          ...(source.shortNames ? { shortNames: source.shortNames } : {}),
          categories: ['kagent'],
        },
        scope: 'Namespaced',
        versions: source.versions.map((version) => versionManifest(source, version)),
      },
    };
  });
}

function versionManifest(source: KindSource, version: VersionSource): CrdVersion {
  return {
    name: version.name,
    served: true,
    storage: version.storage,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        description: source.description,
        properties: {
          apiVersion: { type: 'string', description: 'Versioned schema of this object.' },
          kind: { type: 'string', description: 'Kind of this object.' },
          metadata: { type: 'object' },
          spec: { description: 'What is wanted.', ...structuralSchema(version.spec) },
          status: { description: 'What was observed.', ...structuralSchema(version.status) },
        },
      },
    },
    subresources: { status: {} },
    additionalPrinterColumns: version.columns,
  };
}

/** The structural schema of one zod schema, with everything its `.meta()` adds. */
export function structuralSchema(schema: z.ZodType): CrdSchema {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'any',
  });
  return structural(json as CrdSchema);
}

const isNode = (value: unknown): value is CrdSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const KEYS = [
  'description',
  'type',
  'format',
  'default',
  'enum',
  'pattern',
  'minLength',
  'maxLength',
];
const LIST_KEYS = ['minItems', 'maxItems', 'required'];

/** Copies what a structural schema may hold, in a fixed order, and drops what JSON schema adds to it. */
function structural(node: CrdSchema): CrdSchema {
  if (node['x-kubernetes-int-or-string'] === true) return intOrString(node);
  const result: CrdSchema = {};
  for (const key of [...KEYS, ...LIST_KEYS]) if (node[key] !== undefined) result[key] = node[key];
  for (const key of ['minimum', 'maximum']) {
    const bound = node[key];
    if (typeof bound === 'number' && Number.isSafeInteger(bound) && Math.abs(bound) < 2 ** 52) {
      result[key] = bound;
    }
  }
  if (isNode(node['properties'])) {
    result['properties'] = Object.fromEntries(
      Object.entries(node['properties']).map(([name, child]) => [
        name,
        structural(child as CrdSchema),
      ]),
    );
  }
  if (isNode(node['items'])) result['items'] = structural(node['items']);
  const additional = node['additionalProperties'];
  if (isNode(additional) && Object.keys(additional).length > 0) {
    result['additionalProperties'] = structural(additional);
  }
  for (const [key, value] of Object.entries(node)) if (key.startsWith('x-')) result[key] = value;
  return result;
}

function intOrString(node: CrdSchema): CrdSchema {
  return {
    ...(node['description'] === undefined ? {} : { description: node['description'] }),
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    'x-kubernetes-int-or-string': true,
  };
}
