/** Role-based access control over the stored Roles and bindings (https://kubernetes.io/docs/reference/access-authn-authz/rbac/). */
import type { Storage } from '../../storage/storage.ts';
import type { User } from '../request.ts';
import { MASTERS } from './authorizer.ts';
import type { AccessDecision, AccessRequest, Authorizer, UserRules } from './authorizer.ts';
import { allows } from './policy-rule.ts';
import type { PolicyRule } from './policy-rule.ts';
import { RBAC_GROUP, RbacIndex } from './rbac-index.ts';
import type { RoleRef } from './rbac-index.ts';

interface HeldRule {
  rule: PolicyRule;
  /** The binding it comes from. */
  description: string;
}

interface Holdings {
  rules: HeldRule[];
  errors: string[];
}

export interface RbacAuthorizer extends Authorizer {
  /** The rules of a role; undefined when it does not exist. */
  roleRules(role: RoleRef): PolicyRule[] | undefined;
  /** Stops following the storage. */
  close(): void;
}

/** Users whose rules are remembered; beyond it all are forgotten. Tokens and impersonation make their number unbounded. */
const REMEMBERED_USERS = 1024;

/**
 * Answers from an index and remembers each user's rules until any role or binding changes: the first request after a
 * change costs a walk through the user's bindings, the others a walk through the rules.
 */
export function createRbacAuthorizer(storage: Storage): RbacAuthorizer {
  const remembered = new Map<string, Map<string, Holdings>>();
  const index = new RbacIndex(storage, () => remembered.clear());

  function holdingsOf(user: User, namespace: string | undefined): Holdings {
    const key = `${user.name}\n${user.groups.join('\n')}`;
    let scopes = remembered.get(key);
    if (scopes === undefined) {
      if (remembered.size >= REMEMBERED_USERS) remembered.clear();
      remembered.set(key, (scopes = new Map()));
    }
    const scope = namespace ?? '';
    let holdings = scopes.get(scope);
    if (holdings === undefined) {
      if (scopes.size >= REMEMBERED_USERS) scopes.clear();
      scopes.set(scope, (holdings = resolve(user, namespace)));
    }
    return holdings;
  }

  function resolve(user: User, namespace: string | undefined): Holdings {
    const holdings: Holdings = { rules: [], errors: [] };
    for (const { role, description } of index.grants(user, namespace)) {
      const rules = index.rules(role);
      if (rules === undefined) holdings.errors.push(missingRole(role));
      else holdings.rules.push(...rules.map((rule) => ({ rule, description })));
    }
    return holdings;
  }

  return {
    authorize(request): AccessDecision {
      if (request.user.groups.includes(MASTERS)) return { allowed: true, reason: '' };
      const { rules, errors } = holdingsOf(request.user, namespaceOf(request));
      const held = rules.find(({ rule }) => allows(rule, request));
      if (held) return { allowed: true, reason: `RBAC: allowed by ${held.description}` };
      if (errors.length === 0) return { allowed: false, reason: '' };
      return { allowed: false, reason: `RBAC: ${joinErrors(errors)}` };
    },
    rulesFor(user, namespace): UserRules {
      const { rules, errors } = holdingsOf(user, namespace);
      return { rules: rules.map(({ rule }) => rule), errors };
    },
    roleRules: (role) => index.rules(role),
    close: () => index.close(),
  };
}

function namespaceOf({ resource, namespace }: AccessRequest): string | undefined {
  return resource === undefined ? undefined : namespace;
}

function missingRole({ kind, name }: RoleRef): string {
  return `${kind.toLowerCase()}.${RBAC_GROUP} ${JSON.stringify(name)} not found`;
}

/** Several errors as apimachinery's aggregate prints them: each text once. */
export function joinErrors(errors: string[]): string {
  const texts = [...new Set(errors)];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}
