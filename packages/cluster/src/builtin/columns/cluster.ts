/** Columns of kinds that describe the cluster itself: storage drivers, certificates, API services, flow control and more. */
import { humanDuration } from '../../api/human-duration.ts';
import type { PrinterColumn } from '../../api/kinds.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import { items, number, part, strings, text } from '../strategies/rules.ts';
import { AGE, column, count, field, NONE, quantity, UNSET } from './cells.ts';

const spec = (object: JsonObject) => part(object, 'spec');
const flag = (name: string, key: string): PrinterColumn => ({
  name,
  type: 'boolean',
  cell: (object) => spec(object)[key] === true,
});

export const csiDriverColumns: PrinterColumn[] = [
  {
    name: 'AttachRequired',
    type: 'boolean',
    cell: (driver) => spec(driver).attachRequired !== false,
  },
  flag('PodInfoOnMount', 'podInfoOnMount'),
  flag('StorageCapacity', 'storageCapacity'),
  column('TokenRequests', (driver) => {
    const audiences = items(spec(driver), 'tokenRequests').map(([request]) =>
      text(request, 'audience'),
    );
    return audiences.length === 0 ? UNSET : audiences.join(',');
  }),
  flag('RequiresRepublish', 'requiresRepublish'),
  column('Modes', (driver) => strings(spec(driver), 'volumeLifecycleModes').join(',') || NONE),
  AGE,
];

export const csiNodeColumns: PrinterColumn[] = [
  count('Drivers', (node) => items(spec(node), 'drivers').length),
  AGE,
];

export const volumeAttachmentColumns: PrinterColumn[] = [
  { ...field('Attacher', 'spec', 'attacher'), format: 'name' },
  column('PV', (object) => text(part(spec(object), 'source'), 'persistentVolumeName')),
  field('Node', 'spec', 'nodeName'),
  {
    name: 'Attached',
    type: 'boolean',
    cell: (object) => part(object, 'status').attached === true,
  },
  AGE,
];

export const volumeAttributesClassColumns: PrinterColumn[] = [
  field('DriverName', '', 'driverName'),
  AGE,
];

export const runtimeClassColumns: PrinterColumn[] = [field('Handler', '', 'handler'), AGE];

export const certificateRequestColumns: PrinterColumn[] = [
  AGE,
  column('SignerName', (object) => text(spec(object), 'signerName') || NONE),
  field('Requestor', 'spec', 'username'),
  column('RequestedDuration', (object) => {
    const seconds = number(spec(object), 'expirationSeconds');
    return seconds === undefined ? NONE : humanDuration(seconds * 1000);
  }),
  column('Condition', certificateRequestState),
];

function certificateRequestState(object: JsonObject): string {
  const status = part(object, 'status');
  const has = (type: string) =>
    items(status, 'conditions').some(([condition]) => condition.type === type);
  const state = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  const failed = has('Failed') ? ',Failed' : '';
  return `${state}${failed}${text(status, 'certificate') === '' ? '' : ',Issued'}`;
}

export const apiServiceColumns: PrinterColumn[] = [
  column('Service', (object) => {
    const { service } = spec(object);
    return isObject(service) ? `${text(service, 'namespace')}/${text(service, 'name')}` : 'Local';
  }),
  column('Available', (object) => {
    const found = items(part(object, 'status'), 'conditions').find(
      ([condition]) => condition.type === 'Available',
    );
    if (found === undefined) return 'Unknown';
    const [{ status, reason }] = found;
    return status === 'True' ? 'True' : `${String(status)} (${String(reason)})`;
  }),
  AGE,
];

export const flowSchemaColumns: PrinterColumn[] = [
  column('PriorityLevel', (object) =>
    text(part(spec(object), 'priorityLevelConfiguration'), 'name'),
  ),
  quantity('MatchingPrecedence', (object) => number(spec(object), 'matchingPrecedence') ?? 0),
  column(
    'DistinguisherMethod',
    (object) => text(part(spec(object), 'distinguisherMethod'), 'type') || NONE,
  ),
  AGE,
  column('MissingPL', (object) => {
    const found = items(part(object, 'status'), 'conditions').find(
      ([condition]) => condition.type === 'Dangling',
    );
    return found === undefined ? '?' : text(found[0], 'status');
  }),
];

export const priorityLevelColumns: PrinterColumn[] = [
  field('Type', 'spec', 'type'),
  quantity('NominalConcurrencyShares', (object) => {
    const limited = part(spec(object), 'limited');
    return number(limited, 'nominalConcurrencyShares') ?? NONE;
  }),
  ...(['queues', 'handSize', 'queueLengthLimit'] as const).map((key) =>
    quantity(key.charAt(0).toUpperCase() + key.slice(1), (object) => {
      const queuing = part(part(part(spec(object), 'limited'), 'limitResponse'), 'queuing');
      return number(queuing, key) ?? NONE;
    }),
  ),
  AGE,
];

export const ipAddressColumns: PrinterColumn[] = [
  column('ParentRef', (object) => {
    const parent = part(spec(object), 'parentRef');
    const parts = [text(parent, 'group'), text(parent, 'resource'), text(parent, 'namespace')];
    return [...parts.filter((name) => name !== ''), text(parent, 'name')].join('/');
  }),
];

export const serviceCidrColumns: PrinterColumn[] = [
  column('CIDRs', (object) => strings(spec(object), 'cidrs').join(',')),
  AGE,
];
