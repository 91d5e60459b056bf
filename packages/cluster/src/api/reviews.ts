/** The kinds that are questions: they are answered, never stored. */
import { isObject } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import type { Authorizer } from './authorization.ts';
import { listAt, objectAt, stringAt } from './json.ts';
import type { User } from './request.ts';
import type { TokenAuthority } from './tokens.ts';
import { ISSUER } from './tokens.ts';

export interface ReviewContext {
  user: User;
  authorizer: Authorizer;
  tokens: TokenAuthority;
}

/** Gives the `status` of a review from its `spec`. */
type Review = (spec: JsonObject, context: ReviewContext) => object;

const REVIEWS: Record<string, Review> = {
  'authorization.k8s.io/selfsubjectaccessreviews': (spec, context) =>
    access(spec, context.user, context),
  'authorization.k8s.io/subjectaccessreviews': (spec, context) =>
    access(spec, subjectOf(spec), context),
  'authorization.k8s.io/localsubjectaccessreviews': (spec, context) =>
    access(spec, subjectOf(spec), context),
  'authorization.k8s.io/selfsubjectrulesreviews': () => ({
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    incomplete: false,
  }),
  'authentication.k8s.io/selfsubjectreviews': (_spec, { user }) => ({ userInfo: userInfo(user) }),
  'authentication.k8s.io/tokenreviews': tokenReview,
};

/** How a resource answers, or undefined when it is an ordinary one. */
export function reviewOf(group: string, plural: string): Review | undefined {
  return REVIEWS[`${group}/${plural}`];
}

function access(spec: JsonObject, user: User, { authorizer }: ReviewContext): object {
  const resource = objectAt(spec, 'resourceAttributes');
  const path = objectAt(spec, 'nonResourceAttributes');
  const decision = authorizer.authorize({
    user,
    verb: stringAt(resource ?? path, 'verb') ?? '',
    ...(resource && {
      group: stringAt(resource, 'group') ?? '',
      resource: stringAt(resource, 'resource'),
      subresource: stringAt(resource, 'subresource'),
      namespace: stringAt(resource, 'namespace'),
      name: stringAt(resource, 'name'),
    }),
    ...(path && { path: stringAt(path, 'path') }),
  });
  return decision.reason === '' ? { allowed: decision.allowed } : { ...decision };
}

function subjectOf(spec: JsonObject): User {
  const extra = Object.entries(objectAt(spec, 'extra') ?? {}).map(([key, value]) => [
    key,
    strings(value),
  ]);
  return {
    name: stringAt(spec, 'user') ?? '',
    uid: stringAt(spec, 'uid'),
    groups: strings(spec['groups']),
    extra: Object.fromEntries(extra),
  };
}

function tokenReview(spec: JsonObject, { tokens }: ReviewContext): object {
  const asked = strings(listAt(spec, 'audiences'));
  const verified = tokens.verify(
    stringAt(spec, 'token') ?? '',
    asked.length > 0 ? asked : [ISSUER],
  );
  if (!verified)
    return { authenticated: false, user: {}, error: 'the token is not valid for this cluster' };
  return { authenticated: true, user: userInfo(verified.user), audiences: verified.audiences };
}

function userInfo({ name, uid, groups, extra }: User): object {
  return { username: name, ...(uid !== undefined && { uid }), groups, ...(extra && { extra }) };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The review with its answer. */
export function answerReview(review: Review, body: JsonObject, context: ReviewContext): JsonObject {
  const spec = isObject(body['spec']) ? body['spec'] : {};
  return { ...body, status: review(spec, context) };
}
