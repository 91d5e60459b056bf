import { createKubeClient, SERVICE_ACCOUNTS } from '@kagent/kube';
import { describe, expect, it } from 'vitest';

import { eventually } from '../../node/testing/test-platform.ts';
import { startTestCluster } from '../../testing/test-cluster.ts';
import { SECRETS } from '../objects.ts';
import type { Secret } from '../objects.ts';

const account = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'bot', namespace: 'default' },
};

const secretFor = (name: string, of: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name,
    namespace: 'default',
    annotations: { 'kubernetes.io/service-account.name': of },
  },
  type: 'kubernetes.io/service-account-token',
});

/** https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets */
describe('ServiceAccountTokenController', () => {
  it('fills the Secret with a token that works, and deletes it with the account', async () => {
    await using cluster = await startTestCluster();
    const client = createKubeClient(cluster.transport());
    await client.create(SERVICE_ACCOUNTS, account);
    await client.create(SECRETS, secretFor('s', 'bot'));
    const key = { namespace: 'default', name: 's' };
    const { data = {}, metadata } = await eventually(
      () => client.get(SECRETS, key),
      (found) => found.data?.['token'] !== undefined,
    );
    const text = (field: string) => Buffer.from(data[field] ?? '', 'base64').toString();
    expect(text('namespace')).toBe('default');
    expect(text('ca.crt')).toBe(cluster.caCertificate);
    const { uid } = (await client.get(SERVICE_ACCOUNTS, account.metadata)).metadata;
    expect(metadata.annotations).toMatchObject({ 'kubernetes.io/service-account.uid': uid });
    const review = () =>
      client.raw({
        method: 'POST',
        path: '/apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token: text('token') } },
      });
    expect((await review()).body).toMatchObject({
      status: {
        authenticated: true,
        user: { username: 'system:serviceaccount:default:bot', uid },
      },
    });
    await client.delete(SERVICE_ACCOUNTS, account.metadata);
    await eventually(
      () => client.find(SECRETS, key),
      (found) => found === undefined,
    );
    expect((await review()).body).not.toMatchObject({ status: { authenticated: true } });
  });

  it('deletes a Secret whose account does not exist, and no other', async () => {
    await using cluster = await startTestCluster();
    const client = createKubeClient(cluster.transport());
    await client.create(SECRETS, { ...secretFor('opaque', 'nobody'), type: 'Opaque' });
    await client.create(SECRETS, secretFor('s', 'nobody'));
    await eventually(
      () => client.find(SECRETS, { namespace: 'default', name: 's' }),
      (found) => found === undefined,
    );
    expect(await client.find(SECRETS, { namespace: 'default', name: 'opaque' })).toBeDefined();
  });
});
