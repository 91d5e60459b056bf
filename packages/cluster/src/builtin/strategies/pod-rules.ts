/** Pods and PodTemplates: what a new one begins with, what it is checked for, what may change. */
import { isObject } from '../../schema/json.ts';
import { createPod, defaultPod, defaultPodSpec } from './pod-defaults.ts';
import { templateErrors } from './pod-templates.ts';
import { podErrors } from './pod-validation.ts';
import { podStatusErrors, preparePodStatus } from './pods/pod-status.ts';
import { part, type Rules } from './rules.ts';

export const pod: Rules = {
  create: createPod,
  defaults: defaultPod,
  validate: podErrors,
  prepareStatus: preparePodStatus,
  status: podStatusErrors,
  fields: (object) => ({
    'spec.hostNetwork': String(part(object, 'spec').hostNetwork === true),
  }),
};

export const podTemplate: Rules = {
  defaults(object) {
    const { template } = object;
    if (isObject(template) && isObject(template.spec)) defaultPodSpec(template.spec);
  },
  validate: (object) => templateErrors(part(object, 'template'), 'template'),
};
