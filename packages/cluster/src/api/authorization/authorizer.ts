/** Who may do what: the port the API server asks before every request, and the adapter that says yes. */
import type { User } from '../request.ts';
import type { PolicyRule } from './policy-rule.ts';

/** What somebody wants to do: something with a resource, or something with a path that is no resource. */
export interface AccessRequest {
  user: User;
  /** A resource verb, or the lowercase HTTP method for a path. */
  verb: string;
  group?: string;
  /** Plural; undefined when the request is about a path. */
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  /** A path that is no resource, e.g. `/version`. */
  path?: string;
}

export interface AccessDecision {
  allowed: boolean;
  /** Why, for people and for the audit log; may be empty. */
  reason: string;
}

/** Everything a user may do in one namespace and at the cluster scope. */
export interface UserRules {
  rules: PolicyRule[];
  /** Roles that are bound but cannot be found, one message each. */
  errors: string[];
}

export interface Authorizer {
  /** Asked for every request. Must not throw, and must answer within microseconds. */
  authorize(request: AccessRequest): AccessDecision;
  /** The rules behind the answers, for SelfSubjectRulesReview and escalation checks. Must not throw. */
  rulesFor(user: User, namespace: string | undefined): UserRules;
}

/** The group whose members may do everything, whatever the roles say (Kubernetes: "privileged group"). */
export const MASTERS = 'system:masters';

/** The rules of `cluster-admin`. */
export const EVERYTHING: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Allows everything to every authenticated user, as `--authorization-mode=AlwaysAllow`. */
export const allowAll: Authorizer = {
  authorize: () => ({ allowed: true, reason: '' }),
  rulesFor: () => ({ rules: EVERYTHING, errors: [] }),
};
