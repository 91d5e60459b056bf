/** The stored ValidatingAdmissionPolicies with their bindings, compiled once for each change. */
import { compileExpression } from '../../../schema/cel-expression.ts';
import type { CompiledExpression } from '../../../schema/cel-expression.ts';
import type { JsonObject } from '../../../schema/json.ts';
import type { Storage } from '../../../storage/storage.ts';
import { listAt, objectAt, stringAt } from '../../json.ts';
import { fromStorage, resourcePrefix } from '../../object.ts';
import type { ApiObject } from '../../object.ts';
import type { MatchCriteria } from '../match.ts';
import { parseConditions } from '../webhooks/webhook-index.ts';
import type { MatchCondition } from '../webhooks/webhook-index.ts';

export interface Policy {
  name: string;
  criteria: MatchCriteria;
  conditions: MatchCondition[];
  ignoresFailure: boolean;
  paramKind?: { apiVersion: string; kind: string };
  validations: Validation[];
  bindings: PolicyBinding[];
}

export interface Validation {
  text: string;
  /** Throws what is wrong with the expression. */
  expression(): CompiledExpression;
  message: string;
  messageExpression?(): CompiledExpression;
  reason: string;
}

export interface PolicyBinding {
  name: string;
  paramRef?: JsonObject;
  criteria?: MatchCriteria;
  actions: ReadonlySet<string>;
}

/** What expressions of a policy may use, beside `variables`. */
export const POLICY_VARIABLES = [
  'object',
  'oldObject',
  'request',
  'params',
  'namespaceObject',
  'authorizer',
  'authorizer.requestResource',
] as const;

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = resourcePrefix({ group: GROUP, plural: 'validatingadmissionpolicies' });
const BINDINGS = resourcePrefix({ group: GROUP, plural: 'validatingadmissionpolicybindings' });

export interface PolicyIndex {
  /** Policies that have a binding, in name order. */
  get(): readonly Policy[];
  close(): void;
}

export function createPolicyIndex(storage: Storage): PolicyIndex {
  let known: Policy[] | undefined;
  const forget = () => (known = undefined);
  const load = (): Policy[] => {
    const bindings = storage.list(BINDINGS).entries.map(fromStorage);
    if (bindings.length === 0) return [];
    return storage
      .list(POLICIES)
      .entries.map(fromStorage)
      .map((policy) => parsePolicy(policy, bindings))
      .filter((policy) => policy.bindings.length > 0);
  };
  const stops = [POLICIES, BINDINGS].map((prefix) => storage.subscribe(prefix, forget));
  return {
    get: () => (known ??= load()),
    close() {
      for (const stop of stops) stop();
    },
  };
}

function criteriaOf(match: JsonObject | undefined): MatchCriteria {
  return {
    rules: listAt(match, 'resourceRules'),
    excludeRules: listAt(match, 'excludeResourceRules'),
    matchPolicy: stringAt(match, 'matchPolicy'),
    namespaceSelector: match?.['namespaceSelector'],
    objectSelector: match?.['objectSelector'],
  };
}

/** Rules of a binding that names none do not narrow its policy. */
const EVERYTHING = [
  { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*', '*/*'] },
];

function bindingCriteria(match: JsonObject | undefined): MatchCriteria | undefined {
  if (!match) return undefined;
  const criteria = criteriaOf(match);
  return criteria.rules.length > 0 ? criteria : { ...criteria, rules: EVERYTHING };
}

function parsePolicy(policy: ApiObject, bindings: ApiObject[]): Policy {
  const spec = objectAt(policy, 'spec');
  const { name } = policy.metadata;
  const compile = compilerFor(policy);
  const paramKind = objectAt(spec, 'paramKind');
  return {
    name,
    criteria: criteriaOf(objectAt(spec, 'matchConstraints')),
    conditions: parseConditions(spec?.['matchConditions'], compile),
    ignoresFailure: stringAt(spec, 'failurePolicy') === 'Ignore',
    ...(paramKind && {
      paramKind: {
        apiVersion: stringAt(paramKind, 'apiVersion') ?? '',
        kind: stringAt(paramKind, 'kind') ?? '',
      },
    }),
    validations: listAt(spec, 'validations').map((item) => parseValidation(item, compile)),
    bindings: bindings
      .filter((binding) => stringAt(binding, 'spec', 'policyName') === name)
      .map((binding) => ({
        name: binding.metadata.name,
        paramRef: objectAt(binding, 'spec', 'paramRef'),
        criteria: bindingCriteria(objectAt(binding, 'spec', 'matchResources')),
        actions: new Set(listAt(binding, 'spec', 'validationActions').map(String)),
      })),
  };
}

/**
 * Compiles expressions of a policy: each of its variables may use those before it. Throws CelCompileError, of a variable
 * too.
 */
export function compilerFor(policy: unknown): (text: string) => CompiledExpression {
  let composition: Map<string, CompiledExpression> | undefined;
  const variables = POLICY_VARIABLES;
  const load = () => {
    const known = new Map<string, CompiledExpression>();
    for (const variable of listAt(policy, 'spec', 'variables')) {
      const text = stringAt(variable, 'expression') ?? '';
      const compiled = compileExpression(text, { variables, composition: new Map(known) });
      known.set(stringAt(variable, 'name') ?? '', compiled);
    }
    return known;
  };
  return (text) => compileExpression(text, { variables, composition: (composition ??= load()) });
}

function parseValidation(item: unknown, compile: (text: string) => CompiledExpression): Validation {
  const text = stringAt(item, 'expression') ?? '';
  const message = stringAt(item, 'messageExpression') ?? '';
  let expression: CompiledExpression | undefined;
  let messageExpression: CompiledExpression | undefined;
  return {
    text,
    expression: () => (expression ??= compile(text)),
    message: stringAt(item, 'message') ?? '',
    ...(message !== '' && {
      messageExpression: () => (messageExpression ??= compile(message)),
    }),
    reason: stringAt(item, 'reason') ?? '',
  };
}
