/**
 * Nobody gives away more than they have: writers of roles need every permission in them, writers of bindings every
 * permission of the role, or the verbs `escalate` and `bind`
 * (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping).
 */
import { isObject, jsonEqual } from '../../schema/json.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../admission/admission.ts';
import { listAt } from '../json.ts';
import type { ApiObject } from '../object.ts';
import type { User } from '../request.ts';
import { forbidden, notFound } from '../status-error.ts';
import { EVERYTHING, MASTERS } from './authorizer.ts';
import type { Authorizer } from './authorizer.ts';
import { compactRules, describeRule, missingRules, quotedList, rulesOf } from './policy-rule.ts';
import type { PolicyRule } from './policy-rule.ts';
import { joinErrors } from './rbac-authorizer.ts';
import type { RbacAuthorizer } from './rbac-authorizer.ts';
import { RBAC_GROUP, roleOf } from './rbac-index.ts';

/** Where the permissions of a role are looked up. */
type Roles = Pick<RbacAuthorizer, 'roleRules'>;

/** Checks creates and updates of roles and bindings. Refuses with 403, and 404 for a binding to a role that is not there. */
export function rbacEscalation(authorizer: Authorizer, roles: Roles): AdmissionPlugin {
  return {
    name: 'RBACEscalation',
    commit(request) {
      const { resource, operation, object, oldObject, subresource, user } = request;
      if (resource.group !== RBAC_GROUP || object === undefined || subresource !== undefined)
        return;
      if (operation !== 'CREATE' && operation !== 'UPDATE') return;
      if (user.groups.includes(MASTERS)) return;
      if (oldObject !== undefined && changesOwnershipOnly(object, oldObject)) return;
      const isBinding = resource.plural.endsWith('bindings');
      if (isBinding) checkBinding({ authorizer, roles }, request, object);
      else checkRole(authorizer, request, object);
    },
  };
}

function checkRole(authorizer: Authorizer, request: AdmissionRequest, role: ApiObject): void {
  const { resource, namespace, name, user, oldObject } = request;
  const { group, plural } = resource;
  const access = { user, verb: 'escalate', group, resource: plural, namespace, name };
  if (authorizer.authorize(access).allowed) return;
  const problem = escalation(authorizer, { user, namespace, rules: rulesOf(role) });
  if (problem !== undefined) throw forbidden(resource, name, problem);
  if (!isAggregated(role) && !isAggregated(oldObject)) return;
  if (escalation(authorizer, { user, namespace, rules: EVERYTHING }) === undefined) return;
  throw forbidden(resource, name, 'must have cluster-admin privileges to use the aggregationRule');
}

function checkBinding(
  { authorizer, roles }: { authorizer: Authorizer; roles: Roles },
  request: AdmissionRequest,
  binding: ApiObject,
): void {
  const { resource, namespace, name, user } = request;
  const role = roleOf(binding, namespace);
  const plural = role.kind === 'Role' ? 'roles' : 'clusterroles';
  const access = { user, verb: 'bind', group: RBAC_GROUP, resource: plural, namespace };
  if (authorizer.authorize({ ...access, name: role.name }).allowed) return;
  const rules = roles.roleRules(role);
  // The refusal names the binding's resource and the role's name.
  if (rules === undefined) throw notFound(resource, role.name);
  const problem = escalation(authorizer, { user, namespace, rules });
  if (problem !== undefined) throw forbidden(resource, name, problem);
}

/** Why the user may not give these rules away; undefined when the user holds them all. */
function escalation(
  authorizer: Authorizer,
  { user, namespace, rules }: { user: User; namespace: string | undefined; rules: PolicyRule[] },
): string | undefined {
  const held = authorizer.rulesFor(user, namespace);
  const missing = missingRules(held.rules, rules);
  if (missing.length === 0) return undefined;
  const list = [...new Set(compactRules(missing).map(describeRule))].toSorted().join('\n');
  const who = `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)})`;
  const errors =
    held.errors.length === 0 ? '' : `; resolution errors: [${joinErrors(held.errors)}]`;
  return `${who} is attempting to grant RBAC permissions not currently held:\n${list}${errors}`;
}

function isAggregated(role: ApiObject | undefined): boolean {
  return listAt(role, 'aggregationRule', 'clusterRoleSelectors').length > 0;
}

const IGNORED = ['finalizers', 'ownerReferences', 'managedFields', 'resourceVersion', 'generation'];

/** Whether only those fields differ that the garbage collector must be able to change. */
function changesOwnershipOnly(next: ApiObject, old: ApiObject): boolean {
  return jsonEqual(withoutOwnership(next), withoutOwnership(old));
}

function withoutOwnership(object: ApiObject): object {
  const metadata = isObject(object.metadata) ? Object.entries(object.metadata) : [];
  return {
    ...object,
    metadata: Object.fromEntries(metadata.filter(([field]) => !IGNORED.includes(field))),
  };
}
