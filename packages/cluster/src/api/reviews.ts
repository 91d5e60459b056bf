/** The kinds that are questions: they are answered, never stored. */
import { isObject } from '../schema/json.ts';
import type { JsonObject } from '../schema/json.ts';
import type { FieldError } from '../schema/schema.ts';
import type { Authorizer } from './authorization/authorizer.ts';
import { joinErrors } from './authorization/rbac-authorizer.ts';
import { listAt, objectAt, stringAt } from './json.ts';
import { timestamp } from './object.ts';
import type { ApiObject } from './object.ts';
import type { User } from './request.ts';
import { badRequest, invalid } from './status-error.ts';
import type { TokenAuthority } from './tokens.ts';
import { ISSUER } from './tokens.ts';

export interface ReviewContext {
  /** Who asks, after impersonation. */
  user: User;
  /** In the path; only LocalSubjectAccessReviews have one. */
  namespace?: string;
  authorizer: Authorizer;
  tokens: TokenAuthority;
  now: number;
}

/** Gives the `status` of a review from its `spec`. Throws 400 and 422. */
type Review = (spec: JsonObject, context: ReviewContext) => object;

const REVIEWS: Record<string, Review> = {
  'authorization.k8s.io/selfsubjectaccessreviews': (spec, context) => {
    refuse(attributeErrors(spec));
    return access(spec, context.user, context);
  },
  'authorization.k8s.io/subjectaccessreviews': (spec, context) => {
    refuse([...attributeErrors(spec), ...subjectErrors(spec)]);
    return access(spec, subjectOf(spec), context);
  },
  'authorization.k8s.io/localsubjectaccessreviews': (spec, context) => {
    const errors = [
      ...attributeErrors(spec),
      ...subjectErrors(spec),
      ...localErrors(spec, context),
    ];
    refuse(errors);
    return access(spec, subjectOf(spec), context);
  },
  'authorization.k8s.io/selfsubjectrulesreviews': rulesReview,
  'authentication.k8s.io/selfsubjectreviews': selfReview,
  'authentication.k8s.io/tokenreviews': tokenReview,
};

/** How a resource answers, or undefined when it is an ordinary one. */
export function reviewOf(group: string, plural: string): Review | undefined {
  return REVIEWS[`${group}/${plural}`];
}

/** The review with its answer. */
export function answerReview(review: Review, body: ApiObject, context: ReviewContext): JsonObject {
  const spec = isObject(body['spec']) ? body['spec'] : {};
  const { name, ...metadata } = body.metadata;
  const answer = { ...body, metadata: { ...(name !== '' && { name }), ...metadata } };
  const status = review(spec, context);
  if (review === rulesReview) return { ...answer, spec: {}, status };
  if (review !== selfReview) return { ...answer, status };
  const creationTimestamp = timestamp(context.now);
  return { ...answer, metadata: { ...answer.metadata, creationTimestamp }, status };
}

function selfReview(_spec: JsonObject, { user }: ReviewContext): object {
  return { userInfo: userInfo(user) };
}

function access(spec: JsonObject, user: User, { authorizer }: ReviewContext): object {
  const resource = objectAt(spec, 'resourceAttributes');
  const path = objectAt(spec, 'nonResourceAttributes');
  const { allowed, reason } = authorizer.authorize({
    user,
    verb: stringAt(resource ?? path, 'verb') ?? '',
    ...(resource && {
      group: stringAt(resource, 'group') ?? '',
      resource: stringAt(resource, 'resource') ?? '',
      subresource: stringAt(resource, 'subresource'),
      namespace: stringAt(resource, 'namespace'),
      name: stringAt(resource, 'name'),
    }),
    ...(path && { path: stringAt(path, 'path') ?? '' }),
  });
  return { allowed, ...(reason !== '' && { reason }) };
}

function attributeErrors(spec: JsonObject): FieldError[] {
  const hasResource = objectAt(spec, 'resourceAttributes') !== undefined;
  const hasPath = objectAt(spec, 'nonResourceAttributes') !== undefined;
  if (hasResource !== hasPath) return [];
  const field = hasResource ? 'spec.nonResourceAttributes' : 'spec.resourceAttributes';
  const why = hasResource
    ? 'cannot be specified in combination with resourceAttributes'
    : 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  return [
    { type: 'Invalid', field, detail: `Invalid value: ${hasPath ? shown(spec) : 'null'}: ${why}` },
  ];
}

/** The attributes of a path as Go writes its internal type. */
function shown(spec: JsonObject): string {
  const path = objectAt(spec, 'nonResourceAttributes');
  const [Path, Verb] = [stringAt(path, 'path') ?? '', stringAt(path, 'verb') ?? ''];
  return JSON.stringify({ Path, Verb });
}

function subjectErrors(spec: JsonObject): FieldError[] {
  if ((stringAt(spec, 'user') ?? '') !== '' || strings(spec['groups']).length > 0) return [];
  const detail = 'Invalid value: "": at least one of user or group must be specified';
  return [{ type: 'Invalid', field: 'spec.user', detail }];
}

function localErrors(spec: JsonObject, { namespace = '' }: ReviewContext): FieldError[] {
  if (objectAt(spec, 'nonResourceAttributes') !== undefined) {
    const detail = `Invalid value: ${shown(spec)}: disallowed on this kind of request`;
    return [{ type: 'Invalid', field: 'spec.nonResourceAttributes', detail }];
  }
  const asked = stringAt(spec, 'resourceAttributes', 'namespace') ?? '';
  if (asked === namespace) return [];
  const detail = `Invalid value: ${JSON.stringify(asked)}: must match metadata.namespace`;
  return [{ type: 'Invalid', field: 'spec.resourceAttributes.namespace', detail }];
}

/** The refusal names no kind. */
function refuse(errors: FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'authorization.k8s.io', kind: '' }, '', errors);
}

function rulesReview(spec: JsonObject, { user, authorizer }: ReviewContext): object {
  const namespace = stringAt(spec, 'namespace') ?? '';
  if (namespace === '') throw badRequest('no namespace on request');
  const { rules, errors } = authorizer.rulesFor(user, namespace);
  return {
    resourceRules: rules
      .filter(({ resources }) => resources !== undefined)
      .map(({ nonResourceURLs: _urls, ...rule }) => rule),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs !== undefined)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
    ...(errors.length > 0 && { evaluationError: joinErrors(errors) }),
  };
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
  const token = stringAt(spec, 'token') ?? '';
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const asked = strings(listAt(spec, 'audiences'));
  const verified = tokens.verify(token, asked.length > 0 ? asked : [ISSUER]);
  if (!verified) return { user: {}, error: 'invalid bearer token' };
  return { authenticated: true, user: userInfo(verified.user), audiences: verified.audiences };
}

function userInfo({ name, uid, groups, extra }: User): object {
  return { username: name, ...(uid !== undefined && { uid }), groups, ...(extra && { extra }) };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
