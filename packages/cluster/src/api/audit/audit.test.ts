import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger } from '@kagent/kube';
import { afterAll, describe, expect, test } from 'vitest';

import { createTestApi } from '../../testing/test-api.ts';
import { createAuditFile } from './audit-file.ts';
import type { AuditEvent, AuditLevel } from './audit-event.ts';
import type { AuditSink } from './auditor.ts';

const PLANTED = 'planted-9f3b1c';
const ANA = { name: 'ana', uid: 'a-1', groups: ['system:authenticated'] };

function recorder(level: AuditLevel): AuditSink & { events: AuditEvent[] } {
  const events: AuditEvent[] = [];
  return { level, events, record: (event) => void events.push(event) };
}

describe('api/audit', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kagent-audit-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Event */
  test('says who did what, whether it was allowed and how it ended', async () => {
    const audit = recorder('Metadata');
    using api = await createTestApi({ audit, bootstrapPolicy: true });
    audit.events.length = 0;
    await api.call('GET', '/api/v1/namespaces/blue/pods/web/log?tailLines=3', { user: ANA });
    expect(audit.events).toEqual([
      {
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        level: 'Metadata',
        auditID: expect.stringMatching(/^[0-9a-f-]{36}$/),
        stage: 'ResponseComplete',
        requestURI: '/api/v1/namespaces/blue/pods/web/log?tailLines=3',
        verb: 'get',
        user: { username: 'ana', uid: 'a-1', groups: ['system:authenticated'] },
        userAgent: 'test/1.0',
        objectRef: {
          resource: 'pods',
          namespace: 'blue',
          name: 'web',
          apiVersion: 'v1',
          subresource: 'log',
        },
        responseStatus: {
          metadata: {},
          code: 403,
          status: 'Failure',
          reason: 'Forbidden',
          message: expect.stringContaining('User "ana" cannot get resource "pods/log"'),
          details: { name: 'web', kind: 'pods' },
        },
        requestReceivedTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z$/),
        stageTimestamp: expect.stringMatching(/Z$/),
        annotations: {
          'authorization.k8s.io/decision': 'forbid',
          'authorization.k8s.io/reason': '',
        },
      },
    ]);
    const answer = await api.open('GET', '/version', { user: ANA });
    expect(audit.events[1]).toMatchObject({
      verb: 'get',
      auditID: answer.headers['audit-id'],
      responseStatus: { code: 200 },
      annotations: {
        'authorization.k8s.io/decision': 'allow',
        'authorization.k8s.io/reason':
          'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
      },
    });
  });

  test('names both of an impersonation, and no object that got its name from the server', async () => {
    const audit = recorder('Metadata');
    using api = await createTestApi({ audit });
    const headers = { 'impersonate-user': 'bob', 'impersonate-group': 'system:masters' };
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { generateName: 'n-' } };
    await api.call('POST', '/api/v1/namespaces', { body, headers });
    expect(audit.events.at(-1)).toMatchObject({
      verb: 'create',
      user: { username: 'system:apiserver' },
      impersonatedUser: { username: 'bob', groups: ['system:masters', 'system:authenticated'] },
    });
    expect(audit.events.at(-1)?.['objectRef']).toEqual({
      resource: 'namespaces',
      apiVersion: 'v1',
    });
  });

  test('leaves out what the cluster itself reads, and tells of a watch when it ends', async () => {
    const audit = recorder('Metadata');
    using api = await createTestApi({ audit });
    audit.events.length = 0;
    await api.call('GET', '/api/v1/namespaces');
    expect(audit.events).toEqual([]);
    const ending = new AbortController();
    const root = { name: 'root', groups: ['system:masters'] };
    const path = '/api/v1/namespaces?watch=true';
    const watch = await api.open('GET', path, { user: root, signal: ending.signal });
    if (watch.kind !== 'watch') throw new Error('no watch');
    for await (const frame of watch.frames) {
      expect(frame.type).toBe('ADDED');
      expect(audit.events).toEqual([]);
      break;
    }
    ending.abort();
    expect(audit.events).toMatchObject([{ verb: 'watch', responseStatus: { code: 200 } }]);
  });

  test.each(['Metadata', 'Request'] as const)('%s never shows a secret', async (level) => {
    const audit = recorder(level);
    const staticTokens = [{ token: PLANTED, user: 'carl' }];
    using api = await createTestApi({ audit, staticTokens });
    const namespace = '/api/v1/namespaces/default';
    const secret = (data: object) => ({
      body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, ...data },
    });
    const patch = {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { stringData: { a: PLANTED } },
    };
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bot' } };
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };
    await api.call('POST', `${namespace}/secrets`, secret({ stringData: { a: PLANTED } }));
    await api.call('PATCH', `${namespace}/secrets/s`, patch);
    await api.call('POST', `${namespace}/secrets`, secret({ type: 'x', data: { a: PLANTED } }));
    await api.call('POST', `${namespace}/secrets`, secret({ data: { [`/${PLANTED}`]: 'eA==' } }));
    // In the wrong place it is refused; what was refused is not written either.
    await api.call('POST', `${namespace}/pods`, secret({ stringData: { a: PLANTED } }));
    const data = { a: PLANTED };
    await api.call('POST', `${namespace}/configmaps`, { body: { ...configMap, data } });
    await api.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
      body: { spec: { token: PLANTED } },
      headers: { authorization: `Bearer ${PLANTED}` },
    });
    await api.call('POST', `${namespace}/serviceaccounts`, { body: account });
    const issued = await api.call('POST', `${namespace}/serviceaccounts/bot/token`, {
      body: { spec: { audiences: [PLANTED] } },
    });
    const { token } = (issued.body as { status: { token: string } }).status;
    const text = JSON.stringify(audit.events);
    expect(audit.events.length).toBeGreaterThan(8);
    for (const hidden of [PLANTED, btoa(PLANTED), token]) expect(text).not.toContain(hidden);
    expect(text.includes('"requestObject":{"apiVersion":"v1","kind":"ServiceAccount"')).toBe(
      level === 'Request',
    );
  });

  test('writes lines to a file of its owner, in order, and rotates it by size', async () => {
    const path = join(directory, 'audit.log');
    const file = createAuditFile({ path, maxBytes: 4000, logger: silentLogger });
    const event = (auditID: string): AuditEvent => ({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      auditID,
    });
    for (let i = 0; i < 75; i += 1) file.record(event(`id-${i}`));
    await file.close();
    await file.close();
    file.record(event('late'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const read = (name: string) => readFileSync(name, 'utf8').trimEnd().split('\n');
    const lines = [...read(`${path}.1`), ...read(path)].map(
      (line) => (JSON.parse(line) as AuditEvent)['auditID'],
    );
    expect(lines).toEqual(Array.from({ length: 75 }, (_, i) => `id-${i}`));
    for (const name of [path, `${path}.1`]) expect(statSync(name).size).toBeLessThanOrEqual(4000);
    const again = createAuditFile({ path, logger: silentLogger });
    again.record(event('next'));
    await again.close();
    expect(read(path).at(-1)).toContain('"next"');
  });

  test('a file that cannot be written costs events and no request', async () => {
    const complaints: string[] = [];
    const complain = (_fields: object, message: string) => void complaints.push(message);
    const logger = { ...silentLogger, warn: complain, error: complain };
    const missing = join(directory, 'later');
    const audit = createAuditFile({ path: join(missing, 'audit.log'), logger });
    using api = await createTestApi({ audit });
    const create = (name: string) =>
      api.call('POST', '/api/v1/namespaces', {
        body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      });
    expect((await create('blue')).status).toBe(201);
    await expect.poll(() => complaints, { interval: 1 }).toHaveLength(1);
    mkdirSync(missing);
    expect((await create('green')).status).toBe(201);
    await audit.close();
    expect(complaints).toEqual([
      'the audit log cannot be written',
      'events are missing in the audit log',
    ]);
  });
});
