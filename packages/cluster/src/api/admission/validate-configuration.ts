/** Rules of webhook configurations and admission policies beyond their schema, chief among them: expressions compile. */
import { compileExpression } from '../../schema/cel-expression.ts';
import { duplicate, invalid, notSupported, required } from '../../schema/field-error.ts';
import type { FieldError } from '../../schema/schema.ts';
import { clientConfigErrors } from '../crd-rules.ts';
import { qualifiedNameProblems } from '../names.ts';
import { listAt, numberAt, objectAt, stringAt } from '../json.ts';
import type { ApiObject } from '../object.ts';
import { compilerFor } from './policies/policy-index.ts';
import { CONDITION_VARIABLES } from './webhooks/webhook-index.ts';

/** Errors of an object of the group admissionregistration.k8s.io. */
export function configurationErrors(object: ApiObject): FieldError[] {
  switch (object.kind) {
    case 'MutatingWebhookConfiguration':
    case 'ValidatingWebhookConfiguration':
      return listAt(object, 'webhooks').flatMap((webhook, index) =>
        webhookErrors(webhook, `webhooks[${index}]`),
      );
    case 'ValidatingAdmissionPolicy':
      return policyErrors(object);
    case 'ValidatingAdmissionPolicyBinding':
      return bindingErrors(object);
    default:
      return [];
  }
}

function webhookErrors(webhook: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const clientConfig = objectAt(webhook, 'clientConfig');
  if (clientConfig) errors.push(...clientConfigErrors(clientConfig, `${path}.clientConfig`));
  const timeout = numberAt(webhook, 'timeoutSeconds');
  if (timeout !== undefined && (timeout < 1 || timeout > 30)) {
    const why = 'the timeout value must be between 1 and 30 seconds';
    errors.push(invalid(`${path}.timeoutSeconds`, timeout, why));
  }
  const compile = (text: string) => compileExpression(text, { variables: CONDITION_VARIABLES });
  errors.push(...conditionErrors(webhook, { path: `${path}.matchConditions`, compile }));
  return errors;
}

type Compile = (text: string) => unknown;

function conditionErrors(
  of: unknown,
  { path, compile }: { path: string; compile: Compile },
): FieldError[] {
  const names = new Set<string>();
  return listAt(of, 'matchConditions').flatMap((condition, index) => {
    const place = `${path}[${index}]`;
    const name = stringAt(condition, 'name') ?? '';
    const expression = stringAt(condition, 'expression');
    const errors = expressionErrors(expression, `${place}.expression`, compile);
    if (name === '') return [...errors, required(`${place}.name`)];
    const problems = qualifiedNameProblems(name);
    errors.push(...problems.map((problem) => invalid(`${place}.name`, name, problem)));
    if (names.has(name)) errors.push(duplicate(`${place}.name`, name));
    names.add(name);
    return errors;
  });
}

function expressionErrors(text: string | undefined, path: string, compile: Compile): FieldError[] {
  if (text === undefined || text.trim() === '') return [required(path)];
  try {
    compile(text);
    return [];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [invalid(path, text, `compilation failed: ${why}`)];
  }
}

function policyErrors(policy: ApiObject): FieldError[] {
  const spec = objectAt(policy, 'spec');
  const errors: FieldError[] = [];
  const constraints = objectAt(spec, 'matchConstraints');
  if (!constraints) errors.push(required('spec.matchConstraints'));
  else if (listAt(constraints, 'resourceRules').length === 0)
    errors.push(required('spec.matchConstraints.resourceRules'));
  const validations = listAt(spec, 'validations');
  if (validations.length === 0 && listAt(spec, 'auditAnnotations').length === 0) {
    const why = 'validations or auditAnnotations must contain at least one item';
    errors.push(required('spec.validations', why), required('spec.auditAnnotations', why));
  }
  const compile = compilerFor(policy);
  for (const [index, variable] of listAt(spec, 'variables').entries()) {
    // Those before a variable are there for it, those behind are not.
    const before = { spec: { variables: listAt(spec, 'variables').slice(0, index) } };
    const path = `spec.variables[${index}].expression`;
    const found = expressionErrors(stringAt(variable, 'expression'), path, compilerFor(before));
    if (found.length > 0) return [...errors, ...found];
  }
  errors.push(...conditionErrors(spec, { path: 'spec.matchConditions', compile }));
  for (const [index, validation] of validations.entries()) {
    const path = `spec.validations[${index}]`;
    errors.push(
      ...expressionErrors(stringAt(validation, 'expression'), `${path}.expression`, compile),
    );
    const message = stringAt(validation, 'messageExpression') ?? '';
    if (message !== '')
      errors.push(...expressionErrors(message, `${path}.messageExpression`, compile));
    const reason = stringAt(validation, 'reason') ?? '';
    const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
    if (reason !== '' && reason !== 'Unauthorized' && !reasons.includes(reason))
      errors.push(notSupported(`${path}.reason`, reason, reasons));
  }
  for (const [index, annotation] of listAt(spec, 'auditAnnotations').entries()) {
    const path = `spec.auditAnnotations[${index}].valueExpression`;
    errors.push(...expressionErrors(stringAt(annotation, 'valueExpression'), path, compile));
  }
  return errors;
}

function bindingErrors(binding: ApiObject): FieldError[] {
  const spec = objectAt(binding, 'spec');
  const errors: FieldError[] = [];
  if ((stringAt(spec, 'policyName') ?? '') === '') errors.push(required('spec.policyName'));
  const actions = listAt(spec, 'validationActions');
  if (actions.length === 0)
    errors.push(required('spec.validationActions', 'at least one validation action is required'));
  else if (actions.includes('Deny') && actions.includes('Warn')) {
    const why =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    errors.push(invalid('spec.validationActions', actions, why));
  }
  const paramRef = objectAt(spec, 'paramRef');
  if (!paramRef) return errors;
  const [name, selector] = [stringAt(paramRef, 'name') ?? '', objectAt(paramRef, 'selector')];
  if (name !== '' && selector) {
    const why = 'Forbidden: name and selector are mutually exclusive';
    errors.push({ type: 'Forbidden', field: 'spec.paramRef.name', detail: why });
  } else if (name === '' && !selector) {
    errors.push(required('spec.paramRef', 'one of name or selector must be specified'));
  }
  if (stringAt(paramRef, 'parameterNotFoundAction') === undefined)
    errors.push(required('spec.paramRef.parameterNotFoundAction'));
  return errors;
}
