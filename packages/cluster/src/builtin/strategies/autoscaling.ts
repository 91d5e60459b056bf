/** HorizontalPodAutoscalers of both versions, and PodDisruptionBudgets. */
import { dnsLabelProblems, pathSegmentProblems } from '../../api/names.ts';
import { forbidden, invalid, notSupported, required } from '../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { canonicalQuantity, quantityNanos } from '../quantity.ts';
import {
  above100Errors,
  amountOrPercentErrors,
  ensureObject,
  isUnset,
  items,
  labelSelectorErrors,
  nonNegativeFields,
  number,
  part,
  printedSelector,
  setDefault,
  text,
  type Rules,
  struct,
} from './rules.ts';

const EVICTION_POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];

export const podDisruptionBudget: Rules = {
  validate(object) {
    const spec = part(object, 'spec');
    const errors: FieldError[] = [];
    const { minAvailable = null, maxUnavailable = null, unhealthyPodEvictionPolicy } = spec;
    if (minAvailable !== null && maxUnavailable !== null) {
      const printed = {
        MinAvailable: minAvailable,
        Selector: printedSelector(spec.selector),
        MaxUnavailable: maxUnavailable,
        UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
      };
      const why = 'minAvailable and maxUnavailable cannot be both set';
      errors.push(invalid('spec', struct(printed), why));
    }
    for (const key of ['minAvailable', 'maxUnavailable']) {
      errors.push(...amountOrPercentErrors(spec[key], `spec.${key}`));
      errors.push(...above100Errors(spec[key], `spec.${key}`));
    }
    errors.push(...labelSelectorErrors(part(spec, 'selector'), 'spec.selector'));
    if (typeof unhealthyPodEvictionPolicy !== 'string') return errors;
    if (EVICTION_POLICIES.includes(unhealthyPodEvictionPolicy)) return errors;
    const field = 'spec.unhealthyPodEvictionPolicy';
    return [...errors, notSupported(field, unhealthyPodEvictionPolicy, EVICTION_POLICIES)];
  },
  status: (object) =>
    nonNegativeFields(part(object, 'status'), 'status', [
      'disruptionsAllowed',
      'currentHealthy',
      'desiredHealthy',
      'expectedPods',
    ]),
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
    const metrics = items(spec, 'metrics', 'spec.');
    const isZero = number(spec, 'minReplicas') === 0;
    const types = metrics.map(([metric]) => metric.type);
    const errors = [
      ...replicaErrors(spec),
      ...metrics.flatMap(([metric, path]) => metricErrors(metric, path)),
    ];
    if (isZero && !types.includes('Object') && !types.includes('External')) {
      const why =
        'must specify at least one Object or External metric to support scaling to zero replicas';
      errors.push(forbidden('spec.metrics', why));
    }
    const behavior = part(spec, 'behavior');
    return [
      ...errors,
      ...['scaleUp', 'scaleDown'].flatMap((key) =>
        isObject(behavior[key]) ? scalingErrors(behavior[key], `spec.behavior.${key}`) : [],
      ),
    ];
  },
  status: (object) =>
    nonNegativeFields(part(object, 'status'), 'status', ['currentReplicas', 'desiredReplicas']),
};

function fillFrom(target: JsonObject, source: JsonObject): void {
  for (const key of Object.keys(source)) setDefault(target, key, source[key]);
}

function replicaErrors(spec: JsonObject): FieldError[] {
  const [minimum, maximum] = [number(spec, 'minReplicas') ?? 1, number(spec, 'maxReplicas') ?? 0];
  const errors: FieldError[] = [];
  if (minimum < 1)
    errors.push(invalid('spec.minReplicas', minimum, 'must be greater than or equal to 1'));
  if (maximum < 1) errors.push(invalid('spec.maxReplicas', maximum, 'must be greater than 0'));
  if (maximum < minimum) {
    const why = 'must be greater than or equal to `minReplicas`';
    errors.push(invalid('spec.maxReplicas', maximum, why));
  }
  const target = part(spec, 'scaleTargetRef');
  return [...errors, ...targetErrors(target, 'spec.scaleTargetRef', true)];
}

/** Errors of a CrossVersionObjectReference. */
function targetErrors(reference: JsonObject, path: string, needsGroup: boolean): FieldError[] {
  const errors = ['kind', 'name'].flatMap((key) => {
    const value = text(reference, key);
    if (value === '') return [required(`${path}.${key}`)];
    return pathSegmentProblems(value).map((problem) => invalid(`${path}.${key}`, value, problem));
  });
  const version = text(reference, 'apiVersion');
  const slashes = version.split('/').length - 1;
  const place = `${path}.apiVersion`;
  if (slashes > 1) {
    errors.push(invalid(place, version, `unexpected GroupVersion string: ${version}`));
  } else if (needsGroup && slashes === 0 && version !== 'v1') {
    errors.push(invalid(place, version, 'apiVersion must specify API group'));
  }
  return errors;
}

/** The types of metrics and the field each one has. */
const METRIC_SOURCES: Readonly<Record<string, string>> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
};

/** In the order a real server looks for them. */
const SOURCES = ['object', 'external', 'pods', 'resource', 'containerResource'];

function metricErrors(metric: JsonObject, path: string): FieldError[] {
  const type = text(metric, 'type');
  const errors: FieldError[] = [];
  const expected = METRIC_SOURCES[type];
  const unknown = notSupported(`${path}.type`, type, Object.keys(METRIC_SOURCES));
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'));
  if (expected === undefined) errors.push(unknown);
  const given = SOURCES.filter((key) => isObject(metric[key]));
  const [first] = given;
  if (first !== undefined) {
    errors.push(...sourceErrors(part(metric, first), first, `${path}.${first}`));
  }
  if (expected === undefined) errors.push(unknown);
  else if (!given.includes(expected)) {
    const why = 'must populate information for the given metric source';
    errors.push(required(`${path}.${expected}`, why));
  }
  if (given.length === 1) return errors;
  const others = given.filter((key) => key !== expected);
  const why = 'must populate the given metric source only';
  return [...errors, ...others.map((key) => forbidden(`${path}.${key}`, why))];
}

function sourceErrors(source: JsonObject, kind: string, path: string): FieldError[] {
  const target = part(source, 'target');
  const place = `${path}.target`;
  const [value, average] = [!isUnset(target.value), !isUnset(target.averageValue)];
  const errors = sourceNameErrors(source, kind, path);
  errors.push(...metricTargetErrors(target, place));
  switch (kind) {
    case 'object':
      if (!value && !average) {
        const why = 'must set either a target value or averageValue';
        errors.push(required(`${place}.averageValue`, why));
      }
      return errors;
    case 'external':
      if (!value && !average) {
        const why = 'must set either a target value for metric or a per-pod target';
        errors.push(required(`${place}.averageValue`, why));
      }
      if (value && average) {
        const why = 'may not set both a target value for metric and a per-pod target';
        errors.push(forbidden(`${place}.value`, why));
      }
      return errors;
    case 'pods': {
      const why = 'must specify a positive target averageValue';
      return average ? errors : [...errors, required(`${place}.averageValue`, why)];
    }
    default: {
      const utilization = !isUnset(target.averageUtilization);
      if (!utilization && !average) {
        const why = 'must set either a target raw value or a target utilization';
        errors.push(required(`${place}.averageUtilization`, why));
      }
      if (utilization && average) {
        const why = 'may not set both a target raw value and a target utilization';
        errors.push(forbidden(`${place}.averageValue`, why));
      }
      return errors;
    }
  }
}

function sourceNameErrors(source: JsonObject, kind: string, path: string): FieldError[] {
  if (kind === 'resource' || kind === 'containerResource') {
    const errors: FieldError[] = [];
    if (text(source, 'name') === '') {
      errors.push(required(`${path}.name`, 'must specify a resource name'));
    }
    if (kind === 'resource') return errors;
    const container = text(source, 'container');
    if (container === '') {
      return [...errors, required(`${path}.container`, 'must specify a container')];
    }
    const problems = dnsLabelProblems(container);
    return [...errors, ...problems.map((why) => invalid(`${path}.container`, container, why))];
  }
  const metric = part(source, 'metric');
  const name = text(metric, 'name');
  const problems = name === '' ? [] : pathSegmentProblems(name);
  return [
    ...(kind === 'object'
      ? targetErrors(part(source, 'describedObject'), `${path}.describedObject`, false)
      : []),
    ...(name === '' ? [required(`${path}.metric.name`, 'must specify a metric name')] : []),
    ...problems.map((problem) => invalid(`${path}.metric.name`, name, problem)),
  ];
}

const TARGET_TYPES = ['AverageValue', 'Utilization', 'Value'];

function metricTargetErrors(target: JsonObject, path: string): FieldError[] {
  const type = text(target, 'type');
  const errors: FieldError[] = [];
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric target type'));
  if (!TARGET_TYPES.includes(type)) {
    const why = 'must be either Utilization, Value, or AverageValue';
    errors.push(invalid(`${path}.type`, type, why));
  }
  for (const key of ['value', 'averageValue']) {
    const amount = quantityNanos(target[key]);
    if (amount === undefined || amount > 0n) continue;
    const shown = canonicalQuantity(String(target[key])) ?? target[key];
    errors.push(invalid(`${path}.${key}`, shown, 'must be positive'));
  }
  const utilization = number(target, 'averageUtilization');
  if (utilization === undefined || utilization >= 1) return errors;
  const why = 'must be greater than 0';
  return [...errors, invalid(`${path}.averageUtilization`, utilization, why)];
}

const MAX_WINDOW = 3600;
const MAX_PERIOD = 1800;

function scalingErrors(rules: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const window = number(rules, 'stabilizationWindowSeconds') ?? 0;
  const field = `${path}.stabilizationWindowSeconds`;
  if (window < 0) errors.push(invalid(field, window, 'must be greater than or equal to zero'));
  if (window > MAX_WINDOW) {
    errors.push(invalid(field, window, `must be less than or equal to ${MAX_WINDOW}`));
  }
  const { selectPolicy } = rules;
  const selections = ['Disabled', 'Max', 'Min'];
  if (typeof selectPolicy === 'string' && !selections.includes(selectPolicy)) {
    errors.push(notSupported(`${path}.selectPolicy`, selectPolicy, selections));
  }
  const policies = items(rules, 'policies', `${path}.`);
  if (policies.length === 0) {
    errors.push(required(`${path}.policies`, 'must specify at least one Policy'));
  }
  return [...errors, ...policies.flatMap(([policy, place]) => policyErrors(policy, place))];
}

function policyErrors(policy: JsonObject, path: string): FieldError[] {
  const type = text(policy, 'type');
  const errors: FieldError[] = [];
  if (type !== 'Pods' && type !== 'Percent') {
    errors.push(notSupported(`${path}.type`, type, ['Percent', 'Pods']));
  }
  for (const key of ['value', 'periodSeconds']) {
    const value = number(policy, key) ?? 0;
    if (value <= 0) errors.push(invalid(`${path}.${key}`, value, 'must be greater than zero'));
  }
  const period = number(policy, 'periodSeconds') ?? 0;
  if (period <= MAX_PERIOD) return errors;
  const why = `must be less than or equal to ${MAX_PERIOD}`;
  return [...errors, invalid(`${path}.periodSeconds`, period, why)];
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
    const percent = number(part(object, 'spec'), 'targetCPUUtilizationPercentage');
    const errors = horizontalPodAutoscaler.validate?.(object, old) ?? [];
    if (percent === undefined || percent > 0) return errors;
    // Told of the metric it stands for.
    const field = 'spec.metrics[0].resource.target.averageUtilization';
    return [...errors, invalid(field, percent, 'must be greater than 0')];
  },
  status: (object, old) => horizontalPodAutoscaler.status?.(object, old) ?? [],
};
