/** Kinds that are stored as another kind: their second names and the way between the two. */
import type { StoredForm } from '../api/kinds.ts';
import { isObject, type JsonObject } from '../schema/json.ts';
import { toCoreEvent, toEventsV1 } from './events.ts';
import { items, part, text } from './strategies/rules.ts';

/** `events.k8s.io/v1` Events are `v1` Events with other field names. */
export const eventForm: StoredForm = {
  group: '',
  version: 'v1',
  plural: 'events',
  toStored: toCoreEvent,
  fromStored: toEventsV1,
};

/** `autoscaling/v1` autoscalers are those of `v2` that know the CPU only; the rest of a `v2` one is in annotations. */
export const autoscalerForm: StoredForm = {
  group: 'autoscaling',
  version: 'v2',
  plural: 'horizontalpodautoscalers',
  toStored: toAutoscalerV2,
  fromStored: toAutoscalerV1,
};

const PREFIX = 'autoscaling.alpha.kubernetes.io/';

/** Annotation, part of the object and field that the older version has no place for. */
const ANNOTATED = [
  ['metrics', 'spec', 'metrics'],
  ['behavior', 'spec', 'behavior'],
  ['conditions', 'status', 'conditions'],
  ['current-metrics', 'status', 'currentMetrics'],
] as const;

function toAutoscalerV1(object: JsonObject): JsonObject {
  const spec = { ...part(object, 'spec') };
  const status = { ...part(object, 'status') };
  const parts = { spec, status };
  const metadata = { ...part(object, 'metadata') };
  const annotations = { ...part(metadata, 'annotations') };
  const target = cpuPercent(items(spec, 'metrics'), 'target');
  const current = cpuPercent(items(status, 'currentMetrics'), 'current');
  spec.metrics = withoutCpu(spec, 'metrics');
  status.currentMetrics = withoutCpu(status, 'currentMetrics');
  for (const [name, place, field] of ANNOTATED) {
    const value = parts[place][field];
    const isEmpty = value === undefined || (Array.isArray(value) && value.length === 0);
    if (!isEmpty) annotations[PREFIX + name] = JSON.stringify(value);
    delete parts[place][field];
  }
  if (target !== undefined) spec.targetCPUUtilizationPercentage = target;
  if (current !== undefined) status.currentCPUUtilizationPercentage = current;
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations;
  const isReported = isObject(object.status);
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata,
    spec,
    ...(isReported && { status }),
  };
}

function toAutoscalerV2(object: JsonObject): JsonObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = part(object, 'spec');
  const { currentCPUUtilizationPercentage: current, ...status } = part(object, 'status');
  const parts: { spec: JsonObject; status: JsonObject } = { spec, status };
  const metadata = { ...part(object, 'metadata') };
  const annotations = { ...part(metadata, 'annotations') };
  for (const [name, place, field] of ANNOTATED) {
    const value = parseAnnotation(annotations[PREFIX + name]);
    if (value !== undefined) parts[place][field] = value;
    delete annotations[PREFIX + name];
  }
  if (typeof target === 'number') {
    const metric = { type: 'Utilization', averageUtilization: target };
    const others = listOf(parts.spec.metrics);
    parts.spec.metrics = [
      { type: 'Resource', resource: { name: 'cpu', target: metric } },
      ...others,
    ];
  }
  if (typeof current === 'number') {
    const metric = { averageUtilization: current };
    const others = listOf(parts.status.currentMetrics);
    parts.status.currentMetrics = [
      { type: 'Resource', resource: { name: 'cpu', current: metric } },
      ...others,
    ];
  }
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations;
  else delete metadata.annotations;
  const isReported = isObject(object.status);
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata,
    spec: parts.spec,
    ...(isReported && { status: parts.status }),
  };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isCpu(metric: JsonObject, key: 'target' | 'current'): boolean {
  const resource = part(metric, 'resource');
  return (
    metric.type === 'Resource' &&
    text(resource, 'name') === 'cpu' &&
    typeof part(resource, key).averageUtilization === 'number'
  );
}

function cpuPercent(metrics: [JsonObject, string][], key: 'target' | 'current'): unknown {
  const found = metrics.find(([metric]) => isCpu(metric, key));
  return found && part(part(found[0], 'resource'), key).averageUtilization;
}

function withoutCpu(object: JsonObject, field: 'metrics' | 'currentMetrics'): JsonObject[] {
  const key = field === 'metrics' ? 'target' : 'current';
  const metrics = items(object, field).map(([metric]) => metric);
  const first = metrics.findIndex((metric) => isCpu(metric, key));
  return metrics.filter((_metric, index) => index !== first);
}

/** Annotations are the user's: one that cannot be read is dropped, as apimachinery does. */
function parseAnnotation(value: unknown): unknown {
  if (typeof value !== 'string') return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
