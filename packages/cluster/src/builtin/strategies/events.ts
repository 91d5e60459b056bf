/** Events: the newer API asks more of new ones; the stored ones are `v1` Events. */
import { invalid, required } from '../../schema/field-error.ts';
import { isObject, type JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { qualifiedNameErrors } from './pods/checks.ts';
import { isUnset, part, text, type Rules } from './rules.ts';

export const event: Rules = {
  validate: (object) => eventErrors(object, { about: 'involvedObject', by: 'reportingComponent' }),
  fields(object) {
    const component = text(part(object, 'source'), 'component');
    return {
      source: component || text(object, 'reportingComponent'),
      reportingComponent: text(object, 'reportingComponent') || component,
    };
  },
};

const INVOLVED = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

export const eventV1: Rules = {
  validate(object, old) {
    const errors = eventErrors(object, { about: 'regarding', by: 'reportingController' });
    return old === undefined ? [...errors, ...newEventErrors(object)] : errors;
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

/** What only events without a time of their own may have. */
const DEPRECATED: readonly [string, string][] = [
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
  ['deprecatedSource', 'source'],
];

function newEventErrors(object: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  if (isUnset(object.eventTime)) errors.push(required('eventTime'));
  const type = text(object, 'type');
  if (type !== 'Normal' && type !== 'Warning') {
    errors.push(invalid('type', '', `has invalid value: ${type}`));
  }
  for (const [key, field] of DEPRECATED) {
    const value = object[key];
    const isEmpty = isUnset(value) || value === 0 || (isObject(value) && noTexts(value));
    if (!isEmpty) errors.push(invalid(field, '', 'needs to be unset'));
  }
  return errors;
}

function noTexts(object: JsonObject): boolean {
  return Object.values(object).every(isUnset);
}

const LENGTHS: Readonly<Record<string, number>> = {
  reportingInstance: 128,
  action: 128,
  reason: 128,
};
const NOTE_BYTES = 1024;

/** `about` and `by` are the names of the fields with the object and the controller of the event. */
function eventErrors(
  object: JsonObject,
  { about, by }: { about: string; by: string },
): FieldError[] {
  const namespace = text(part(object, 'metadata'), 'namespace');
  const involved = text(part(object, about), 'namespace');
  const isTimed = !isUnset(object.eventTime);
  const errors: FieldError[] = [];
  // Events about what is in no namespace are in "default"; newer ones may be in "kube-system".
  const isPlaced =
    involved === ''
      ? namespace === 'default' || (isTimed && namespace === 'kube-system')
      : isTimed || involved === namespace;
  if (!isPlaced) {
    const why = 'does not match event.namespace';
    errors.push(invalid('involvedObject.namespace', involved, why));
  }
  if (!isTimed) return errors;
  const controller = text(object, by);
  if (controller === '') errors.push(required(by));
  errors.push(...qualifiedNameErrors(controller, by));
  for (const [key, most] of Object.entries(LENGTHS)) {
    const value = text(object, key);
    if (value === '') errors.push(required(key));
    if (Buffer.byteLength(value) > most)
      errors.push(invalid(key, '', `can have at most ${most} characters`));
  }
  const note = text(object, about === 'regarding' ? 'note' : 'message');
  if (Buffer.byteLength(note) <= NOTE_BYTES) return errors;
  return [...errors, invalid('message', '', `can have at most ${NOTE_BYTES} characters`)];
}
