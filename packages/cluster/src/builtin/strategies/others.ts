/** Kinds with little behaviour of their own: pods, storage, policy, autoscaling, admission, events and more. */
import { forbidden, invalid, notSupported, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { quantityNanos } from '../quantity.ts';
import { createPod, defaultPod } from './pod-defaults.ts';
import { podSpecErrors, podUpdateErrors } from './pod-validation.ts';
import {
  amountOrPercentErrors,
  ensureObject,
  isUnset,
  items,
  labelSelectorErrors,
  number,
  part,
  requiredFields,
  setDefault,
  strings,
  text,
  type Rules,
} from './rules.ts';

export const pod: Rules = {
  create: createPod,
  defaults: defaultPod,
  validate(object, old) {
    const errors = podSpecErrors(part(object, 'spec'), 'spec');
    return old === undefined ? errors : [...errors, ...podUpdateErrors(object, old)];
  },
  fields: (object) => ({
    'spec.hostNetwork': String(part(object, 'spec').hostNetwork === true),
  }),
};

export const persistentVolumeClaim: Rules = {
  create(object) {
    object.status = { phase: 'Pending' };
  },
  validate(object, old) {
    const spec = part(object, 'spec');
    const errors: FieldError[] = [];
    if (strings(spec, 'accessModes').length === 0) {
      errors.push(required('spec.accessModes', 'at least 1 access mode is required'));
    }
    if (isUnset(part(part(spec, 'resources'), 'requests').storage)) {
      errors.push(required('spec.resources[storage]'));
    }
    errors.push(...shrinkErrors(object, old));
    if (old !== undefined && !jsonEqual(fixedClaim(spec), fixedClaim(part(old, 'spec')))) {
      const why =
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
      errors.push(forbidden('spec', why));
    }
    return errors;
  },
};

/** A bound volume may grow and never shrink. */
function shrinkErrors(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  const wanted = quantityNanos(part(part(part(object, 'spec'), 'resources'), 'requests').storage);
  if (wanted !== undefined && wanted <= 0n) {
    return [
      invalid(
        'spec.resources[storage]',
        String(wanted / 1_000_000_000n),
        'must be greater than zero',
      ),
    ];
  }
  if (old === undefined || wanted === undefined) return [];
  const given = quantityNanos(part(part(old, 'status'), 'capacity').storage);
  if (given === undefined || wanted >= given) return [];
  const field = 'spec.resources.requests.storage';
  return [forbidden(field, 'field can not be less than status.capacity')];
}

/** Binding sets `volumeName` once, and the class may be filled in. */
function fixedClaim(spec: JsonObject): JsonObject {
  const {
    resources: _resources,
    volumeAttributesClassName: _attributes,
    volumeName: _volume,
    storageClassName: _class,
    ...rest
  } = spec;
  return rest;
}

export const persistentVolume: Rules = {
  create(object) {
    object.status = { phase: 'Pending' };
  },
  validate(object) {
    const spec = part(object, 'spec');
    const errors: FieldError[] = [];
    if (strings(spec, 'accessModes').length === 0) errors.push(required('spec.accessModes'));
    if (Object.keys(part(spec, 'capacity')).length === 0) errors.push(required('spec.capacity'));
    return errors;
  },
};

export const node: Rules = {
  fields: (object) => ({
    'spec.unschedulable': String(part(object, 'spec').unschedulable === true),
  }),
};

/** A default limit is the maximum; a default request is the default limit, or else the minimum. */
export const limitRange: Rules = {
  defaults(object) {
    for (const [item] of items(part(object, 'spec'), 'limits')) {
      if (item.type !== 'Container') continue;
      const limits = ensureObject(item, 'default');
      const requests = ensureObject(item, 'defaultRequest');
      fillFrom(limits, part(item, 'max'));
      fillFrom(requests, limits);
      fillFrom(requests, part(item, 'min'));
      if (Object.keys(limits).length === 0) delete item.default;
      if (Object.keys(requests).length === 0) delete item.defaultRequest;
    }
  },
};

function fillFrom(target: JsonObject, source: JsonObject): void {
  for (const key of Object.keys(source)) setDefault(target, key, source[key]);
}

export const podDisruptionBudget: Rules = {
  validate(object) {
    const spec = part(object, 'spec');
    if (!isUnset(spec.minAvailable) && !isUnset(spec.maxUnavailable)) {
      return [invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')];
    }
    return [
      ...['minAvailable', 'maxUnavailable'].flatMap((key) =>
        amountOrPercentErrors(spec[key], `spec.${key}`),
      ),
      ...labelSelectorErrors(part(spec, 'selector'), 'spec.selector'),
    ];
  },
};

const SCALE_UP = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const SCALE_DOWN = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

export const horizontalPodAutoscaler: Rules = {
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    if (items(spec, 'metrics').length === 0) {
      const target = { type: 'Utilization', averageUtilization: 80 };
      spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
    }
    const { behavior } = spec;
    if (!isObject(behavior)) return;
    fillFrom(ensureObject(behavior, 'scaleUp'), structuredClone(SCALE_UP));
    fillFrom(ensureObject(behavior, 'scaleDown'), structuredClone(SCALE_DOWN));
  },
  validate(object) {
    const spec = part(object, 'spec');
    const [minimum, maximum] = [number(spec, 'minReplicas') ?? 1, number(spec, 'maxReplicas') ?? 0];
    const target = part(spec, 'scaleTargetRef');
    const errors = requiredFields(target, 'spec.scaleTargetRef', ['kind', 'name']);
    if (minimum < 1)
      errors.push(invalid('spec.minReplicas', minimum, 'must be greater than or equal to 1'));
    if (maximum < 1) errors.push(invalid('spec.maxReplicas', maximum, 'must be greater than 0'));
    else if (maximum < minimum) {
      const why = 'must be greater than or equal to `minReplicas`';
      errors.push(invalid('spec.maxReplicas', maximum, why));
    }
    for (const [metric, path] of items(spec, 'metrics', 'spec.')) {
      errors.push(...metricErrors(metric, path));
    }
    return errors;
  },
};

/** The types of metrics and the field each one has. */
const METRIC_SOURCES: Readonly<Record<string, string>> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
};
const TARGET_TYPES = ['AverageValue', 'Utilization', 'Value'];

function metricErrors(metric: JsonObject, path: string): FieldError[] {
  const type = text(metric, 'type');
  if (type === '') return [required(`${path}.type`, 'must specify a metric source type')];
  const field = METRIC_SOURCES[type];
  if (field === undefined) {
    return [notSupported(`${path}.type`, type, Object.keys(METRIC_SOURCES))];
  }
  const source = metric[field];
  if (!isObject(source)) {
    const why = `must populate information for the given metric source`;
    return [required(`${path}.${field}`, why)];
  }
  const target = part(source, 'target');
  const place = `${path}.${field}.target`;
  if (isUnset(target.type)) return [required(`${place}.type`, 'must specify a metric target type')];
  if (!TARGET_TYPES.includes(text(target, 'type'))) {
    const why = 'must be either Utilization, Value, or AverageValue';
    return [invalid(`${place}.type`, target.type, why)];
  }
  const utilization = number(target, 'averageUtilization');
  if (utilization === undefined || utilization > 0) return [];
  return [invalid(`${place}.averageUtilization`, utilization, 'must be greater than 0')];
}

/** `autoscaling/v1` knows the CPU only; without a target it is 80 percent, unless annotations have other metrics. */
export const horizontalPodAutoscalerV1: Rules = {
  defaults(object) {
    const annotations = part(part(object, 'metadata'), 'annotations');
    if (isUnset(annotations['autoscaling.alpha.kubernetes.io/metrics'])) {
      setDefault(ensureObject(object, 'spec'), 'targetCPUUtilizationPercentage', 80);
    }
  },
  validate(object, old) {
    const { targetCPUUtilizationPercentage: percent } = part(object, 'spec');
    const errors = horizontalPodAutoscaler.validate?.(object, old) ?? [];
    if (typeof percent !== 'number' || percent > 0) return errors;
    const field = 'spec.targetCPUUtilizationPercentage';
    return [...errors, invalid(field, percent, 'must be greater than 0')];
  },
};

export const storageClass: Rules = {
  validate(object, old) {
    const errors: FieldError[] = [];
    if (isUnset(object.provisioner)) errors.push(required('provisioner'));
    if (old === undefined) return errors;
    for (const field of ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']) {
      if (!jsonEqual(object[field] ?? null, old[field] ?? null)) {
        errors.push(forbidden(field, `updates to ${field} are forbidden.`));
      }
    }
    return errors;
  },
};

export const webhookConfiguration: Rules = {
  validate: (object) =>
    items(object, 'webhooks').flatMap(([webhook, path]) =>
      requiredFields(webhook, path, [
        'name',
        'sideEffects',
        'clientConfig',
        'admissionReviewVersions',
      ]),
    ),
};

export const event: Rules = {
  validate: (object) => eventErrors(object, 'involvedObject'),
  fields(object) {
    const component = text(part(object, 'source'), 'component');
    return {
      source: component || text(object, 'reportingComponent'),
      reportingComponent: text(object, 'reportingComponent') || component,
    };
  },
};

const INVOLVED = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** The newer API asks more of new events; the stored ones are `v1` Events. */
export const eventV1: Rules = {
  validate(object, old) {
    const errors = eventErrors(object, 'regarding');
    return old === undefined ? [...newEventErrors(object), ...errors] : errors;
  },
  fields(object) {
    const about = part(object, isObject(object.regarding) ? 'regarding' : 'involvedObject');
    const component = text(part(object, 'source'), 'component');
    return {
      ...Object.fromEntries(INVOLVED.map((key) => [`regarding.${key}`, text(about, key)])),
      reportingController:
        text(object, 'reportingController') || text(object, 'reportingComponent') || component,
    };
  },
};

const MAX_NOTE_BYTES = 1024;

function newEventErrors(object: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  if (isUnset(object.eventTime)) errors.push(required('eventTime'));
  if (isUnset(object.reportingController)) errors.push(required('reportingController'));
  if (isUnset(object.reportingInstance)) errors.push(required('reportingInstance'));
  if (isUnset(object.action)) errors.push(required('action'));
  if (isUnset(object.reason)) errors.push(required('reason'));
  const type = text(object, 'type');
  if (type !== 'Normal' && type !== 'Warning') {
    errors.push(invalid('type', type, 'has invalid value: ' + type));
  }
  if (Buffer.byteLength(text(object, 'note')) > MAX_NOTE_BYTES) {
    const why = `can have at most ${MAX_NOTE_BYTES} characters`;
    errors.push(invalid('message', '', why));
  }
  return errors;
}

function eventErrors(object: JsonObject, key: string): FieldError[] {
  const namespace = text(part(object, 'metadata'), 'namespace');
  const about = text(part(object, key), 'namespace');
  // Events about cluster-scoped objects are in "default" or "kube-system".
  if (about === '' || about === namespace) return [];
  const field = key === 'regarding' ? 'involvedObject.namespace' : `${key}.namespace`;
  return [invalid(field, about, 'does not match event.namespace')];
}

export const ingressClass: Rules = {
  validate(object, old) {
    if (old !== undefined && part(object, 'spec').controller !== part(old, 'spec').controller) {
      return [invalid('spec.controller', part(object, 'spec').controller, 'field is immutable')];
    }
    return requiredFields(part(object, 'spec'), 'spec', ['controller']);
  },
};
