/** Columns of NodeMetrics and PodMetrics, as metrics-server prints them. */
import type { PrinterColumn } from '../../api/kinds.ts';
import type { JsonObject } from '../../schema/json.ts';
import { items, part, text } from '../strategies/rules.ts';
import { column, field } from './cells.ts';

/** What the object as a whole uses; the parts are whole numbers with the same suffix. */
function total(object: JsonObject, resource: string, suffix: string): string {
  const containers = items(object, 'containers').map(([container]) => container);
  const parts = 'usage' in object ? [object] : containers;
  const sum = parts.reduce((known, item) => {
    return known + Number.parseInt(text(part(item, 'usage'), resource), 10);
  }, 0);
  return `${sum}${suffix}`;
}

export const metricsColumns: PrinterColumn[] = [
  column('cpu', (object) => total(object, 'cpu', 'n')),
  column('memory', (object) => total(object, 'memory', 'Ki')),
  field('Window', '', 'window'),
];
