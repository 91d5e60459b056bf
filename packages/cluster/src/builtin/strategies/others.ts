/** Kinds with little behaviour of their own: pods, storage, policy, autoscaling, admission, events and more. */
import { forbidden, invalid, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { createPod, defaultPod } from './pod-defaults.ts';
import { podSpecErrors, podUpdateErrors } from './pod-validation.ts';
import {
  amountOrPercentErrors,
  ensureObject,
  isUnset,
  items,
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
    if (old !== undefined && !jsonEqual(fixedClaim(spec), fixedClaim(part(old, 'spec')))) {
      const why =
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
      errors.push(forbidden('spec', why));
    }
    return errors;
  },
};

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
    return ['minAvailable', 'maxUnavailable'].flatMap((key) =>
      amountOrPercentErrors(spec[key], `spec.${key}`),
    );
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
    return errors;
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

export const priorityClass: Rules = {
  defaults: (object) => setDefault(object, 'value', 0),
  validate(object, old) {
    if (old === undefined) return [];
    return ['value', 'preemptionPolicy']
      .filter((field) => (object[field] ?? null) !== (old[field] ?? null))
      .map((field) => forbidden(field, 'may not be changed in an update.'));
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
export const eventV1: Rules = { validate: (object) => eventErrors(object, 'regarding') };

function eventErrors(object: JsonObject, key: string): FieldError[] {
  const namespace = text(part(object, 'metadata'), 'namespace');
  const about = text(part(object, key), 'namespace');
  if (about === '' || about === namespace) return [];
  return [invalid(`${key}.namespace`, about, 'does not match event.namespace')];
}

export const ingressClass: Rules = {
  validate(object, old) {
    if (old !== undefined && part(object, 'spec').controller !== part(old, 'spec').controller) {
      return [invalid('spec.controller', part(object, 'spec').controller, 'field is immutable')];
    }
    return requiredFields(part(object, 'spec'), 'spec', ['controller']);
  },
};
