/** The building blocks of a description: aligned fields, maps, tables, conditions. */
import type { Condition } from '@kagent/kube';
import { age } from '../time.ts';
import { formatTable } from '../table.ts';

/** `Name:  value` lines; fields without a value are left out. */
export function fields(
  entries: readonly (readonly [string, string | number | boolean | undefined])[],
): string {
  const shown = entries.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length)) + 3;
  return shown.map(([name, value]) => `${`${name}:`.padEnd(width)}${value}`).join('\n');
}

/** `a=1, b=2`, or undefined when empty. */
export function pairs(
  map: Record<string, unknown> | undefined,
  separator = '=',
): string | undefined {
  const entries = Object.entries(map ?? {});
  return entries.length === 0
    ? undefined
    : entries.map(([key, value]) => `${key}${separator}${String(value)}`).join(', ');
}

export function indent(text: string, by = '  '): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : by + line))
    .join('\n');
}

/** A titled block, or nothing when it is empty. */
export function section(title: string, body: string): string {
  return body === '' ? '' : `${title}:\n${indent(body)}`;
}

export function conditionTable(conditions: readonly Condition[] | undefined, now: number): string {
  if (conditions === undefined || conditions.length === 0) return '';
  const rows = conditions.map(({ type, status, reason, message, lastTransitionTime }) => [
    type,
    status,
    reason ?? '',
    lastTransitionTime === undefined ? '' : age(lastTransitionTime, now),
    (message ?? '').replace(/\s*\n\s*/g, ' '),
  ]);
  return formatTable(['TYPE', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'], rows);
}
