/** Who is at the other end of a connection: a bearer token, or a client certificate of this cluster's CA. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';

import type { User } from './request.ts';
import { unauthorized } from './status-error.ts';
import type { TokenAuthority } from './tokens.ts';

/** Who asks without credentials. */
export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Who vouches for credentials. */
export interface Authorities {
  tokens: TokenAuthority;
  /** Who is at the other end of a connection never changes, and reading a certificate costs a tenth of a request. */
  certificateUsers: WeakMap<TLSSocket, User | undefined>;
}

/**
 * The user of a request. Throws 401 for a token that is not valid, whatever else the request brings, and for no
 * credentials at all unless `mayBeAnonymous`.
 */
export function authenticate(
  request: IncomingMessage,
  { tokens, certificateUsers }: Authorities,
  mayBeAnonymous: boolean,
): User {
  const token = bearerToken(request);
  const user =
    token === undefined
      ? certificateUser(request.socket, certificateUsers)
      : tokens.verify(token)?.user;
  if (user) return user;
  if (mayBeAnonymous && token === undefined) return ANONYMOUS;
  throw unauthorized();
}

/** Browsers cannot set headers on a WebSocket: there the token is one of the protocols offered, in base64url. */
const PROTOCOL_TOKEN = /(?:^|,)\s*base64url\.bearer\.authorization\.k8s\.io\.([\w-]+)\s*(?:,|$)/;

/** Undefined without one; other schemes than Bearer are nobody's here and are passed over. */
function bearerToken({ headers }: IncomingMessage): string | undefined {
  const token = /^Bearer\s+(\S+)/i.exec(headers.authorization ?? '')?.[1];
  if (token !== undefined || headers.upgrade?.toLowerCase() !== 'websocket') return token;
  const encoded = PROTOCOL_TOKEN.exec(headers['sec-websocket-protocol'] ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString();
}

function certificateUser(
  socket: IncomingMessage['socket'],
  users: Authorities['certificateUsers'],
): User | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  if (!users.has(socket)) users.set(socket, readCertificate(socket));
  return users.get(socket);
}

/** Name from CN, groups from O; the credential's id is its fingerprint, as since Kubernetes 1.32. */
function readCertificate(socket: TLSSocket): User | undefined {
  const { subject, fingerprint256 } = socket.getPeerCertificate();
  const name = subject?.CN;
  if (typeof name !== 'string' || name === '') return undefined;
  const organizations = subject.O === undefined ? [] : [subject.O].flat();
  const id = `X509SHA256=${fingerprint256.replaceAll(':', '').toLowerCase()}`;
  return {
    name,
    groups: [...organizations, 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [id] },
  };
}
