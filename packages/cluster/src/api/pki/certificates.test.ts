import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadKubeconfig } from '@kagent/kube';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { loadCertificates } from './certificates.ts';
import { renderKubeconfig, writeKubeconfig } from './kubeconfig.ts';
import { issueCertificate } from './x509.ts';

const DAY = 24 * 60 * 60 * 1000;

describe('api/pki/certificates', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'kagent-pki-'))));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const at = (now: number) => ({ now: () => now, sleep: async () => {} });
  const load = (options: { host?: string; now?: number } = {}) =>
    loadCertificates({
      directory,
      host: options.host ?? '127.0.0.1',
      clock: at(options.now ?? Date.now()),
    });

  test('makes a chain that OpenSSL accepts, for the names clients use', () => {
    const { ca, server, admin } = load();
    const authority = new X509Certificate(ca.cert);
    expect(authority.ca).toBe(true);
    for (const { cert } of [server, admin]) {
      const certificate = new X509Certificate(cert);
      expect(certificate.ca).toBe(false);
      expect(certificate.checkIssued(authority)).toBe(true);
      expect(certificate.verify(authority.publicKey)).toBe(true);
    }
    // A client that reads the algorithm off the label takes `PRIVATE KEY` for RSA.
    expect(admin.key).toMatch(/^-----BEGIN EC PRIVATE KEY-----/);
    const certificate = new X509Certificate(server.cert);
    expect(certificate.checkIP('127.0.0.1')).toBeDefined();
    expect(certificate.checkIP('::1')).toBeDefined();
    for (const host of [
      'localhost',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
    ]) {
      expect(certificate.checkHost(host)).toBe(host);
    }
    expect(certificate.checkHost('example.com')).toBeUndefined();
    expect(new X509Certificate(admin.cert).subject).toBe('O=system:masters\nCN=kubernetes-admin');
  });

  test('keeps them, for the owner alone', () => {
    expect(load()).toEqual(load());
    const files = readdirSync(directory);
    expect(files).toHaveLength(7);
    for (const file of files) expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600);
  });

  test('renews what expires soon, and only that', () => {
    const first = load();
    const later = load({ now: Date.now() + 300 * DAY });
    expect(later).toEqual(first);
    const renewed = load({ now: Date.now() + 340 * DAY });
    expect(renewed.ca).toEqual(first.ca);
    expect(renewed.tokenKey).toEqual(first.tokenKey);
    expect(renewed.server).not.toEqual(first.server);
    expect(renewed.admin).not.toEqual(first.admin);
  });

  test('makes a new server certificate for another address', () => {
    const first = load();
    const second = load({ host: '192.0.2.7' });
    expect(second.ca).toEqual(first.ca);
    expect(new X509Certificate(second.server.cert).checkIP('192.0.2.7')).toBe('192.0.2.7');
    expect(load({ host: '192.0.2.7' })).toEqual(second);
  });

  test('refuses damaged files and leaves them alone', () => {
    load();
    for (const file of ['ca.crt', 'service-account.key']) {
      const path = join(directory, file);
      const before = readFileSync(path);
      writeFileSync(path, 'damaged');
      expect(() => load()).toThrow(
        expect.objectContaining({ code: 'damaged', message: expect.stringContaining(directory) }),
      );
      expect(readFileSync(path, 'utf8')).toBe('damaged');
      writeFileSync(path, before);
    }
  });

  test('writes a kubeconfig that clients can read', async () => {
    const { ca, admin } = load();
    const path = join(directory, 'deep', 'kubeconfig');
    writeKubeconfig(
      path,
      renderKubeconfig({
        url: 'https://127.0.0.1:6443',
        ca: ca.cert,
        client: admin,
        name: 'kagent',
      }),
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const access = await loadKubeconfig({ path, env: {} });
    expect(JSON.stringify(access)).toContain('https://127.0.0.1:6443');
  });

  test('encodes addresses and dates of every form', () => {
    const notBefore = Date.parse('2026-01-01T00:00:00Z');
    const notAfter = Date.parse('2051-06-07T08:09:10Z');
    const names = ['::ffff:1:2', 'fe80::1', '2001:db8:1:2:3:4:5:6', '10.0.0.255'];
    const { cert } = issueCertificate({
      commonName: 'x'.repeat(60),
      names,
      use: 'server',
      notBefore,
      notAfter,
    });
    const certificate = new X509Certificate(cert);
    for (const name of names) expect(certificate.checkIP(name)).toBe(name);
    expect(Date.parse(certificate.validFrom)).toBe(notBefore);
    expect(Date.parse(certificate.validTo)).toBe(notAfter);
  });
});
