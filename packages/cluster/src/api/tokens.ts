/** Service account tokens: JWTs signed with the cluster's own key and accepted by it alone. */
import { createHmac, timingSafeEqual } from 'node:crypto';

import type { Clock } from '@kagent/kube';

import type { Storage } from '../storage/storage.ts';
import { listAt, numberAt, stringAt } from './json.ts';
import { fromStorage, objectKey, resourcePrefix, timestamp } from './object.ts';
import type { User } from './request.ts';

export const ISSUER = 'https://kubernetes.default.svc.cluster.local';

export interface TokenSubject {
  namespace: string;
  name: string;
  uid: string;
  audiences: string[];
  expirationSeconds: number;
  /** The token ends with this pod. */
  pod?: { name: string; uid: string };
}

export interface VerifiedToken {
  user: User;
  audiences: string[];
}

/** Issues and verifies tokens. `key` has at least 32 bytes and stays the same over restarts. */
export class TokenAuthority {
  readonly #key: Uint8Array;
  readonly #storage: Storage;
  readonly #clock: Clock;

  constructor(options: { key: Uint8Array; storage: Storage; clock: Clock }) {
    this.#key = options.key;
    this.#storage = options.storage;
    this.#clock = options.clock;
  }

  issue(subject: TokenSubject): { token: string; expirationTimestamp: string } {
    const now = Math.floor(this.#clock.now() / 1000);
    const exp = now + subject.expirationSeconds;
    const { namespace, name, uid, pod } = subject;
    const claims = {
      iss: ISSUER,
      sub: `system:serviceaccount:${namespace}:${name}`,
      aud: subject.audiences.length > 0 ? subject.audiences : [ISSUER],
      iat: now,
      nbf: now,
      exp,
      'kubernetes.io': { namespace, serviceaccount: { name, uid }, ...(pod && { pod }) },
    };
    const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
    return {
      token: `${body}.${this.#sign(body).toString('base64url')}`,
      expirationTimestamp: timestamp(exp * 1000),
    };
  }

  /** Undefined unless signature, time, audience, and the account and pod the token speaks for are all in order. */
  verify(token: string, audiences: string[] = [ISSUER]): VerifiedToken | undefined {
    const claims = this.#claims(token);
    const now = this.#clock.now() / 1000;
    if (!claims || (numberAt(claims, 'exp') ?? 0) <= now || stringAt(claims, 'iss') !== ISSUER)
      return undefined;
    const accepted = listAt(claims, 'aud').filter(
      (item): item is string => typeof item === 'string' && audiences.includes(item),
    );
    if (accepted.length === 0) return undefined;
    const bound = (...path: string[]) => stringAt(claims, 'kubernetes.io', ...path) ?? '';
    const namespace = bound('namespace');
    const name = bound('serviceaccount', 'name');
    const uid = bound('serviceaccount', 'uid');
    if (!this.#exists('serviceaccounts', { namespace, name, uid })) return undefined;
    const pod = { namespace, name: bound('pod', 'name'), uid: bound('pod', 'uid') };
    if (pod.uid !== '' && !this.#exists('pods', pod)) return undefined;
    const user: User = {
      name: `system:serviceaccount:${namespace}:${name}`,
      uid,
      groups: [
        'system:serviceaccounts',
        `system:serviceaccounts:${namespace}`,
        'system:authenticated',
      ],
      ...(pod.uid !== '' && {
        extra: {
          'authentication.kubernetes.io/pod-name': [pod.name],
          'authentication.kubernetes.io/pod-uid': [pod.uid],
        },
      }),
    };
    return { user, audiences: accepted };
  }

  #exists(plural: string, of: { namespace: string; name: string; uid: string }): boolean {
    const entry = this.#storage.get(
      objectKey(resourcePrefix({ group: '', plural }), of.namespace, of.name),
    );
    return entry !== undefined && fromStorage(entry).metadata.uid === of.uid;
  }

  #claims(token: string): unknown {
    const [header = '', payload = '', signature = '', ...rest] = token.split('.');
    if (rest.length > 0 || signature === '') return undefined;
    const expected = this.#sign(`${header}.${payload}`);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
