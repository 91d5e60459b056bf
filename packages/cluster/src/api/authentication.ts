/** Who is at the other end of a connection: a client certificate of this cluster's CA, or a service account token. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

import type { User } from './request.ts';
import { unauthorized } from './status-error.ts';
import type { TokenAuthority } from './tokens.ts';

const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The user of a request. Throws 401 unless `mayBeAnonymous`. */
export function authenticate(
  request: IncomingMessage,
  tokens: TokenAuthority,
  mayBeAnonymous: boolean,
): User {
  const user = userOf(request, tokens);
  if (user) return impersonated(request, user);
  if (mayBeAnonymous) return ANONYMOUS;
  throw unauthorized();
}

function userOf(request: IncomingMessage, tokens: TokenAuthority): User | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = /^Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
    return token === undefined ? undefined : tokens.verify(token)?.user;
  }
  const { socket } = request;
  return socket instanceof TLSSocket && socket.authorized ? certificateUser(socket) : undefined;
}

function certificateUser(socket: TLSSocket): User | undefined {
  const { subject } = socket.getPeerCertificate();
  const name = subject?.CN;
  if (typeof name !== 'string' || name === '') return undefined;
  const organizations = subject.O === undefined ? [] : [subject.O].flat();
  return { name, groups: [...organizations, 'system:authenticated'] };
}

/** `kubectl --as`: every user of this cluster is an administrator and may be somebody else. */
function impersonated(request: IncomingMessage, user: User): User {
  const name = request.headers['impersonate-user'];
  if (typeof name !== 'string' || name === '') return user;
  const groups = [request.headers['impersonate-group'] ?? []]
    .flat()
    .flatMap((item) => item.split(', '));
  return { name, groups: [...groups, 'system:authenticated'] };
}
