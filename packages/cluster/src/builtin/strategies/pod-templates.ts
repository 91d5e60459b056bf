/** Errors of pod templates, which all workloads have in the same words. */
import { annotationErrors } from '../../api/names.ts';
import { forbidden } from '../../schema/field-error.ts';
import type { JsonObject } from '../../schema/json.ts';
import type { FieldError } from '../../schema/schema.ts';
import { podSpecErrors } from './pod-validation.ts';
import { items, labelsErrors, part } from './rules.ts';

/** Errors of a PodTemplateSpec. */
export function templateErrors(template: JsonObject, path: string): FieldError[] {
  const metadata = part(template, 'metadata');
  const spec = part(template, 'spec');
  const annotations = part(metadata, 'annotations');
  const texts = Object.entries(annotations).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const errors = [
    ...labelsErrors(part(metadata, 'labels'), `${path}.labels`),
    ...annotationErrors(Object.fromEntries(texts)).map((error) => ({
      ...error,
      field: `${path}.annotations`,
    })),
    ...podSpecErrors(spec, `${path}.spec`),
  ];
  if (items(spec, 'ephemeralContainers').length > 0) {
    const why = 'ephemeral containers not allowed in pod template';
    errors.push(forbidden(`${path}.spec.ephemeralContainers`, why));
  }
  return errors;
}
