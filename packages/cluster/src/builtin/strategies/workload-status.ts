/** What may be reported about workloads: counts that are not negative, and not larger than those they are part of. */
import { invalid } from '../../schema/field-error.ts';
import type { JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { nonNegativeFields, number, part } from './rules.ts';

interface CountRules {
  /** In the order they are complained about. */
  counts: string[];
  /** Of these none may be larger than `replicas`, nor `availableReplicas` than `readyReplicas`. */
  parts?: string[];
  /** How the message calls `readyReplicas`. */
  readyName?: string;
}

/** Makes the status rule of a kind. */
export function countErrors({ counts, parts = [], readyName = 'readyReplicas' }: CountRules) {
  return (object: JsonObject, old: JsonObject): FieldError[] => {
    const status = part(object, 'status');
    const count = (key: string) => number(status, key) ?? 0;
    const errors = nonNegativeFields(status, 'status', counts);
    for (const key of parts) {
      if (count(key) <= count('replicas')) continue;
      errors.push(invalid(`status.${key}`, count(key), 'cannot be greater than status.replicas'));
    }
    if (parts.length > 0 && count('availableReplicas') > count('readyReplicas')) {
      const why = `cannot be greater than ${readyName}`;
      errors.push(invalid('status.availableReplicas', count('availableReplicas'), why));
    }
    const collisions = number(part(old, 'status'), 'collisionCount');
    if (counts.includes('collisionCount') && collisions !== undefined) {
      if (collisions > count('collisionCount')) {
        const why = 'cannot be decremented';
        errors.push(invalid('status.collisionCount', count('collisionCount'), why));
      }
    }
    return errors;
  };
}
