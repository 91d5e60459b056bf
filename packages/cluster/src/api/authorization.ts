/** Who may do what. For now everybody the server knows is an administrator; RBAC will be another `Authorizer`. */
import type { User } from './request.ts';

export interface AccessRequest {
  user: User;
  /** A resource verb, or the lowercase HTTP method for a path. */
  verb: string;
  group?: string;
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  /** A path that is no resource, e.g. `/version`. */
  path?: string;
}

export interface AccessDecision {
  allowed: boolean;
  reason: string;
}

export interface Authorizer {
  /** Must not throw. */
  authorize(request: AccessRequest): AccessDecision;
}

/** Allows everything to every authenticated user. */
export const allowAll: Authorizer = {
  authorize: () => ({
    allowed: true,
    reason: 'every authenticated user is an administrator of this cluster',
  }),
};
