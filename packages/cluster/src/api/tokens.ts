/**
 * Bearer tokens: service account tokens, which are JWTs signed with the cluster's own key, and the static tokens the
 * cluster was started with.
 */
import { createHash } from 'node:crypto';

import type { Clock } from '@kagent/kube';

import type { Storage } from '../storage/storage.ts';
import { listAt, numberAt, stringAt } from './json.ts';
import { fromStorage, objectKey, resourcePrefix, timestamp } from './object.ts';
import type { ApiObject } from './object.ts';
import type { User } from './request.ts';
import { TokenSigner } from './token-signer.ts';
import type { PublicJwk } from './token-signer.ts';

export const ISSUER = 'https://kubernetes.default.svc.cluster.local';
/** Issuer of tokens in Secrets of type `kubernetes.io/service-account-token`. */
const LEGACY_ISSUER = 'kubernetes/serviceaccount';
const LEGACY = 'kubernetes.io/serviceaccount/';

/** What a token ends with: it is void as soon as the object is gone. */
export interface BoundObject {
  kind: 'Pod' | 'Secret' | 'Node';
  name: string;
  uid: string;
}

export interface TokenSubject {
  namespace: string;
  name: string;
  uid: string;
  audiences: string[];
  expirationSeconds: number;
  boundTo?: BoundObject;
}

/** A token someone was given when the cluster was started, as in a `--token-auth-file`. */
export interface StaticToken {
  token: string;
  /** User name. */
  user: string;
  uid?: string;
  groups?: string[];
}

export interface VerifiedToken {
  user: User;
  audiences: string[];
}

export interface TokenAuthorityOptions {
  /** PEM of a private key on the curve P-256, the same over restarts. */
  key: string;
  storage: Storage;
  clock: Clock;
  /** Makes the ids of tokens (`jti`). */
  randomId(): string;
  staticTokens?: StaticToken[];
}

const PLURALS = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' } as const;

/** Issues and verifies tokens. */
export class TokenAuthority {
  readonly #options: TokenAuthorityOptions;
  /** By digest: looking a token up tells nothing about the others through its timing. */
  readonly #static: Map<string, User>;
  readonly #signer: TokenSigner;

  constructor(options: TokenAuthorityOptions) {
    this.#options = options;
    this.#signer = new TokenSigner(options.key);
    this.#static = new Map(
      (options.staticTokens ?? []).map(({ token, user, uid, groups = [] }) => [
        digest(token),
        {
          name: user,
          ...(uid !== undefined && { uid }),
          groups: [...new Set([...groups, 'system:authenticated'])],
        },
      ]),
    );
  }

  /** The public key tokens can be verified with. */
  get jwk(): PublicJwk {
    return this.#signer.jwk;
  }

  /** A token for a service account. `issuedId` names it in the audit log and in `userInfo.extra`. */
  issue(subject: TokenSubject): { token: string; expirationTimestamp: string; issuedId: string } {
    const now = Math.floor(this.#options.clock.now() / 1000);
    const exp = now + subject.expirationSeconds;
    const { namespace, name, uid, boundTo } = subject;
    const isExtended = isForClientLibraries(subject);
    const issuedId = this.#options.randomId();
    const token = this.#signer.sign({
      iss: ISSUER,
      sub: userName(namespace, name),
      aud: subject.audiences.length > 0 ? subject.audiences : [ISSUER],
      iat: now,
      nbf: now,
      exp: isExtended ? now + EXTENDED_SECONDS : exp,
      jti: issuedId,
      'kubernetes.io': {
        namespace,
        ...this.#boundClaims(namespace, boundTo),
        serviceaccount: { name, uid },
        ...(isExtended && { warnafter: exp }),
      },
    });
    return { token, expirationTimestamp: timestamp(exp * 1000), issuedId };
  }

  /**
   * The token of a Secret of type `kubernetes.io/service-account-token`: valid as long as Secret and account are there. The
   * one it has stays, unless it was signed with another key.
   */
  issueForSecret(subject: {
    namespace: string;
    name: string;
    uid: string;
    secretName: string;
    /** The token the Secret has. */
    current?: string;
  }): string {
    const { namespace, name, uid, secretName, current } = subject;
    if (current !== undefined && this.#signer.claims(current) !== undefined) return current;
    return this.#signer.sign({
      iss: LEGACY_ISSUER,
      [`${LEGACY}namespace`]: namespace,
      [`${LEGACY}secret.name`]: secretName,
      [`${LEGACY}service-account.name`]: name,
      [`${LEGACY}service-account.uid`]: uid,
      sub: userName(namespace, name),
    });
  }

  /** Undefined unless signature, time, audience, and everything the token speaks for are in order. */
  verify(token: string, audiences: string[] = [ISSUER]): VerifiedToken | undefined {
    const known = this.#static.get(digest(token));
    if (known) return audiences.includes(ISSUER) ? { user: known, audiences: [ISSUER] } : undefined;
    const claims = this.#signer.claims(token);
    switch (stringAt(claims, 'iss')) {
      case ISSUER:
        return this.#verifyBound(claims, audiences);
      case LEGACY_ISSUER:
        return this.#verifyLegacy(claims, { token, audiences });
      default:
        return undefined;
    }
  }

  #verifyBound(claims: unknown, audiences: string[]): VerifiedToken | undefined {
    const now = this.#options.clock.now() / 1000;
    if ((numberAt(claims, 'exp') ?? 0) <= now) return undefined;
    const accepted = listAt(claims, 'aud').filter(
      (item): item is string => typeof item === 'string' && audiences.includes(item),
    );
    if (accepted.length === 0) return undefined;
    const bound = (...path: string[]) => stringAt(claims, 'kubernetes.io', ...path) ?? '';
    const namespace = bound('namespace');
    const name = bound('serviceaccount', 'name');
    const uid = bound('serviceaccount', 'uid');
    if (!this.#find('serviceaccounts', { namespace, name, uid })) return undefined;
    const id = stringAt(claims, 'jti');
    const extra: Record<string, string[]> = {};
    if (id !== undefined) extra['authentication.kubernetes.io/credential-id'] = [`JTI=${id}`];
    for (const kind of ['pod', 'secret', 'node'] as const) {
      const object = { name: bound(kind, 'name'), uid: bound(kind, 'uid') };
      if (object.uid === '') continue;
      const scope = kind === 'node' ? undefined : namespace;
      // The node of a pod is information; only the object a token is bound to must still be there.
      const isInformation = kind === 'node' && bound('pod', 'uid') !== '';
      if (!isInformation && !this.#find(`${kind}s`, { ...object, namespace: scope }))
        return undefined;
      if (kind === 'secret') continue;
      extra[`authentication.kubernetes.io/${kind}-name`] = [object.name];
      extra[`authentication.kubernetes.io/${kind}-uid`] = [object.uid];
    }
    return { user: accountUser({ namespace, name, uid, extra }), audiences: accepted };
  }

  #verifyLegacy(
    claims: unknown,
    { token, audiences }: { token: string; audiences: string[] },
  ): VerifiedToken | undefined {
    if (!audiences.includes(ISSUER)) return undefined;
    const claim = (of: string) => stringAt(claims, `${LEGACY}${of}`) ?? '';
    const namespace = claim('namespace');
    const name = claim('service-account.name');
    const uid = claim('service-account.uid');
    const secret = this.#find('secrets', { namespace, name: claim('secret.name') });
    const stored = stringAt(secret, 'data', 'token') ?? '';
    if (Buffer.from(stored, 'base64').toString() !== token) return undefined;
    if (secret?.metadata.deletionTimestamp !== undefined) return undefined;
    if (!this.#find('serviceaccounts', { namespace, name, uid })) return undefined;
    return { user: accountUser({ namespace, name, uid }), audiences: [ISSUER] };
  }

  #boundClaims(namespace: string, boundTo: BoundObject | undefined): object {
    if (!boundTo) return {};
    const { kind, name, uid } = boundTo;
    const claims = { [kind.toLowerCase()]: { name, uid } };
    if (kind !== 'Pod') return claims;
    const pod = this.#find('pods', { namespace, name, uid });
    const nodeName = stringAt(pod, 'spec', 'nodeName');
    if (nodeName === undefined) return claims;
    const node = this.#find('nodes', { name: nodeName });
    return { ...claims, node: { name: nodeName, ...(node && { uid: node.metadata.uid }) } };
  }

  /** The stored object, when it is the one with that uid. */
  #find(
    plural: 'serviceaccounts' | (typeof PLURALS)[keyof typeof PLURALS],
    of: { namespace?: string; name: string; uid?: string },
  ): ApiObject | undefined {
    const prefix = resourcePrefix({ group: '', plural });
    const entry = this.#options.storage.get(objectKey(prefix, of.namespace, of.name));
    if (!entry) return undefined;
    const object = fromStorage(entry);
    return of.uid === undefined || object.metadata.uid === of.uid ? object : undefined;
  }
}

/** What the token of a pod's projected volume is asked for with. */
const PROJECTED_SECONDS = 3607;
/** Clients that read their token once must not fail after an hour; the claim `warnafter` says when they should not use it. */
const EXTENDED_SECONDS = 365 * 24 * 60 * 60;

function isForClientLibraries({ boundTo, audiences, expirationSeconds }: TokenSubject): boolean {
  const isForServer = audiences.length === 0 || (audiences.length === 1 && audiences[0] === ISSUER);
  return isForServer && boundTo?.kind === 'Pod' && expirationSeconds === PROJECTED_SECONDS;
}

function accountUser(account: {
  namespace: string;
  name: string;
  uid: string;
  extra?: Record<string, string[]>;
}): User {
  const { namespace, name, uid, extra = {} } = account;
  return {
    name: userName(namespace, name),
    uid,
    groups: [
      'system:serviceaccounts',
      `system:serviceaccounts:${namespace}`,
      'system:authenticated',
    ],
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

function userName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
