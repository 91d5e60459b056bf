/** StatefulSets. */
import { forbidden, invalid, notSupported } from '../../schema/field-error.ts';
import { isObject, jsonEqual, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { templateErrors } from './pod-templates.ts';
import { persistentVolumeClaim } from './claims.ts';
import { defaultTemplate } from './pod-defaults.ts';
import {
  above100Errors,
  amountOf,
  amountOrPercentErrors,
  ensureObject,
  isEmptySelector,
  items,
  labelProblems,
  nonNegativeFields,
  number,
  part,
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
import { alwaysRunErrors, requiredSelectorErrors } from './workloads.ts';

export const statefulSet: Rules = {
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    const strategy = ensureObject(spec, 'updateStrategy');
    if (text(strategy, 'type') === '') {
      strategy.type = 'RollingUpdate';
      ensureObject(strategy, 'rollingUpdate');
    }
    const { rollingUpdate } = strategy;
    if (strategy.type === 'RollingUpdate' && isObject(rollingUpdate)) {
      setDefault(rollingUpdate, 'partition', 0);
      rollingUpdate.maxUnavailable ??= 1;
    }
    for (const [claim] of items(spec, 'volumeClaimTemplates')) {
      setDefault(claim, 'apiVersion', 'v1');
      setDefault(claim, 'kind', 'PersistentVolumeClaim');
      setDefault(ensureObject(claim, 'status'), 'phase', 'Pending');
    }
    defaultTemplate(object);
  },
  validate(object, old) {
    const spec = part(object, 'spec');
    const errors = [
      ...managementErrors(text(spec, 'podManagementPolicy')),
      ...strategyErrors(part(spec, 'updateStrategy')),
      ...retentionErrors(part(spec, 'persistentVolumeClaimRetentionPolicy')),
      ...(old === undefined ? claimErrors(spec) : []),
      ...nonNegativeFields(spec, 'spec', ['replicas', 'minReadySeconds']),
      ...nonNegativeFields(part(spec, 'ordinals'), 'spec.ordinals', ['start']),
      ...(old === undefined ? serviceNameErrors(text(spec, 'serviceName')) : []),
      ...requiredSelectorErrors(spec, 'statefulset'),
      ...podErrors(spec),
      ...alwaysRunErrors(part(spec, 'template'), 'StatefulSet'),
    ];
    if (old !== undefined && !jsonEqual(fixedPart(spec), fixedPart(part(old, 'spec')))) {
      errors.push(forbidden('spec', UPDATE));
    }
    return errors;
  },
  warnings(object) {
    if ((number(part(object, 'spec'), 'revisionHistoryLimit') ?? 0) >= 0) return [];
    return [
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    ];
  },
  status: countErrors({
    counts: [
      'replicas',
      'readyReplicas',
      'currentReplicas',
      'updatedReplicas',
      'availableReplicas',
      'observedGeneration',
      'collisionCount',
    ],
    parts: ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'],
    readyName: 'status.readyReplicas',
  }),
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
const LAST = MUTABLE.length - 1;
const UPDATE = `updates to statefulset spec for fields other than ${MUTABLE.slice(0, LAST)
  .map((field) => `'${field}'`)
  .join(', ')} and '${MUTABLE[LAST]}' are forbidden`;

function fixedPart(spec: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(spec).filter(([key]) => !MUTABLE.includes(key)));
}

function managementErrors(policy: string): FieldError[] {
  if (['', 'OrderedReady', 'Parallel'].includes(policy)) return [];
  return [invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")];
}

function strategyErrors(strategy: JsonObject): FieldError[] {
  const { rollingUpdate } = strategy;
  const path = 'spec.updateStrategy.rollingUpdate';
  switch (text(strategy, 'type')) {
    case 'OnDelete': {
      if (!isObject(rollingUpdate)) return [];
      return [invalid(path, struct(goRolling(rollingUpdate)), ONLY_ROLLING)];
    }
    case 'RollingUpdate': {
      const rolling = part(strategy, 'rollingUpdate');
      const errors = nonNegativeFields(rolling, path, ['partition']);
      const { maxUnavailable } = rolling;
      if (maxUnavailable === undefined || maxUnavailable === null) return errors;
      const place = `${path}.maxUnavailable`;
      errors.push(...amountOrPercentErrors(maxUnavailable, place));
      if (amountOf(maxUnavailable) === 0)
        errors.push(invalid(place, maxUnavailable, 'cannot be 0'));
      return [...errors, ...above100Errors(maxUnavailable, place)];
    }
    default: {
      const given = {
        Type: text(strategy, 'type'),
        RollingUpdate: isObject(rollingUpdate) ? goRolling(rollingUpdate) : null,
      };
      return [
        invalid('spec.updateStrategy', struct(given), "must be 'RollingUpdate' or 'OnDelete'"),
      ];
    }
  }
}

const ONLY_ROLLING = "only allowed for updateStrategy 'RollingUpdate'";

/** As Go prints the internal type. */
function goRolling(rolling: JsonObject): JsonObject {
  return {
    Partition: rolling.partition ?? 0,
    MaxUnavailable: rolling.maxUnavailable ?? null,
  };
}

function retentionErrors(policy: JsonObject): FieldError[] {
  return ['whenDeleted', 'whenScaled'].flatMap((key) => {
    const value = text(policy, key);
    if (['', 'Retain', 'Delete'].includes(value)) return [];
    const field = `spec.persistentVolumeClaimRetentionPolicy.${key}`;
    return [notSupported(field, value, ['Retain', 'Delete'])];
  });
}

function claimErrors(spec: JsonObject): FieldError[] {
  return items(spec, 'volumeClaimTemplates', 'spec.').flatMap(([claim, path]) =>
    (persistentVolumeClaim.validate?.(claim) ?? []).map((error) => ({
      ...error,
      field: `${path}.${error.field}`,
    })),
  );
}

function serviceNameErrors(name: string): FieldError[] {
  if (name === '') return [];
  return labelProblems(name).map((problem) => invalid('spec.serviceName', name, problem));
}

function podErrors(spec: JsonObject): FieldError[] {
  const { selector } = spec;
  if (isObject(selector) && labelSelectorErrors(selector, '').length > 0) {
    return [invalid('spec.selector', printedSelector(selector), '')];
  }
  const template = part(spec, 'template');
  const { labels } = part(template, 'metadata');
  const isSelected =
    isObject(selector) &&
    (isEmptySelector(selector) || selects(selector, isObject(labels) ? labels : {}));
  const errors = templateErrors(withClaims(spec, template), 'spec.template');
  // A real server looks at the metadata of the template twice.
  const again = errors.filter(({ field }) =>
    ['spec.template.labels', 'spec.template.annotations'].includes(field),
  );
  if (isSelected) return [...errors, ...again];
  const why = '`selector` does not match template `labels`';
  return [invalid('spec.template.metadata.labels', sorted(labels), why), ...errors, ...again];
}

/** Volumes that come from claims count as there; names inside of the cluster are given by the controller. */
function withClaims(spec: JsonObject, template: JsonObject): JsonObject {
  const { subdomain: _subdomain, hostname: _hostname, ...podSpec } = part(template, 'spec');
  const claimed = items(spec, 'volumeClaimTemplates').map(([claim]) =>
    text(part(claim, 'metadata'), 'name'),
  );
  if (claimed.length === 0) return { ...template, spec: podSpec };
  const volumes = [
    ...new Set(claimed)
      .values()
      .map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
    ...items(podSpec, 'volumes')
      .map(([volume]) => volume)
      .filter((volume) => !claimed.includes(text(volume, 'name'))),
  ];
  return { ...template, spec: { ...podSpec, volumes } };
}
