/** Building blocks of printer columns. Texts are those `kubectl get` shows. */
import { humanAge } from '../../api/human-duration.ts';
import type { PrinterColumn } from '../../api/kinds.ts';
import type { JsonObject } from '../../schema/json.ts';
import { isUnset, items, part, strings, text } from '../strategies/rules.ts';

export const NONE = '<none>';
export const UNSET = '<unset>';

type Cell = NonNullable<PrinterColumn['cell']>;

export function column(name: string, cell: Cell): PrinterColumn {
  return { name, type: 'string', cell };
}

/** Only with `-o wide`. */
export function wide(name: string, cell: Cell): PrinterColumn {
  return { name, type: 'string', priority: 1, cell };
}

export function count(name: string, cell: (object: JsonObject) => number): PrinterColumn {
  return { name, type: 'integer', cell };
}

/** A number in a column that is declared as text. */
export function quantity(
  name: string,
  cell: (object: JsonObject) => number | string,
): PrinterColumn {
  return { name, type: 'string', cell };
}

/** A column that shows a text under `spec`, `status` or the root. */
export function field(name: string, where: 'spec' | 'status' | '', key: string): PrinterColumn {
  return column(name, (object) => text(where === '' ? object : part(object, where), key));
}

export const AGE: PrinterColumn = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was created.',
  cell: (object, now) => humanAge(part(object, 'metadata').creationTimestamp, now),
};

export const CREATED_AT: PrinterColumn = {
  name: 'Created At',
  type: 'date',
  cell: (object) => text(part(object, 'metadata'), 'creationTimestamp'),
};

export const NAME: PrinterColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: (object) => text(part(object, 'metadata'), 'name'),
};

/** `a=b,c=d`, sorted; `<none>` without labels. */
export function formatLabels(labels: JsonObject): string {
  const pairs = Object.keys(labels).map((key) => `${key}=${String(labels[key])}`);
  return pairs.length === 0 ? NONE : pairs.sort().join(',');
}

/** A LabelSelector in the notation of `kubectl -l`, by key. */
export function formatSelector(selector: JsonObject): string {
  const terms = [
    ...Object.entries(part(selector, 'matchLabels')).map(([key, value]) => ({
      key,
      term: `${key}=${String(value)}`,
    })),
    ...items(selector, 'matchExpressions').map(([expression]) => ({
      key: text(expression, 'key'),
      term: formatExpression(expression),
    })),
  ];
  const sorted = terms.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return sorted.length === 0 ? NONE : sorted.map(({ term }) => term).join(',');
}

function formatExpression(expression: JsonObject): string {
  const key = text(expression, 'key');
  const operator = text(expression, 'operator');
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  const values = strings(expression, 'values').toSorted().join(',');
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values})`;
}

/** The columns Containers, Images and Selector of workloads. */
export function templateColumns(selector: Cell): PrinterColumn[] {
  return [
    ...imageColumns((object) => part(part(object, 'spec'), 'template')),
    wide('Selector', selector),
  ];
}

export function imageColumns(template: (object: JsonObject) => JsonObject): PrinterColumn[] {
  const list = (object: JsonObject, key: string) =>
    items(part(template(object), 'spec'), 'containers')
      .map(([container]) => text(container, key))
      .join(',');
  return [
    wide('Containers', (object) => list(object, 'name')),
    wide('Images', (object) => list(object, 'image')),
  ];
}

/** `spec.selector` of a workload. */
export const workloadSelector: Cell = (object) =>
  formatSelector(part(part(object, 'spec'), 'selector'));

/** At most `limit` texts, the rest counted: `a,b + 2 more...` */
export function shorten(texts: string[], limit: number): string {
  if (texts.length <= limit) return texts.join(',');
  return `${texts.slice(0, limit).join(',')} + ${texts.length - limit} more...`;
}

/** `True`, `False`, or `<unset>` when there is no value. */
export function formatBoolean(value: unknown, unset = UNSET): string {
  if (value === true) return 'True';
  return value === false ? 'False' : unset;
}

/** Time since an instant, or `<unknown>`. */
export function since(instant: unknown, now: number): string {
  return isUnset(instant) ? '<unknown>' : humanAge(instant, now);
}
