import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { SYSTEM_USER } from './bootstrap.ts';
import { createTestApi } from '../testing/test-api.ts';
import type { TestApi } from '../testing/test-api.ts';

/** Bodies as kubectl 1.35.2 and helm 4.1.4 send them, base64. */
const BODIES: Record<string, string> = JSON.parse(
  readFileSync(new URL('../builtin/__fixtures__/request-bodies.json', import.meta.url), 'utf8'),
);
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const SAMPLES = Object.values(BODIES).map((text) => Buffer.from(text, 'base64'));

async function post(api: TestApi, path: string, bytes: Uint8Array): Promise<number> {
  const response = await api.server.handle({
    method: 'POST',
    path,
    query: new URLSearchParams(),
    headers: { 'content-type': PROTOBUF },
    body: { bytes },
    user: SYSTEM_USER,
  });
  return response.status;
}

const PATHS = [
  '/api/v1/namespaces',
  '/api/v1/namespaces/default/pods',
  '/api/v1/namespaces/default/secrets',
  '/apis/apps/v1/namespaces/default/deployments',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  '/api/v1/namespaces/default/pods/none/eviction',
];

/** Hostile and damaged bodies are the client's fault: 4xx, never 500. */
describe('api/protobuf-bodies', () => {
  test('refuses truncated, changed and random bytes', async () => {
    using api = await createTestApi();
    const damaged = fc.oneof(
      fc
        .record({
          sample: fc.constantFrom(...SAMPLES),
          at: fc.double({ min: 0, max: 1, noNaN: true }),
        })
        .map(({ sample, at }) => sample.subarray(0, Math.floor(sample.length * at))),
      fc
        .record({
          sample: fc.constantFrom(...SAMPLES),
          changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        })
        .map(({ sample, changes }) => {
          const bytes = Buffer.from(sample);
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          return bytes;
        }),
      fc
        .uint8Array({ maxLength: 200 })
        .map((bytes) => Buffer.concat([Buffer.from('k8s\0'), bytes])),
    );
    await fc.assert(
      fc.asyncProperty(damaged, fc.constantFrom(...PATHS), async (bytes, path) => {
        expect(await post(api, path, bytes)).toBeLessThan(500);
      }),
      { numRuns: 400 },
    );
  });

  test('refuses a body that is not protobuf', async () => {
    using api = await createTestApi();
    expect(await post(api, '/api/v1/namespaces', Buffer.from('{"kind":"Namespace"}'))).toBe(400);
    expect(await post(api, '/api/v1/namespaces', Buffer.from('k8s\0'))).toBe(400);
  });
});
