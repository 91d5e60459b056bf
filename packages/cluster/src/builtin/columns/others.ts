/** Columns of configuration, storage, access, policy and cluster kinds. */
import type { PrinterColumn } from '../../api/kinds.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import { isUnset, items, number, part, strings, text } from '../strategies/rules.ts';
import { autoscalerForm } from '../stored-forms.ts';
import { AGE, column, count, field, NAME, NONE, quantity, since, UNSET, wide } from './cells.ts';

const size = (object: JsonObject, ...keys: string[]) =>
  keys.reduce((sum, key) => sum + Object.keys(part(object, key)).length, 0);

export const namespaceColumns: PrinterColumn[] = [field('Status', 'status', 'phase'), AGE];

export const configMapColumns: PrinterColumn[] = [
  quantity('Data', (object) => size(object, 'data', 'binaryData')),
  AGE,
];

export const secretColumns: PrinterColumn[] = [
  field('Type', '', 'type'),
  quantity('Data', (object) => size(object, 'data')),
  AGE,
];

const ROLE_PREFIX = 'node-role.kubernetes.io/';

export const nodeColumns: PrinterColumn[] = [
  column('Status', (object) => {
    const ready = items(part(object, 'status'), 'conditions').find(
      ([condition]) => condition.type === 'Ready',
    );
    const status =
      ready === undefined ? 'Unknown' : ready[0].status === 'True' ? 'Ready' : 'NotReady';
    return part(object, 'spec').unschedulable === true ? `${status},SchedulingDisabled` : status;
  }),
  column('Roles', (object) => {
    const labels = part(part(object, 'metadata'), 'labels');
    const roles = Object.keys(labels).flatMap((key) => {
      if (key.startsWith(ROLE_PREFIX)) return [key.slice(ROLE_PREFIX.length)];
      return key === 'kubernetes.io/role' ? [text(labels, key)] : [];
    });
    const named = [...new Set(roles.filter((role) => role !== ''))].sort();
    return named.length === 0 ? NONE : named.join(',');
  }),
  AGE,
  column('Version', (object) => nodeInfo(object, 'kubeletVersion', '')),
  wide('Internal-IP', (object) => nodeAddress(object, 'InternalIP')),
  wide('External-IP', (object) => nodeAddress(object, 'ExternalIP')),
  wide('OS-Image', (object) => nodeInfo(object, 'osImage')),
  wide('Kernel-Version', (object) => nodeInfo(object, 'kernelVersion')),
  wide('Container-Runtime', (object) => nodeInfo(object, 'containerRuntimeVersion')),
];

function nodeInfo(node: JsonObject, key: string, unknown = '<unknown>'): string {
  return text(part(part(node, 'status'), 'nodeInfo'), key) || unknown;
}

function nodeAddress(node: JsonObject, type: string): string {
  const found = items(part(node, 'status'), 'addresses').find(([address]) => address.type === type);
  return found === undefined ? NONE : text(found[0], 'address');
}

export const eventColumns: PrinterColumn[] = [
  column('Last Seen', (object, now) => since(lastSeen(object), now)),
  field('Type', '', 'type'),
  field('Reason', '', 'reason'),
  column('Object', (object) => {
    const about = part(object, isObject(object.regarding) ? 'regarding' : 'involvedObject');
    return `${text(about, 'kind').toLowerCase()}/${text(about, 'name')}`;
  }),
  wide('Subobject', (object) =>
    text(part(object, isObject(object.regarding) ? 'regarding' : 'involvedObject'), 'fieldPath'),
  ),
  wide('Source', (object) => {
    const source = part(object, isObject(object.deprecatedSource) ? 'deprecatedSource' : 'source');
    const component =
      text(source, 'component') ||
      text(object, 'reportingComponent') ||
      text(object, 'reportingController');
    const host = text(source, 'host') || text(object, 'reportingInstance');
    return host === '' ? component : `${component}, ${host}`;
  }),
  column('Message', (object) => (text(object, 'message') || text(object, 'note')).trim()),
  wide('First Seen', (object, now) => since(firstSeen(object), now)),
  { ...quantity('Count', eventCount), priority: 1 },
  { ...NAME, priority: 1 },
];

function firstSeen(event: JsonObject): unknown {
  return event.firstTimestamp ?? event.deprecatedFirstTimestamp ?? event.eventTime;
}

function lastSeen(event: JsonObject): unknown {
  const { lastObservedTime } = part(event, 'series');
  return (
    lastObservedTime ?? event.lastTimestamp ?? event.deprecatedLastTimestamp ?? firstSeen(event)
  );
}

function eventCount(event: JsonObject): number {
  const counted = number(event, 'count') ?? number(event, 'deprecatedCount');
  return number(part(event, 'series'), 'count') ?? (counted || 1);
}

const ACCESS_MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function accessModes(modes: string[]): string {
  return Object.keys(ACCESS_MODES)
    .filter((mode) => modes.includes(mode))
    .map((mode) => ACCESS_MODES[mode])
    .join(',');
}

function phase(object: JsonObject): string {
  const isDeleted = !isUnset(part(object, 'metadata').deletionTimestamp);
  return isDeleted ? 'Terminating' : text(part(object, 'status'), 'phase');
}

/** The annotation is older than the field and wins. */
function storageClass(object: JsonObject): string {
  const annotations = part(part(object, 'metadata'), 'annotations');
  const beta = annotations['volume.beta.kubernetes.io/storage-class'];
  return typeof beta === 'string' ? beta : text(part(object, 'spec'), 'storageClassName');
}

const volumeMode = wide(
  'VolumeMode',
  (object) => text(part(object, 'spec'), 'volumeMode') || UNSET,
);
const attributesClass = column(
  'VolumeAttributesClass',
  (object) => text(part(object, 'spec'), 'volumeAttributesClassName') || UNSET,
);

export const persistentVolumeClaimColumns: PrinterColumn[] = [
  column('Status', phase),
  field('Volume', 'spec', 'volumeName'),
  column('Capacity', (object) => text(part(part(object, 'status'), 'capacity'), 'storage')),
  column('Access Modes', (object) => accessModes(strings(part(object, 'status'), 'accessModes'))),
  column('StorageClass', storageClass),
  attributesClass,
  AGE,
  volumeMode,
];

export const persistentVolumeColumns: PrinterColumn[] = [
  column('Capacity', (object) => text(part(part(object, 'spec'), 'capacity'), 'storage')),
  column('Access Modes', (object) => accessModes(strings(part(object, 'spec'), 'accessModes'))),
  field('Reclaim Policy', 'spec', 'persistentVolumeReclaimPolicy'),
  column('Status', phase),
  column('Claim', (object) => {
    const claim = part(part(object, 'spec'), 'claimRef');
    return isUnset(claim.name) ? '' : `${text(claim, 'namespace')}/${text(claim, 'name')}`;
  }),
  column('StorageClass', storageClass),
  attributesClass,
  field('Reason', 'status', 'reason'),
  AGE,
  volumeMode,
];

const DEFAULT_CLASS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

export const storageClassColumns: PrinterColumn[] = [
  {
    ...NAME,
    cell: (object) => {
      const { name, annotations } = part(object, 'metadata');
      const isDefault =
        isObject(annotations) && DEFAULT_CLASS.some((key) => annotations[key] === 'true');
      return `${String(name)}${isDefault ? ' (default)' : ''}`;
    },
  },
  field('Provisioner', '', 'provisioner'),
  column('ReclaimPolicy', (object) => text(object, 'reclaimPolicy') || 'Delete'),
  column('VolumeBindingMode', (object) => text(object, 'volumeBindingMode') || 'Immediate'),
  {
    name: 'AllowVolumeExpansion',
    type: 'string',
    cell: (object) => object.allowVolumeExpansion === true,
  },
  AGE,
];

export const resourceQuotaColumns: PrinterColumn[] = [
  column('Request', (object) => quota(object, (name) => !name.startsWith('limits.'))),
  column('Limit', (object) => quota(object, (name) => name.startsWith('limits.'))),
  AGE,
];

function quota(object: JsonObject, isShown: (name: string) => boolean): string {
  const [hard, used] = [part(part(object, 'status'), 'hard'), part(part(object, 'status'), 'used')];
  return Object.keys(hard)
    .filter(isShown)
    .sort()
    .map((name) => `${name}: ${text(used, name) || '0'}/${text(hard, name)}`)
    .join(', ');
}

const roleOf = (object: JsonObject) =>
  `${text(part(object, 'roleRef'), 'kind')}/${text(part(object, 'roleRef'), 'name')}`;

const subjects = (kind: string) => (object: JsonObject) =>
  items(object, 'subjects')
    .filter(([subject]) => subject.kind === kind)
    .map(([subject]) => {
      const prefix = kind === 'ServiceAccount' ? `${text(subject, 'namespace')}/` : '';
      return prefix + text(subject, 'name');
    })
    .join(', ');

export const bindingColumns: PrinterColumn[] = [
  column('Role', roleOf),
  AGE,
  wide('Users', subjects('User')),
  wide('Groups', subjects('Group')),
  wide('ServiceAccounts', subjects('ServiceAccount')),
];

export const leaseColumns: PrinterColumn[] = [field('Holder', 'spec', 'holderIdentity'), AGE];

const amount = (value: unknown) => (isUnset(value) ? 'N/A' : String(value));

export const podDisruptionBudgetColumns: PrinterColumn[] = [
  column('Min Available', (object) => amount(part(object, 'spec').minAvailable)),
  column('Max Unavailable', (object) => amount(part(object, 'spec').maxUnavailable)),
  count(
    'Allowed Disruptions',
    (object) => number(part(object, 'status'), 'disruptionsAllowed') ?? 0,
  ),
  AGE,
];

export const priorityClassColumns: PrinterColumn[] = [
  count('Value', (object) => number(object, 'value') ?? 0),
  { name: 'Global-Default', type: 'boolean', cell: (object) => object.globalDefault === true },
  AGE,
  column('PreemptionPolicy', (object) => text(object, 'preemptionPolicy')),
];

export const webhookColumns: PrinterColumn[] = [
  count('Webhooks', (object) => items(object, 'webhooks').length),
  AGE,
];

export const autoscalerColumns: PrinterColumn[] = [
  column('Reference', (object) => {
    const target = part(part(object, 'spec'), 'scaleTargetRef');
    return `${text(target, 'kind')}/${text(target, 'name')}`;
  }),
  column('Targets', autoscalerTargets),
  column('MinPods', (object) => String(number(part(object, 'spec'), 'minReplicas') ?? UNSET)),
  quantity('MaxPods', (object) => number(part(object, 'spec'), 'maxReplicas') ?? 0),
  quantity('Replicas', (object) => number(part(object, 'status'), 'currentReplicas') ?? 0),
  AGE,
];

/** Both versions show the same. */
export const autoscalerV1Columns: PrinterColumn[] = autoscalerColumns.map(({ cell, ...shown }) => ({
  ...shown,
  cell: (object, now) => cell?.(autoscalerForm.toStored(object), now) ?? null,
}));

function autoscalerTargets(object: JsonObject): string {
  const metrics = items(part(object, 'spec'), 'metrics').map(([metric]) => metric);
  if (metrics.length === 0) return NONE;
  const current = items(part(object, 'status'), 'currentMetrics').map(([metric]) => metric);
  const shown = metrics.map((metric, index) => {
    const key = metricKey(text(metric, 'type'));
    const source = part(metric, key);
    const target = part(source, 'target');
    const now = part(part(current[index] ?? {}, key), 'current');
    const isUtilization = !isUnset(target.averageUtilization);
    const field = isUtilization
      ? 'averageUtilization'
      : isUnset(target.value)
        ? 'averageValue'
        : 'value';
    const unit = isUtilization ? '%' : '';
    const isResource = key === 'resource' || key === 'containerResource';
    const prefix = isResource ? `${text(source, 'name')}: ` : '';
    const isAverage = field === 'averageValue' && (key === 'external' || key === 'object');
    const value = isUnset(now[field]) ? '<unknown>' : `${String(now[field])}${unit}`;
    const wanted = isUnset(target[field]) ? '<auto>' : `${String(target[field])}${unit}`;
    return `${prefix}${value}/${wanted}${isAverage ? ' (avg)' : ''}`;
  });
  const more = shown.length > 2 ? ` + ${shown.length - 2} more...` : '';
  return shown.slice(0, 2).join(', ') + more;
}

function metricKey(type: string): string {
  return type.charAt(0).toLowerCase() + type.slice(1);
}
