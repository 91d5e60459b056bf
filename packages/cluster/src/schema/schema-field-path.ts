/** Paths to fields of a schema, as rules and selectable fields name them (apiextensions `cel.ValidFieldPath`). */
import type { Schema } from './schema.ts';

export type FoundField = { steps: string[]; schema: Schema } | { problem: string };

/** `.a.b['c.d']`: fields that the schema declares, and keys of maps. Says in Go's words why a path leads nowhere. */
export function findFieldPath(
  root: Schema,
  path: string,
  { allowsBrackets }: { allowsBrackets: boolean },
): FoundField {
  const tokens = path.match(/'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]]+/gs) ?? [];
  const steps: string[] = [];
  let schema: Schema = root;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    let name = tokens[++i];
    if (token !== '.' && token !== '[')
      return { problem: `expected [ or . but got: ${String(token)}` };
    if (token === '[' && !allowsBrackets) return { problem: 'array notation is not allowed' };
    if (name === undefined) return { problem: 'unexpected end of JSON path' };
    if (token === '[') {
      if (name.length < 2 || !name.startsWith("'") || !name.endsWith("'"))
        return { problem: `expected single quoted string but got ${name}` };
      name = name.slice(1, -1).replace(/\\(.)/gs, '$1');
    }
    const next = below(schema, name);
    if (next === undefined) return { problem: 'does not refer to a valid field' };
    steps.push(name);
    schema = next;
    if (token === '.') continue;
    const end = tokens[++i];
    if (end === undefined) return { problem: 'unexpected end of JSON path' };
    if (end !== ']') return { problem: `expected ] but got ${end}` };
  }
  return { steps, schema };
}

function below({ properties, additionalProperties }: Schema, name: string): Schema | undefined {
  if (properties !== undefined)
    return Object.hasOwn(properties, name) ? properties[name] : undefined;
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}
