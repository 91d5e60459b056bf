/** What `x-kubernetes-validations` may contain, apart from whether its expressions compile. */
import { invalid, notSupported, required } from './field-error.ts';
import { findFieldPath } from './schema-field-path.ts';
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
    errors.push(invalid(field, fieldPath, 'must be non-empty if specified'));
  }
  if (hasNewline(fieldPath)) {
    errors.push(invalid(field, fieldPath, 'must not contain line breaks'));
  }
  if ('problem' in findFieldPath(schema, fieldPath, { allowsBrackets: true })) {
    errors.push(invalid(field, fieldPath, 'must be a valid path'));
  }
  return errors;
}

function messageProblem(rule: string, message: string, path: string): FieldError | undefined {
  const field = at(path, 'message');
  if (rule.trim() === '') return required(at(path, 'rule'), 'rule is not specified');
  if (message !== '' && message.trim() === '') {
    return invalid(field, message, 'must be non-empty if specified');
  }
  if (hasNewline(message.trim())) {
    return invalid(field, message, 'must not contain line breaks');
  }
  if (hasNewline(rule.trim()) && message === '') {
    return required(field, 'message must be specified if rule contains line breaks');
  }
  return undefined;
}
