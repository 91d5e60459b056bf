/** The cluster's own public key infrastructure: a CA, the server's and the administrator's certificates, the token key. */
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Clock } from '@kagent/kube';

import { issueCertificate } from './x509.ts';
import type { CertificateRequest, KeyPair } from './x509.ts';
import { StartError } from '../start-error.ts';

export interface Certificates {
  ca: KeyPair;
  server: KeyPair;
  /** User `kubernetes-admin` in the group `system:masters`. */
  admin: KeyPair;
  /** Signs service account tokens: PEM of a private key on the curve P-256. */
  tokenKey: string;
}

const DAY = 24 * 60 * 60 * 1000;
const CA_DAYS = 3650;
const LEAF_DAYS = 365;
/** Certificates with less time left are made anew. */
const RENEW_DAYS = 30;
const CA_SUBJECT = { commonName: 'kagent-cluster-ca' };

/** Names under which pods and people reach the API server, whatever address it listens on. */
export const SERVER_NAMES = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  '127.0.0.1',
  '::1',
];

/**
 * Loads what is in `directory` (files 0600) and makes what is missing, expires soon or does not fit `host`. Without a
 * directory everything is new and kept in memory. Throws `StartError` `damaged` for files that cannot be read.
 */
export function loadCertificates(options: {
  directory?: string;
  host: string;
  clock: Clock;
}): Certificates {
  const { directory, host, clock } = options;
  if (directory !== undefined) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const now = clock.now();
  const files = new KeyFiles(directory, now);
  const names =
    SERVER_NAMES.includes(host) || host === '0.0.0.0' || host === '::'
      ? SERVER_NAMES
      : [...SERVER_NAMES, host];
  const validity = (days: number) => ({ notBefore: now - DAY, notAfter: now + days * DAY });
  const ca = files.pair('ca', { ...CA_SUBJECT, use: 'ca', ...validity(CA_DAYS) });
  const leaf = (name: string, request: Omit<CertificateRequest, 'notBefore' | 'notAfter'>) =>
    files.pair(name, { ...request, ...validity(LEAF_DAYS) }, ca);
  return {
    ca,
    server: leaf('apiserver', { commonName: 'kube-apiserver', names, use: 'server' }),
    admin: leaf('admin', {
      commonName: 'kubernetes-admin',
      organizations: ['system:masters'],
      use: 'client',
    }),
    tokenKey: files.signingKey('service-account.key'),
  };
}

/** A private key on the curve P-256, as PEM. */
export function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function isSigningKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}

class KeyFiles {
  readonly #directory: string | undefined;
  readonly #now: number;

  constructor(directory: string | undefined, now: number) {
    this.#directory = directory;
    this.#now = now;
  }

  pair(name: string, request: CertificateRequest, ca?: KeyPair): KeyPair {
    const cert = this.#read(`${name}.crt`);
    const key = this.#read(`${name}.key`);
    if (cert !== undefined && key !== undefined) {
      const known = { cert, key };
      if (this.#isGood(name, known, { request, ca })) return known;
    }
    const made = issueCertificate(request, ca && { ...ca, subject: CA_SUBJECT });
    this.#write(`${name}.key`, made.key);
    this.#write(`${name}.crt`, made.cert);
    return made;
  }

  signingKey(file: string): string {
    const known = this.#read(file);
    if (known !== undefined) {
      if (isSigningKey(known)) return known;
      throw this.#damaged(file);
    }
    const made = newSigningKey();
    this.#write(file, made);
    return made;
  }

  #isGood(
    name: string,
    { cert, key }: KeyPair,
    wanted: { request: CertificateRequest; ca?: KeyPair },
  ): boolean {
    try {
      const certificate = new X509Certificate(cert);
      const isCurrent = Date.parse(certificate.validTo) - this.#now > RENEW_DAYS * DAY;
      const signer = wanted.ca
        ? new X509Certificate(wanted.ca.cert).publicKey
        : certificate.publicKey;
      const covers = (wanted.request.names ?? []).every(
        (item) => certificate.checkHost(item) ?? certificate.checkIP(item),
      );
      return (
        isCurrent &&
        covers &&
        certificate.verify(signer) &&
        certificate.checkPrivateKey(createPrivateKey(key))
      );
    } catch (error) {
      throw this.#damaged(`${name}.crt or ${name}.key`, error);
    }
  }

  #damaged(file: string, cause?: unknown): StartError {
    const path = join(this.#directory ?? '', file);
    const message = `${path} cannot be read. Restore it from a backup, or move the directory away to get new certificates (kubeconfigs of this cluster then have to be written again).`;
    return new StartError('damaged', message, { cause });
  }

  #read(file: string): string | undefined {
    if (this.#directory === undefined) return undefined;
    const path = join(this.#directory, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  /** Whole or not at all. */
  #write(file: string, content: string): void {
    if (this.#directory === undefined) return;
    const path = join(this.#directory, file);
    writeFileSync(`${path}.new`, content, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}
