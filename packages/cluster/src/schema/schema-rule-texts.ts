/** What `x-kubernetes-validations` may contain, apart from whether its expressions compile. */
import { invalid, notSupported, required } from './field-error.ts';
import type { FieldError, Schema, ValidationRule } from './schema.ts';
import { at } from './schema-path.ts';

const reasons = [
  'FieldValueDuplicate',
  'FieldValueForbidden',
  'FieldValueInvalid',
  'FieldValueRequired',
];

export function checkRuleTexts(schema: Schema, path: string): FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, i) =>
    checkRule(rule, schema, at(path, `x-kubernetes-validations[${i}]`)),
  );
}

const hasNewline = (text: string): boolean => /[\n\r]/.test(text);

function checkRule(rule: ValidationRule, schema: Schema, path: string): FieldError[] {
  const { message = '', messageExpression = '', fieldPath = '', reason } = rule;
  const errors: FieldError[] = [];
  const problem = messageProblem(rule.rule, message, path);
  if (problem !== undefined) errors.push(problem);
  if (messageExpression !== '' && messageExpression.trim() === '') {
    const detail = 'messageExpression must be non-empty if specified';
    errors.push(required(at(path, 'messageExpression'), detail));
  }
  if (reason !== undefined && !reasons.includes(reason)) {
    errors.push(notSupported(at(path, 'reason'), reason, reasons));
  }
  const field = at(path, 'fieldPath');
  if (fieldPath === '') return errors;
  if (fieldPath.trim() === '') {
    errors.push(invalid(field, fieldPath, 'fieldPath must be non-empty if specified'));
  }
  if (hasNewline(fieldPath)) {
    errors.push(invalid(field, fieldPath, 'fieldPath must not contain line breaks'));
  }
  if (!isFieldPath(fieldPath, schema)) {
    errors.push(invalid(field, fieldPath, 'fieldPath must be a valid path'));
  }
  return errors;
}

function messageProblem(rule: string, message: string, path: string): FieldError | undefined {
  const field = at(path, 'message');
  if (rule.trim() === '') return required(at(path, 'rule'), 'rule is not specified');
  if (message !== '' && message.trim() === '') {
    return invalid(field, message, 'message must be non-empty if specified');
  }
  if (hasNewline(message.trim())) {
    return invalid(field, message, 'message must not contain line breaks');
  }
  if (hasNewline(rule.trim()) && message === '') {
    return required(field, 'message must be specified if rule contains line breaks');
  }
  return undefined;
}

const pathStep = /\.([^.[\]']+)|\['((?:[^'\\]|\\.)*)'\]/y;

/** Whether `.a['b']` leads through fields and map keys that the schema declares. */
function isFieldPath(path: string, schema: Schema): boolean {
  let place: Schema | undefined = schema;
  let end = 0;
  while (end < path.length) {
    pathStep.lastIndex = end;
    const found = pathStep.exec(path);
    if (found === null) return false;
    const name: string = found[1] ?? (found[2] ?? '').replace(/\\(.)/g, '$1');
    const additional: Schema | boolean | undefined = place.additionalProperties;
    if (place.properties !== undefined) {
      place = Object.hasOwn(place.properties, name) ? place.properties[name] : undefined;
    } else place = typeof additional === 'object' ? additional : undefined;
    if (place === undefined) return false;
    end += found[0].length;
  }
  return true;
}
