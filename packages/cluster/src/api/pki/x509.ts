/** Makes ECDSA P-256 certificates (RFC 5280), signed by a CA or by themselves. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

import {
  bits,
  boolean,
  implicit,
  integer,
  octets,
  oid,
  sequence,
  set,
  tagged,
  time,
  utf8,
} from './der.ts';

/** Both PEM. */
export interface KeyPair {
  cert: string;
  /** SEC 1: some clients take the algorithm from the label (fabric8). */
  key: string;
}

export interface CertificateRequest {
  commonName: string;
  organizations?: string[];
  /** DNS names and IP addresses the certificate is for. */
  names?: string[];
  use: 'ca' | 'server' | 'client';
  /** Milliseconds since the epoch. */
  notBefore: number;
  notAfter: number;
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const EXTENDED_USE = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

/** A new key and its certificate; without `issuer` the certificate signs itself. */
export function issueCertificate(
  request: CertificateRequest,
  issuer?: KeyPair & { subject: SubjectName },
): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = issuer ? createPrivateKey(issuer.key) : privateKey;
  const body = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    ECDSA_SHA256,
    distinguishedName(issuer?.subject ?? request),
    sequence(time(request.notBefore), time(request.notAfter)),
    distinguishedName(request),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(
      3,
      sequence(...extensions(request, { own: publicKey, issuer: createPublicKey(signer) })),
    ),
  );
  const certificate = sequence(body, ECDSA_SHA256, bits(sign('sha256', body, signer)));
  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
  };
}

export interface SubjectName {
  commonName: string;
  organizations?: string[];
}

/** Go reads a client certificate's organizations as groups, its common name as the user. */
function distinguishedName({ commonName, organizations = [] }: SubjectName): Buffer {
  const attribute = (type: string, value: string) => set(sequence(oid(type), utf8(value)));
  return sequence(
    ...organizations.map((name) => attribute('2.5.4.10', name)),
    attribute('2.5.4.3', commonName),
  );
}

function extensions(
  request: CertificateRequest,
  keys: { own: KeyObject; issuer: KeyObject },
): Buffer[] {
  const isCa = request.use === 'ca';
  const list = [
    extension('2.5.29.19', sequence(...(isCa ? [boolean(true)] : [])), true),
    // keyCertSign and cRLSign, or digitalSignature.
    extension(
      '2.5.29.15',
      isCa ? bits(Buffer.from([0x06]), 1) : bits(Buffer.from([0x80]), 7),
      true,
    ),
    extension('2.5.29.14', octets(keyId(keys.own))),
    extension('2.5.29.35', sequence(implicit(0, keyId(keys.issuer)))),
  ];
  if (request.use !== 'ca')
    list.push(extension('2.5.29.37', sequence(oid(EXTENDED_USE[request.use]))));
  if (request.names && request.names.length > 0) {
    list.push(extension('2.5.29.17', sequence(...request.names.map(alternativeName))));
  }
  return list;
}

function extension(type: string, value: Uint8Array, isCritical = false): Buffer {
  return sequence(oid(type), ...(isCritical ? [boolean(true)] : []), octets(value));
}

function alternativeName(name: string): Buffer {
  if (isIP(name) === 0) return implicit(2, Buffer.from(name, 'ascii'));
  return implicit(7, addressBytes(name));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  // The URL parser gives IPv6 addresses in one canonical form.
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const [left, right] = [groups(head), groups(tail)];
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const all = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
