/**
 * Whether a configuration can be applied: every value has the type of its place, every field has a place, and the items of
 * lists can be told apart (structured-merge-diff `validate`).
 */
import { goText, goTypeName } from '../patch/go-text.ts';
import { isObject, type JsonObject } from '../schema/json.ts';
import { listKeyValues } from '../schema/list-keys.ts';
import type { SchemaNode } from '../schema/node.ts';
import { fieldElement, readableElement } from './fields.ts';
import { itemElement } from './typed.ts';

interface Problem {
  path: string;
  text: string;
}

/** What is wrong, in one text; undefined when nothing is. Of several unknown fields of one object the first is named. */
export function configurationProblem(
  configuration: JsonObject,
  root: SchemaNode,
): string | undefined {
  const problems: Problem[] = [];
  visit(configuration, root, { path: '', problems });
  const texts = problems.map(({ path, text }) => (path === '' ? text : `${path}: ${text}`));
  if (texts.length <= 1) return texts[0];
  return ['errors:', ...texts.map((text) => `  ${text}`)].join('\n');
}

interface Walk {
  path: string;
  problems: Problem[];
}

function visit(value: unknown, node: SchemaNode | undefined, walk: Walk): void {
  if (node === undefined || value === null) return;
  const { path, problems } = walk;
  const text = scalarProblem(value, node);
  if (text !== undefined) problems.push({ path, text });
  else if (isObject(value)) visitFields(value, node, walk);
  else if (Array.isArray(value)) visitItems(value, node, walk);
}

/** What is wrong with the value itself. Text may be anything where its format says that it stands for something else. */
function scalarProblem(value: unknown, node: SchemaNode): string | undefined {
  const expected = (what: string) => `expected ${what}, got &{${goText(value)}}`;
  switch (node.schema.type) {
    case 'object':
      return isObject(value) ? undefined : expected('map');
    case 'array':
      return Array.isArray(value) ? undefined : expected('list');
    case 'boolean':
      return typeof value === 'boolean' ? undefined : expected('boolean');
    case 'integer':
    case 'number':
      if (typeof value === 'number') return undefined;
      return `expected numeric (int or float), got ${goTypeName(value)}`;
    case 'string':
      if (typeof value === 'string') return undefined;
      if (node.isIntOrString || UNTYPED_FORMATS.has(node.schema.format ?? ''))
        return typeof value === 'object' ? expected('any scalar') : undefined;
      return `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
    default:
      if (!node.isIntOrString || typeof value !== 'object') return undefined;
      return expected('any scalar');
  }
}

const UNTYPED_FORMATS = new Set(['date-time', 'int-or-string']);

function visitFields(object: JsonObject, node: SchemaNode, { path, problems }: Walk): void {
  let hasUnknown = false;
  for (const key of Object.keys(object)) {
    const place = path + readableElement(fieldElement(key));
    const child = node.child(key);
    if (child !== undefined) visit(object[key], child, { path: place, problems });
    else if (!node.preservesUnknown && node.schema.type === 'object' && !hasUnknown) {
      hasUnknown = true;
      problems.push({ path: place, text: 'field not declared in schema' });
    }
  }
}

function visitItems(list: unknown[], node: SchemaNode, { path, problems }: Walk): void {
  const seen = new Set<string>();
  const isAtomic = node.listType === 'atomic';
  for (const [i, item] of list.entries()) {
    const problem = isAtomic ? undefined : identityProblem(item, node);
    if (problem !== undefined) {
      problems.push({ path, text: `element ${i}: ${problem}` });
      return;
    }
    const element = isAtomic ? `i:${i}` : itemElement(node, item);
    const shown = readableElement(element);
    if (seen.has(element)) problems.push({ path, text: `duplicate entries for key ${shown}` });
    seen.add(element);
    visit(item, node.items, { path: path + shown, problems });
  }
}

/** What keeps an item from being told from the others. */
function identityProblem(item: unknown, list: SchemaNode): string | undefined {
  if (list.listType === 'set') {
    const reason = "associative list without keys has an element that's";
    if (item === null) return `${reason} an explicit null`;
    if (isObject(item)) return `${reason} a map type`;
    return Array.isArray(item)
      ? 'not supported: associative list with lists as elements'
      : undefined;
  }
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isObject(item)) return 'associative list with keys may not have non-map elements';
  if (Object.keys(listKeyValues(list, item)).length > 0) return undefined;
  const keys = list.listKeys.map((key) => JSON.stringify(key)).join(' ');
  return `associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`;
}

/** A value as Go source. */
function goSyntax(value: unknown): string {
  if (value === null) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (!isObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`);
  return `map[string]interface {}{${fields.join(', ')}}`;
}
