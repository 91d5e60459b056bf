/** ComponentStatuses: the parts of a control plane, which are all this process here and well when it answers. */
import type { PrinterColumn } from '../api/kinds.ts';
import type { ApiObject } from '../api/object.ts';
import type { JsonObject } from '../schema/json.ts';
import { column } from './columns/cells.ts';
import { items, text } from './strategies/rules.ts';

const COMPONENTS = ['controller-manager', 'etcd-0', 'scheduler'];

export function componentStatuses(): ApiObject[] {
  return COMPONENTS.map((name) => ({
    apiVersion: 'v1',
    kind: 'ComponentStatus',
    metadata: { name },
    conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }],
  }));
}

const healthy = (object: JsonObject): JsonObject =>
  items(object, 'conditions').find(([condition]) => condition.type === 'Healthy')?.[0] ?? {};

export const componentStatusColumns: PrinterColumn[] = [
  column('Status', (object) => (healthy(object).status === 'True' ? 'Healthy' : 'Unhealthy')),
  column('Message', (object) => text(healthy(object), 'message')),
  column('Error', (object) => text(healthy(object), 'error')),
];
