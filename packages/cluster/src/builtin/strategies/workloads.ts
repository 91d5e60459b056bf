/** Deployments, ReplicaSets, StatefulSets, DaemonSets, ControllerRevisions and ReplicationControllers. */
import {
  forbidden,
  invalid,
  notSupported,
  type Printed,
  required,
} from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { templateErrors } from './pod-templates.ts';
import { defaultTemplate } from './pod-defaults.ts';
import {
  above100Errors,
  amountOf,
  amountOrPercentErrors,
  ensureObject,
  immutable,
  isEmptySelector,
  isUnset,
  nonNegativeFields,
  number,
  part,
  podNameWarnings,
  printedSelector,
  selects,
  setDefault,
  sorted,
  text,
  type Rules,
  labelSelectorErrors,
  struct,
} from './rules.ts';
import { countErrors } from './workload-status.ts';

export const deployment: Rules = {
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    const strategy = ensureObject(spec, 'strategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') {
      const rolling = ensureObject(strategy, 'rollingUpdate');
      setDefaultAmount(rolling, 'maxUnavailable', '25%');
      setDefaultAmount(rolling, 'maxSurge', '25%');
    }
    defaultTemplate(object);
  },
  validate(object, old) {
    const spec = part(object, 'spec');
    return [
      ...nonNegativeFields(spec, 'spec', ['replicas']),
      ...replicatedErrors(spec, 'deployment'),
      ...strategyErrors(part(spec, 'strategy')),
      ...nonNegativeFields(spec, 'spec', [
        'minReadySeconds',
        'revisionHistoryLimit',
        'progressDeadlineSeconds',
      ]),
      ...deadlineErrors(spec),
      ...immutableSelector(object, old),
    ];
  },
  warnings: podNameWarnings,
  status: countErrors({
    counts: [
      'observedGeneration',
      'replicas',
      'updatedReplicas',
      'readyReplicas',
      'availableReplicas',
      'unavailableReplicas',
      'terminatingReplicas',
      'collisionCount',
    ],
    parts: ['updatedReplicas', 'readyReplicas', 'availableReplicas'],
  }),
};

export const replicaSet: Rules = {
  defaults: defaultTemplate,
  validate(object, old) {
    const spec = part(object, 'spec');
    return [
      ...nonNegativeFields(spec, 'spec', ['replicas', 'minReadySeconds']),
      // A real server calls it a deployment here too.
      ...replicatedErrors(spec, 'deployment'),
      ...immutableSelector(object, old),
    ];
  },
  warnings: podNameWarnings,
  status: countErrors({
    counts: [
      'replicas',
      'fullyLabeledReplicas',
      'readyReplicas',
      'availableReplicas',
      'observedGeneration',
      'terminatingReplicas',
    ],
    parts: ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
  }),
};

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

export const daemonSet: Rules = {
  prepareStatus(object, old) {
    const before = part(part(old, 'metadata'), 'annotations')[TEMPLATE_GENERATION];
    setTemplateGeneration(object, Number(before ?? 0));
  },
  create: (object) => setTemplateGeneration(object, 1),
  update(object, old) {
    const before = Number(part(part(old, 'metadata'), 'annotations')[TEMPLATE_GENERATION] ?? 0);
    const isChanged = !jsonEqual(part(object, 'spec').template, part(old, 'spec').template);
    setTemplateGeneration(object, isChanged ? before + 1 : before);
  },
  defaults(object) {
    const strategy = ensureObject(ensureObject(object, 'spec'), 'updateStrategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') {
      const rolling = ensureObject(strategy, 'rollingUpdate');
      setDefaultAmount(rolling, 'maxUnavailable', 1);
      setDefaultAmount(rolling, 'maxSurge', 0);
    }
    defaultTemplate(object);
  },
  validate(object, old) {
    const spec = part(object, 'spec');
    return [
      ...immutableSelector(object, old),
      ...daemonSelectorErrors(spec),
      ...templateErrors(part(spec, 'template'), 'spec.template'),
      ...alwaysRunErrors(part(spec, 'template'), 'DaemonSet'),
      ...nonNegativeFields(spec, 'spec', ['minReadySeconds']),
      ...daemonStrategyErrors(part(spec, 'updateStrategy')),
      ...nonNegativeFields(spec, 'spec', ['revisionHistoryLimit']),
    ];
  },
  status: countErrors({
    counts: [
      'currentNumberScheduled',
      'numberMisscheduled',
      'desiredNumberScheduled',
      'numberReady',
      'observedGeneration',
      'updatedNumberScheduled',
      'numberAvailable',
      'numberUnavailable',
      'collisionCount',
    ],
  }),
};

/** Counts the changes of the template in an annotation, which stands for a field of older versions. */
function setTemplateGeneration(object: JsonObject, generation: number): void {
  const metadata = ensureObject(object, 'metadata');
  metadata.annotations = {
    ...part(metadata, 'annotations'),
    [TEMPLATE_GENERATION]: String(generation),
  };
}

export const controllerRevision: Rules = {
  validate(object, old) {
    const errors = nonNegativeFields(object, '', ['revision']);
    if (old !== undefined) return [...errors, ...immutable({ object, old }, '', 'data')];
    if (isUnset(object.data)) errors.push(required('data', 'data is mandatory'));
    else if (!isObject(object.data)) {
      errors.push(required('data', 'data must be a valid JSON object'));
    }
    return errors;
  },
};

export const replicationController: Rules = {
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    const labels = part(part(part(spec, 'template'), 'metadata'), 'labels');
    if (Object.keys(labels).length > 0) {
      setDefault(spec, 'selector', { ...labels });
      setDefault(ensureObject(object, 'metadata'), 'labels', { ...labels });
    }
    defaultTemplate(object);
  },
  validate(object) {
    const spec = part(object, 'spec');
    const selector = part(spec, 'selector');
    const errors = nonNegativeFields(spec, 'spec', ['minReadySeconds']);
    if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
    errors.push(...nonNegativeFields(spec, 'spec', ['replicas']));
    if (!isObject(spec.template)) return [...errors, required('spec.template')];
    const { template } = spec;
    const labels = part(part(template, 'metadata'), 'labels');
    if (Object.keys(selector).some((key) => selector[key] !== labels[key])) {
      errors.push(invalid('spec.template.metadata.labels', labels, MISMATCH));
    }
    const path = 'spec.template.spec';
    const { restartPolicy, activeDeadlineSeconds } = part(template, 'spec');
    errors.push(...templateErrors(template, 'spec.template'));
    if (restartPolicy !== 'Always') {
      errors.push(notSupported(`${path}.restartPolicy`, restartPolicy ?? '', ['Always']));
    }
    if (isUnset(activeDeadlineSeconds)) return errors;
    const why = 'activeDeadlineSeconds in ReplicationController is not Supported';
    return [...errors, forbidden(`${path}.activeDeadlineSeconds`, why)];
  },
};

/** Absent only; unlike with texts, an empty one is somebody's mistake. */
function setDefaultAmount(object: JsonObject, key: string, value: unknown): void {
  object[key] ??= value;
}

const MISMATCH = '`selector` does not match template `labels`';

function mismatchErrors(selector: JsonObject, template: JsonObject): FieldError[] {
  const { labels } = part(template, 'metadata');
  if (isObject(labels) ? selects(selector, labels) : selects(selector, {})) return [];
  return [invalid('spec.template.metadata.labels', sorted(labels), MISMATCH)];
}

/** Matches nothing: what no selector at all means. */
const NOTHING: JsonObject = {
  matchExpressions: [{ key: '', operator: 'Exists' }],
};

/** What is wrong with a required selector. */
export function requiredSelectorErrors(spec: JsonObject, kind: string): FieldError[] {
  const { selector } = spec;
  if (!isObject(selector)) return [required('spec.selector')];
  if (!isEmptySelector(selector)) return labelSelectorErrors(selector, 'spec.selector');
  return [invalid('spec.selector', selector, `empty selector is invalid for ${kind}`)];
}

/**
 * Errors of selector and template of what keeps a number of pods. The template is not looked at when nobody can say what
 * the selector selects.
 */
function replicatedErrors(spec: JsonObject, kind: string): FieldError[] {
  const { selector } = spec;
  const template = part(spec, 'template');
  const errors = requiredSelectorErrors(spec, kind);
  if (isObject(selector) && labelSelectorErrors(selector, '').length > 0) {
    return [
      ...errors,
      invalid('spec.selector', printedSelector(selector), 'invalid label selector'),
    ];
  }
  return [
    ...errors,
    ...mismatchErrors(isObject(selector) ? selector : NOTHING, template),
    ...templateErrors(template, 'spec.template'),
    ...alwaysRunErrors(template, 'ReplicaSet'),
  ];
}

/** Pods that are replaced when they end do not say themselves when that is. */
export function alwaysRunErrors(template: JsonObject, kind: string): FieldError[] {
  const { restartPolicy = 'Always', activeDeadlineSeconds } = part(template, 'spec');
  const errors: FieldError[] = [];
  if (restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  }
  if (isUnset(activeDeadlineSeconds)) return errors;
  const why = `activeDeadlineSeconds in ${kind} is not Supported`;
  return [...errors, forbidden('spec.template.spec.activeDeadlineSeconds', why)];
}

function daemonSelectorErrors(spec: JsonObject): FieldError[] {
  const { selector } = spec;
  const template = part(spec, 'template');
  if (!isObject(selector)) return mismatchErrors(NOTHING, template);
  if (isEmptySelector(selector)) {
    return [invalid('spec.selector', selector, 'empty selector is invalid for daemonset')];
  }
  const errors = labelSelectorErrors(selector, 'spec.selector');
  return errors.length > 0 ? errors : mismatchErrors(selector, template);
}

/** A strategy as Go prints the internal type. */
function goStrategy(strategy: JsonObject): Printed {
  return struct({ Type: text(strategy, 'type'), RollingUpdate: strategy.rollingUpdate ?? null });
}

function strategyErrors(strategy: JsonObject): FieldError[] {
  const path = 'spec.strategy.rollingUpdate';
  const { rollingUpdate } = strategy;
  switch (text(strategy, 'type')) {
    case 'Recreate': {
      const why = "may not be specified when strategy `type` is 'Recreate'";
      return isObject(rollingUpdate) ? [forbidden(path, why)] : [];
    }
    case 'RollingUpdate': {
      const { maxUnavailable, maxSurge } = part(strategy, 'rollingUpdate');
      const errors = [
        ...amountOrPercentErrors(maxUnavailable, `${path}.maxUnavailable`),
        ...amountOrPercentErrors(maxSurge, `${path}.maxSurge`),
      ];
      if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
        const why = 'may not be 0 when `maxSurge` is 0';
        errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, why));
      }
      return [...errors, ...above100Errors(maxUnavailable, `${path}.maxUnavailable`)];
    }
    default:
      return [notSupported('spec.strategy', goStrategy(strategy), ['Recreate', 'RollingUpdate'])];
  }
}

function daemonStrategyErrors(strategy: JsonObject): FieldError[] {
  const type = text(strategy, 'type');
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') {
    const known = ['RollingUpdate', 'OnDelete'];
    return [notSupported('spec.updateStrategy', goStrategy(strategy), known)];
  }
  const path = 'spec.updateStrategy.rollingUpdate';
  const { maxUnavailable, maxSurge } = part(strategy, 'rollingUpdate');
  const errors = [amountOrPercentErrors, above100Errors].flatMap((errorsOf) => [
    ...errorsOf(maxUnavailable, `${path}.maxUnavailable`),
    ...errorsOf(maxSurge, `${path}.maxSurge`),
  ]);
  const [down, more] = [amountOf(maxUnavailable) !== 0, amountOf(maxSurge) !== 0];
  if (down && more) {
    const why = 'may not be set when maxUnavailable is non-zero';
    errors.push(invalid(`${path}.maxSurge`, maxSurge, why));
  } else if (!down && !more) {
    errors.push(required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
  return errors;
}

function deadlineErrors(spec: JsonObject): FieldError[] {
  const deadline = number(spec, 'progressDeadlineSeconds');
  if (deadline === undefined || deadline > (number(spec, 'minReadySeconds') ?? 0)) return [];
  const field = 'spec.progressDeadlineSeconds';
  return [invalid(field, deadline, 'must be greater than minReadySeconds')];
}

function immutableSelector(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  if (old === undefined) return [];
  const { selector } = part(object, 'spec');
  if (jsonEqual(selector ?? null, part(old, 'spec').selector ?? null)) return [];
  return [invalid('spec.selector', printedSelector(selector), 'field is immutable')];
}
