/**
 * The signatures of service account tokens: JWTs with ES256 (RFC 7518, 3.4), so that anybody can verify them with the
 * public key that `/openid/v1/jwks` shows, as with a real API server
 * (https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery).
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { stringAt } from './json.ts';

/** Verifying costs a tenth of a millisecond, so what verified once is remembered: about 2 MB at most. */
const REMEMBERED = 1024;
const ALGORITHM = 'ES256';
/** R and S one after the other, as JOSE wants it, in place of DER. */
const FORM = 'ieee-p1363';

/** A JSON Web Key of the public half. */
export type PublicJwk = Record<'kty' | 'crv' | 'x' | 'y' | 'kid' | 'alg' | 'use', string>;

export class TokenSigner {
  readonly #private: KeyObject;
  readonly #public: KeyObject;
  readonly #header: string;
  /** Claims by token, oldest first; only of tokens whose signature is right. */
  readonly #known = new Map<string, unknown>();
  readonly jwk: PublicJwk;

  /** `key` is the PEM of a private key on the curve P-256. Throws what `node:crypto` says about any other text. */
  constructor(key: string) {
    this.#private = createPrivateKey(key);
    this.#public = createPublicKey(this.#private);
    const der = this.#public.export({ type: 'spki', format: 'der' });
    const kid = createHash('sha256').update(der).digest('base64url');
    const { x = '', y = '' } = this.#public.export({ format: 'jwk' });
    this.jwk = { use: 'sig', kty: 'EC', kid, crv: 'P-256', alg: ALGORITHM, x, y };
    this.#header = encoded({ alg: ALGORITHM, kid });
  }

  sign(claims: object): string {
    const body = `${this.#header}.${encoded(claims)}`;
    const key = { key: this.#private, dsaEncoding: FORM } as const;
    return `${body}.${sign('sha256', Buffer.from(body), key).toString('base64url')}`;
  }

  /** The claims of a token with a right signature; undefined for every other text. Times are the caller's to judge. */
  claims(token: string): unknown {
    const known = this.#known.get(token);
    if (known !== undefined) return known;
    const [header = '', payload = '', signature = '', ...rest] = token.split('.');
    if (rest.length > 0 || header !== this.#header) return undefined;
    const key = { key: this.#public, dsaEncoding: FORM } as const;
    const given = Buffer.from(signature, 'base64url');
    if (!verify('sha256', Buffer.from(`${header}.${payload}`), key, given)) return undefined;
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    // base64url can write the same bytes in several ways; only the one that was issued is a token.
    if (stringAt(claims, 'iss') === undefined || given.toString('base64url') !== signature)
      return undefined;
    this.#remember(token, claims);
    return claims;
  }

  #remember(token: string, claims: unknown): void {
    if (this.#known.size >= REMEMBERED) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(token, claims);
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
