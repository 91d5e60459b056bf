/** Forms in which large or changing answers are recorded: tables without ages, schemas as digests. */
import { createHash } from 'node:crypto';
import type { Step } from './case.ts';

type Json = Record<string, unknown>;

/** The answer's body in the form the step wants. */
export function shaped(body: unknown, { shape }: Step): unknown {
  if (shape === undefined || !isObject(body)) return body;
  return shape === 'table' ? tableShape(body) : schemaShape(body);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Durations change with the clock; descriptions of columns are prose. */
const DURATION = /^(?:<invalid>|(?:\d+[smhdy]){1,2})(?= ago\)$|$)/;
const RESTARTED = /^(\d+) \((?:\d+[smhdy]){1,2} ago\)$/;

function tableShape({ columnDefinitions, rows, ...table }: Json): Json {
  const columns = (columnDefinitions as Json[] | undefined)?.map((column) => {
    const { description: _prose, ...rest } = column;
    return rest;
  });
  const shown = (rows as Json[] | null)?.map((row) => ({
    ...row,
    cells: (row['cells'] as unknown[]).map((cell) =>
      typeof cell === 'string'
        ? cell.replace(DURATION, '<age>').replace(RESTARTED, '$1 (<age> ago)')
        : cell,
    ),
  }));
  return { ...table, columnDefinitions: columns, rows: shown ?? null };
}

/** `core/v1/PodSpec`: what an OpenAPI document has under a name, without prose, as a digest. */
function schemaShape({ components }: Json): Json {
  const schemas = isObject(components) ? components['schemas'] : undefined;
  const entries = Object.entries(isObject(schemas) ? schemas : {}).map(([name, schema]) => [
    name.split('.').slice(-3).join('/'),
    digest(schema),
  ]);
  return Object.fromEntries(entries.toSorted());
}

function digest(schema: unknown): string {
  const text = JSON.stringify(withoutProse(schema));
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}

/** Keys in order, and without descriptions: a field of that name has an object there. */
function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProse);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => key !== 'description' || typeof item !== 'string')
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, withoutProse(item)]),
  );
}
