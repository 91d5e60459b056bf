/**
 * `kubectl --as`: acting as somebody else, for those who may `impersonate` that user, each group, uid and extra value
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation).
 */
import type { ApiRequest, User } from '../request.ts';
import { badRequest } from '../status-error.ts';
import { refusal } from './access.ts';
import type { AccessRequest, Authorizer } from './authorizer.ts';

const USER = 'impersonate-user';
const UID = 'impersonate-uid';
const GROUP = 'impersonate-group';
const EXTRA = 'impersonate-extra-';
const AUTHENTICATION_GROUP = 'authentication.k8s.io';
const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

/**
 * Who the request acts as: the user of the request when it has no impersonation headers. Several values of one header
 * come joined by `, `. Throws 403 when the user may not, 400 for groups, uid or extra without a user.
 */
export function impersonate({ headers, user }: ApiRequest, authorizer: Authorizer): User {
  const name = headers[USER] ?? '';
  const uid = headers[UID] ?? '';
  const groups = values(headers[GROUP]);
  const extra = extraOf(headers);
  if (name === '') {
    const asked = askedWithoutUser({ uid, groups, extra });
    if (asked.length === 0) return user;
    throw badRequest(`requested [${asked.join(' ')}] without impersonating a user`);
  }
  const check = (access: Omit<AccessRequest, 'user' | 'verb'>) => {
    const request = { ...access, user, verb: 'impersonate' };
    const { allowed, reason } = authorizer.authorize(request);
    if (!allowed) throw refusal(request, reason);
  };
  const account = serviceAccountOf(name);
  if (account) check({ group: '', resource: 'serviceaccounts', ...account });
  else check({ group: '', resource: 'users', name });
  for (const group of groups) check({ group: '', resource: 'groups', name: group });
  for (const [key, items] of extra) {
    const target = { group: AUTHENTICATION_GROUP, resource: 'userextras', subresource: key };
    for (const item of items) check({ ...target, name: item });
  }
  if (uid !== '') check({ group: AUTHENTICATION_GROUP, resource: 'uids', name: uid });
  return {
    name,
    ...(uid !== '' && { uid }),
    groups: completeGroups(name, groups, account?.namespace),
    ...(extra.size > 0 && { extra: Object.fromEntries(extra) }),
  };
}

/** As Go prints a list of object references. */
function askedWithoutUser(asked: {
  uid: string;
  groups: string[];
  extra: Map<string, string[]>;
}): string[] {
  const version = `${AUTHENTICATION_GROUP}/v1`;
  return [
    ...asked.groups.map((group) => `{Group  ${group}    }`),
    ...[...asked.extra].flatMap(([key, items]) =>
      items.map((item) => `{UserExtra  ${item}  ${version}  ${key}}`),
    ),
    ...(asked.uid === '' ? [] : [`{UID  ${asked.uid}  ${version}  }`]),
  ];
}

/** The groups everybody of a kind is in, beside those asked for. */
function completeGroups(name: string, asked: string[], accountNamespace?: string): string[] {
  const groups =
    asked.length === 0 && accountNamespace !== undefined
      ? ['system:serviceaccounts', `system:serviceaccounts:${accountNamespace}`]
      : asked;
  const isKnown = groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED);
  if (isKnown) return groups;
  return [...groups, name === 'system:anonymous' ? UNAUTHENTICATED : AUTHENTICATED];
}

/** Namespace and name in `system:serviceaccount:<namespace>:<name>`. */
function serviceAccountOf(user: string): { namespace: string; name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

function extraOf(headers: ApiRequest['headers']): Map<string, string[]> {
  const extra = new Map<string, string[]>();
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(EXTRA)) continue;
    extra.set(decoded(header.slice(EXTRA.length)), values(value));
  }
  return extra;
}

/** Keys are escaped because header names may not hold every character; a broken escape is taken as it is. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function values(header: string | undefined): string[] {
  return (header ?? '')
    .split(', ')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
