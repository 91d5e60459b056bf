/** Namespaces: what keeps one from going away, and what its pods may do. */
import { invalid } from '../../schema/field-error.ts';
import { qualifiedNameErrors } from './pods/checks.ts';
import { part, strings, text, type Rules } from './rules.ts';

const LEVELS = ['privileged', 'baseline', 'restricted'];
const LEVEL_LABEL = /^pod-security\.kubernetes\.io\/(?:enforce|audit|warn)$/;

export const namespace: Rules = {
  validate(object) {
    const labels = part(part(object, 'metadata'), 'labels');
    return [
      ...strings(part(object, 'spec'), 'finalizers').flatMap((name) => {
        const errors = qualifiedNameErrors(name, 'spec.finalizers');
        if (errors.length > 0 || name.includes('/') || name === 'kubernetes') return errors;
        const why = 'name is neither a standard finalizer name nor is it fully qualified';
        return [invalid('spec.finalizers', name, why)];
      }),
      ...Object.keys(labels)
        .filter((key) => LEVEL_LABEL.test(key) && !LEVELS.includes(text(labels, key)))
        .map((key) => {
          const why = `must be one of ${LEVELS.join(', ')}`;
          return invalid(`metadata.labels[${key}]`, labels[key], why);
        }),
    ];
  },
  status: () => [],
};
