/** ValidatingAdmissionPolicy (KEP-3488): rules in CEL, bound to resources and parameters, evaluated without leaving the process. */
import type { Activation } from '../../../schema/cel-expression.ts';
import { stringAt } from '../../json.ts';
import type { ApiObject } from '../../object.ts';
import type { ResourceRegistry, ServedResource } from '../../resource-registry.ts';
import { forbidden } from '../../status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts';
import { presented, reviewRequest } from '../admission-review.ts';
import type { ExpressionVariables } from '../expression-variables.ts';
import { checkConditions } from '../conditions.ts';
import { selectsLabels } from '../label-selector.ts';
import { isExempt, namespaceOf } from '../match.ts';
import type { Matcher } from '../match.ts';
import type { StoredObjects } from '../stored-objects.ts';
import type { Policy, PolicyBinding, PolicyIndex, Validation } from './policy-index.ts';

export interface PolicyDependencies {
  index: PolicyIndex;
  matcher: Matcher;
  registry: ResourceRegistry;
  stored: StoredObjects;
  variablesFor: ExpressionVariables;
}

/** What a policy under a binding holds against a request. */
interface Decision {
  message: string;
  reason: string;
}

export function validatingPolicies(deps: PolicyDependencies): AdmissionPlugin {
  return {
    name: 'ValidatingAdmissionPolicy',
    validate(request) {
      if (isExempt(request)) return;
      for (const policy of deps.index.get()) {
        const resource = deps.matcher.match(policy.criteria, request);
        if (resource) check(deps, { request, policy, resource });
      }
    },
  };
}

interface Evaluation {
  request: AdmissionRequest;
  policy: Policy;
  resource: ServedResource;
}

function check(deps: PolicyDependencies, evaluation: Evaluation): void {
  const { request, policy } = evaluation;
  for (const binding of policy.bindings) {
    if (binding.criteria && !deps.matcher.match(binding.criteria, request)) continue;
    const decisions = decide(deps, evaluation, binding);
    for (const decision of decisions) act(request, { policy, binding, decision });
  }
}

function act(
  { resource, name, warn }: AdmissionRequest,
  of: { policy: Policy; binding: PolicyBinding; decision: Decision },
): void {
  const { policy, binding, decision } = of;
  const by = `ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}'`;
  if (binding.actions.has('Warn')) warn(`Validation failed for ${by}: ${decision.message}`);
  if (!binding.actions.has('Deny')) return;
  const message = `${by} denied request: ${decision.message}`;
  const error = forbidden(resource, name, message);
  const reason = decision.reason === '' ? 'Invalid' : decision.reason;
  Object.assign(error.status, { reason, code: CODES[reason] ?? 422 });
  error.status.details = { ...error.status.details, causes: [{ message }] };
  throw error;
}

const CODES: Record<string, number> = {
  Unauthorized: 401,
  Forbidden: 403,
  RequestEntityTooLarge: 413,
  Invalid: 422,
};

/** Empty when nothing is held against the request. */
function decide(
  deps: PolicyDependencies,
  evaluation: Evaluation,
  binding: PolicyBinding,
): Decision[] {
  const { request, policy, resource } = evaluation;
  let params: (ApiObject | null)[];
  try {
    params = paramsOf(deps, { policy, binding, request });
  } catch (error) {
    if (policy.ignoresFailure) return [];
    return [{ message: `failed to configure binding: ${messageOf(error)}`, reason: '' }];
  }
  return params.flatMap((param) => {
    const activation: Activation = {
      object: presented(request, request.object),
      oldObject: presented(request, request.oldObject),
      request: reviewRequest(request, resource),
      params: param,
      namespaceObject: namespaceObject(deps, request),
      ...deps.variablesFor(request),
    };
    const conditions = checkConditions(policy.conditions, () => activation);
    if (conditions === 'no-match') return [];
    if (conditions !== 'match')
      return policy.ignoresFailure ? [] : [{ message: conditions.error, reason: '' }];
    return policy.validations
      .map((validation) => evaluate(validation, activation, policy.ignoresFailure))
      .filter((decision) => decision !== undefined);
  });
}

function namespaceObject(
  { stored }: PolicyDependencies,
  request: AdmissionRequest,
): ApiObject | null {
  return request.namespace === undefined ? null : (namespaceOf(request, stored) ?? null);
}

function evaluate(
  validation: Validation,
  activation: Activation,
  ignoresFailure: boolean,
): Decision | undefined {
  const { text, reason } = validation;
  try {
    if (validation.expression().evaluate(activation).value === true) return undefined;
  } catch (error) {
    if (ignoresFailure) return undefined;
    return { message: `expression '${text}' resulted in error: ${messageOf(error)}`, reason };
  }
  return { message: explain(validation, activation), reason };
}

/** messageExpression if it gives one usable line, else message, else the expression. */
function explain(validation: Validation, activation: Activation): string {
  const fallback =
    validation.message !== ''
      ? validation.message.trim()
      : `failed expression: ${validation.text.trim()}`;
  if (!validation.messageExpression) return fallback;
  try {
    const { value } = validation.messageExpression().evaluate(activation);
    const line = typeof value === 'string' ? value.trim() : '';
    return line === '' || line.length > 5120 || line.includes('\n') ? fallback : line;
  } catch {
    return fallback;
  }
}

/** The parameters a binding gives its policy; `[null]` when the policy takes none. Throws why there are none. */
function paramsOf(
  deps: PolicyDependencies,
  of: { policy: Policy; binding: PolicyBinding; request: AdmissionRequest },
): (ApiObject | null)[] {
  const { policy, binding, request } = of;
  const { paramKind } = policy;
  const { paramRef } = binding;
  if (!paramKind || !paramRef) return [null];
  const resource = deps.registry
    .all()
    .find((item) => item.apiVersion === paramKind.apiVersion && item.kind === paramKind.kind);
  if (!resource) {
    const { apiVersion, kind } = paramKind;
    throw new Error(
      `failed to find resource referenced by paramKind: '${apiVersion}, Kind=${kind}'`,
    );
  }
  const namespace = paramNamespace(resource, stringAt(paramRef, 'namespace'), request);
  const name = stringAt(paramRef, 'name') ?? '';
  const found =
    name === ''
      ? deps.stored
          .list(resource, namespace)
          .filter(({ metadata }) => selectsLabels(paramRef['selector'], metadata.labels))
      : [deps.stored.get(resource, name, namespace)].filter((item) => item !== undefined);
  if (found.length > 0)
    return found.map((object) => ({ ...object, apiVersion: paramKind.apiVersion }));
  if (stringAt(paramRef, 'parameterNotFoundAction') === 'Allow') return [];
  throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction');
}

function paramNamespace(
  resource: ServedResource,
  named: string | undefined,
  request: AdmissionRequest,
): string | undefined {
  if (!resource.namespaced) {
    if ((named ?? '') === '') return undefined;
    throw new Error('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  }
  if (named !== undefined && named !== '') return named;
  if (request.namespace !== undefined) return request.namespace;
  throw new Error(
    'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
