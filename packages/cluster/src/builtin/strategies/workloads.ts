/** Deployments, ReplicaSets, StatefulSets, DaemonSets and ReplicationControllers. */
import { labelErrors } from '../../api/names.ts';
import { forbidden, invalid, notSupported, required } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { defaultTemplate } from './pod-defaults.ts';
import { podSpecErrors } from './pod-validation.ts';
import {
  amountOrPercentErrors,
  ensureObject,
  immutable,
  isEmptySelector,
  isUnset,
  items,
  labelSelectorErrors,
  nonNegativeFields,
  number,
  part,
  selects,
  setDefault,
  text,
  type Rules,
} from './rules.ts';

export const deployment: Rules = {
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    const strategy = ensureObject(spec, 'strategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') {
      const rolling = ensureObject(strategy, 'rollingUpdate');
      setDefault(rolling, 'maxUnavailable', '25%');
      setDefault(rolling, 'maxSurge', '25%');
    }
    defaultTemplate(object);
  },
  validate(object, old) {
    const spec = part(object, 'spec');
    return [
      ...workloadErrors(object, ['replicas', 'minReadySeconds', 'revisionHistoryLimit']),
      ...strategyErrors(part(spec, 'strategy'), 'spec.strategy', 'Recreate'),
      ...deadlineErrors(spec),
      ...immutableSelector(object, old),
    ];
  },
};

export const replicaSet: Rules = {
  defaults: defaultTemplate,
  validate: (object, old) => [
    ...workloadErrors(object, ['replicas', 'minReadySeconds']),
    ...immutableSelector(object, old),
  ],
};

export const statefulSet: Rules = {
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    const strategy = ensureObject(spec, 'updateStrategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') {
      setDefault(ensureObject(strategy, 'rollingUpdate'), 'partition', 0);
    }
    for (const [claim] of items(spec, 'volumeClaimTemplates')) {
      setDefault(claim, 'apiVersion', 'v1');
      setDefault(claim, 'kind', 'PersistentVolumeClaim');
      setDefault(claim, 'status', { phase: 'Pending' });
    }
    defaultTemplate(object);
  },
  validate(object, old) {
    const errors = workloadErrors(
      object,
      ['replicas', 'minReadySeconds', 'revisionHistoryLimit'],
      true,
    );
    const [after, before] = [part(object, 'spec'), old && part(old, 'spec')];
    if (before !== undefined && !jsonEqual(fixedPart(after), fixedPart(before))) {
      errors.push(forbidden('spec', STATEFUL_SET_UPDATE));
    }
    return errors;
  },
};

const MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];
const STATEFUL_SET_UPDATE = `updates to statefulset spec for fields other than ${MUTABLE.slice(
  0,
  -1,
)
  .map((field) => `'${field}'`)
  .join(', ')} and 'minReadySeconds' are forbidden`;

function fixedPart(spec: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(spec).filter(([key]) => !MUTABLE.includes(key)));
}

export const daemonSet: Rules = {
  defaults(object) {
    const strategy = ensureObject(ensureObject(object, 'spec'), 'updateStrategy');
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') {
      const rolling = ensureObject(strategy, 'rollingUpdate');
      setDefault(rolling, 'maxUnavailable', 1);
      setDefault(rolling, 'maxSurge', 0);
    }
    defaultTemplate(object);
  },
  validate: (object, old) => [
    ...workloadErrors(object, ['minReadySeconds', 'revisionHistoryLimit']),
    ...strategyErrors(
      part(part(object, 'spec'), 'updateStrategy'),
      'spec.updateStrategy',
      'OnDelete',
    ),
    ...immutableSelector(object, old),
  ],
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
    const template = part(spec, 'template');
    const selector = part(spec, 'selector');
    const errors = nonNegativeFields(spec, 'spec', ['replicas', 'minReadySeconds']);
    if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
    const labels = part(part(template, 'metadata'), 'labels');
    if (Object.keys(selector).some((key) => selector[key] !== labels[key])) {
      errors.push(invalid('spec.template.metadata.labels', labels, MISMATCH));
    }
    return [...errors, ...templateErrors(template, 'spec.template')];
  },
};

const MISMATCH = '`selector` does not match template `labels`';

/** Errors every workload with `spec.selector` and `spec.template` can have. */
function workloadErrors(object: JsonObject, counts: string[], isStateful = false): FieldError[] {
  const spec = part(object, 'spec');
  const errors = nonNegativeFields(spec, 'spec', counts);
  const template = part(spec, 'template');
  const labels = part(part(template, 'metadata'), 'labels');
  const { selector } = spec;
  if (!isObject(selector)) errors.push(required('spec.selector'));
  else {
    errors.push(...labelSelectorErrors(selector, 'spec.selector'));
    if (isEmptySelector(selector)) {
      const kind = isStateful ? 'statefulset' : 'deployment';
      errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${kind}`));
    } else if (!selects(selector, labels)) {
      errors.push(invalid('spec.template.metadata.labels', labels, MISMATCH));
    }
  }
  const complete = isStateful ? withClaims(spec, template) : template;
  errors.push(...templateErrors(complete, 'spec.template'));
  const { restartPolicy, activeDeadlineSeconds } = part(template, 'spec');
  if (!isUnset(restartPolicy) && restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  }
  if (!isUnset(activeDeadlineSeconds)) {
    const field = 'spec.template.spec.activeDeadlineSeconds';
    const kind = typeof object.kind === 'string' ? object.kind : '';
    const owner = kind === 'Deployment' ? 'ReplicaSet' : kind;
    errors.push(forbidden(field, `activeDeadlineSeconds in ${owner} is not Supported`));
  }
  return errors;
}

/** Volumes of a StatefulSet's pods that come from its claims count as there. */
function withClaims(spec: JsonObject, template: JsonObject): JsonObject {
  const podSpec = part(template, 'spec');
  const volumes = items(podSpec, 'volumes').map(([volume]) => volume);
  const known = new Set(volumes.map((volume) => text(volume, 'name')));
  const claimed = items(spec, 'volumeClaimTemplates')
    .map(([claim]) => text(part(claim, 'metadata'), 'name'))
    .filter((name) => !known.has(name))
    .map((name) => ({ name, emptyDir: {} }));
  if (claimed.length === 0) return template;
  return { ...template, spec: { ...podSpec, volumes: [...volumes, ...claimed] } };
}

/** Errors of a PodTemplateSpec. */
export function templateErrors(template: JsonObject, path: string): FieldError[] {
  const metadata = part(template, 'metadata');
  const labels = part(metadata, 'labels');
  const texts = Object.entries(labels).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return [
    ...labelErrors(Object.fromEntries(texts)).map((error) => ({
      ...error,
      field: `${path}.${error.field}`,
    })),
    ...podSpecErrors(part(template, 'spec'), `${path}.spec`),
  ];
}

function strategyErrors(strategy: JsonObject, path: string, without: string): FieldError[] {
  const { rollingUpdate } = strategy;
  if (!isObject(rollingUpdate)) return [];
  const place = `${path}.rollingUpdate`;
  if (text(strategy, 'type') === without) {
    return without === 'Recreate'
      ? [forbidden(place, "may not be specified when strategy `type` is 'Recreate'")]
      : [];
  }
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const errors = [
    ...amountOrPercentErrors(maxUnavailable, `${place}.maxUnavailable`),
    ...amountOrPercentErrors(maxSurge, `${place}.maxSurge`),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    const why = 'may not be 0 when `maxSurge` is 0';
    errors.push(invalid(`${place}.maxUnavailable`, maxUnavailable, why));
  }
  return errors;
}

function isZero(amount: unknown): boolean {
  return amount === 0 || amount === '0%';
}

function deadlineErrors(spec: JsonObject): FieldError[] {
  const deadline = number(spec, 'progressDeadlineSeconds');
  if (deadline === undefined) return [];
  const field = 'spec.progressDeadlineSeconds';
  if (deadline < 0) return nonNegativeFields(spec, 'spec', ['progressDeadlineSeconds']);
  if (deadline > (number(spec, 'minReadySeconds') ?? 0)) return [];
  return [invalid(field, deadline, 'must be greater than minReadySeconds')];
}

function immutableSelector(object: JsonObject, old: JsonObject | undefined): FieldError[] {
  if (old === undefined) return [];
  const place = { object: part(object, 'spec'), old: part(old, 'spec') };
  return immutable(place, 'spec', 'selector');
}
