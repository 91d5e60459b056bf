/** Columns of admission policies and their bindings, as kubectl shows them. */
import { isObject, type JsonObject } from '../../schema/json.ts';
import type { PrinterColumn } from '../../api/kinds.ts';
import { AGE } from './cells.ts';

type Cell = NonNullable<PrinterColumn['cell']>;

const at = (object: unknown, ...path: string[]): unknown =>
  path.reduce((value: unknown, key) => (isObject(value) ? value[key] : undefined), object);

const column = (name: string, type: string, cell: Cell): PrinterColumn => ({ name, type, cell });
const count = (...path: string[]): Cell => {
  return (object) => {
    const list = at(object, ...path);
    return Array.isArray(list) ? list.length : 0;
  };
};
const text = (value: unknown): string =>
  typeof value === 'string' && value !== '' ? value : '<unset>';

export const admissionPolicyColumns: PrinterColumn[] = [
  column('Validations', 'integer', count('spec', 'validations')),
  column('ParamKind', 'string', (object) => {
    const kind = at(object, 'spec', 'paramKind');
    return isObject(kind) ? `${String(kind['apiVersion'])}/${String(kind['kind'])}` : '<unset>';
  }),
  AGE,
];

/** A LabelSelector as Go prints its fields. */
function goSelector(selector: JsonObject): string {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const labels = Object.entries(matchLabels as JsonObject)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${String(value)},`);
  const expressions = (matchExpressions as JsonObject[]).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${String(key)},Operator:${String(operator)},Values:[${(values as string[]).join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}

export const admissionPolicyBindingColumns: PrinterColumn[] = [
  column('PolicyName', 'string', (object) => text(at(object, 'spec', 'policyName'))),
  column('ParamRef', 'string', (object) => {
    const ref = at(object, 'spec', 'paramRef');
    if (!isObject(ref)) return '<unset>';
    const { namespace, name, selector } = ref;
    if (typeof name === 'string' && name !== '')
      return `${typeof namespace === 'string' ? namespace : '*'}/${name}`;
    return isObject(selector) ? goSelector(selector) : '<unset>';
  }),
  AGE,
];
