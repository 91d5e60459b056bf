/** Renders the reference of the kinds as Markdown: one table of fields and one of rules per version. */
import type { CrdManifest, CrdSchema, CrdVersion } from '@kagent/spec';

interface Row {
  path: string;
  node: CrdSchema;
  required: boolean;
}

const isNode = (value: unknown): value is CrdSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const code = (text: string) => `\`${text}\``;

/** The whole page. */
export function crdReference(manifests: CrdManifest[]): string {
  const parts = [
    '# Kinds',
    'Generated from the schemas of `@kagent/spec` by `npm run generate`; do not edit.',
    'All kinds are namespaced, belong to the category `kagent` and have a status subresource. `a.b[].c` is a field of list items.',
    ...manifests.flatMap(kindSection),
  ];
  return `${parts.join('\n\n')}\n`;
}

function kindSection({ spec }: CrdManifest): string[] {
  const short = spec.names.shortNames?.length
    ? `, short name ${spec.names.shortNames.map(code).join(', ')}`
    : '';
  return [
    `## ${spec.names.kind}`,
    `${description(spec.versions.at(-1)?.schema.openAPIV3Schema)} Plural \`${spec.names.plural}\`${short}.`,
    ...spec.versions.flatMap((version) =>
      versionSection(`${spec.names.kind} ${spec.group}/${version.name}`, version),
    ),
  ];
}

function versionSection(title: string, version: CrdVersion): string[] {
  const root = version.schema.openAPIV3Schema;
  const properties = isNode(root['properties']) ? root['properties'] : {};
  const spec = fields(properties['spec'], 'spec');
  const status = fields(properties['status'], 'status');
  const rules = [
    { path: 'spec', node: properties['spec'] as CrdSchema, required: false },
    ...spec,
  ].flatMap(ruleRows);
  const columns = version.additionalPrinterColumns.map(({ name }) => name).join(', ');
  return [
    `### ${title}${version.storage ? ' (storage)' : ''}`,
    `Columns: ${columns}.`,
    [
      '| Field | Type | Required | Default | Limits | Meaning |',
      '|---|---|---|---|---|---|',
      ...[...spec, ...status].map(fieldRow),
    ].join('\n'),
    ...(rules.length === 0
      ? []
      : [['| Where | Rule | Message |', '|---|---|---|', ...rules].join('\n')]),
  ];
}

/** All fields below a node, depth first; list items appear as `path[]`. */
function fields(node: unknown, path: string): Row[] {
  if (!isNode(node)) return [];
  if (isNode(node['items'])) return fields(node['items'], `${path}[]`);
  const required = Array.isArray(node['required']) ? node['required'] : [];
  const properties = isNode(node['properties']) ? node['properties'] : {};
  return Object.entries(properties).flatMap(([name, child]) => {
    const childPath = `${path}.${name}`;
    return [
      { path: childPath, node: child as CrdSchema, required: required.includes(name) },
      ...fields(child, childPath),
    ];
  });
}

function fieldRow({ path, node, required }: Row): string {
  const fallback = node['default'] === undefined ? '' : code(JSON.stringify(node['default']));
  const cells = [
    code(path),
    typeName(node),
    required ? 'yes' : '',
    fallback,
    limits(node),
    description(node),
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

function ruleRows({ path, node }: Row): string[] {
  const onItems = isNode(node['items'])
    ? ruleRows({ path: `${path}[]`, node: node['items'], required: false })
    : [];
  const rules = node['x-kubernetes-validations'];
  if (!Array.isArray(rules)) return onItems;
  return [
    ...rules.map(
      ({ rule, message }) => `| ${code(path)} | ${cell(code(rule))} | ${cell(message)} |`,
    ),
    ...onItems,
  ];
}

function typeName(node: CrdSchema): string {
  if (node['x-kubernetes-int-or-string'] === true) return 'integer or string';
  if (isNode(node['items'])) return `[]${typeName(node['items'])}`;
  if (isNode(node['additionalProperties']))
    return `map of ${typeName(node['additionalProperties'])}`;
  if (typeof node['type'] !== 'string') return 'any';
  return typeof node['format'] === 'string' ? `${node['type']} (${node['format']})` : node['type'];
}

function limits(node: CrdSchema): string {
  const found: string[] = [];
  if (Array.isArray(node['enum']))
    found.push(node['enum'].map((value) => code(String(value))).join(', '));
  for (const key of ['minLength', 'maxLength', 'minItems', 'maxItems', 'minimum', 'maximum']) {
    if (node[key] !== undefined) found.push(`${key} ${String(node[key])}`);
  }
  if (typeof node['pattern'] === 'string') found.push(`pattern ${code(node['pattern'])}`);
  return found.join('; ');
}

function description(node: CrdSchema | undefined): string {
  return typeof node?.['description'] === 'string' ? node['description'] : '';
}
