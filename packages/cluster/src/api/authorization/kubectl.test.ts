import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Cluster } from '../../start-cluster.ts';
import { startTestCluster } from '../../testing/test-cluster.ts';
import { writeKubeconfig } from '../pki/kubeconfig.ts';

const KUBECTL = fileURLToPath(
  new URL('../../../../../node_modules/.kagent-bin/kubectl', import.meta.url),
);

/** What the real kubectl prints for somebody who is no administrator. */
describe('api/authorization/kubectl', () => {
  const home = mkdtempSync(join(tmpdir(), 'kagent-rbac-'));
  let cluster: Cluster;

  beforeAll(async () => {
    const tokens = [{ token: 'token-of-ana', user: 'ana', groups: ['dev'] }];
    cluster = await startTestCluster({ workloads: false, tokens });
    writeKubeconfig(join(home, 'kubeconfig'), cluster.kubeconfig);
  });

  afterAll(async () => {
    await cluster.stop();
    rmSync(home, { recursive: true, force: true });
  });

  /** Output, errors included; rejects only when kubectl cannot be run. */
  function kubectl(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const env = { HOME: home, KUBECONFIG: join(home, 'kubeconfig') };
      execFile(KUBECTL, line.split(' '), { env, cwd: home }, (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve(`${stdout}${stderr}`.trim());
      });
    });
  }

  test('auth can-i --list of a user without roles is that of a real server', async () => {
    expect(await kubectl('auth can-i --list --as eve')).toBe(
      `Resources                                       Non-Resource URLs   Resource Names   Verbs
selfsubjectreviews.authentication.k8s.io        []                  []               [create]
selfsubjectaccessreviews.authorization.k8s.io   []                  []               [create]
selfsubjectrulesreviews.authorization.k8s.io    []                  []               [create]
                                                [/api/*]            []               [get]
                                                [/api]              []               [get]
                                                [/apis/*]           []               [get]
                                                [/apis]             []               [get]
                                                [/healthz]          []               [get]
                                                [/healthz]          []               [get]
                                                [/livez]            []               [get]
                                                [/livez]            []               [get]
                                                [/openapi/*]        []               [get]
                                                [/openapi]          []               [get]
                                                [/readyz]           []               [get]
                                                [/readyz]           []               [get]
                                                [/version/]         []               [get]
                                                [/version/]         []               [get]
                                                [/version]          []               [get]
                                                [/version]          []               [get]`,
    );
  });

  test('a user gets what a binding gives, and no more', async () => {
    const ana = '--token=token-of-ana';
    expect(await kubectl(`${ana} get pods`)).toBe(
      'Error from server (Forbidden): pods is forbidden: User "ana" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    await kubectl('create rolebinding ana --clusterrole=edit --group=dev');
    expect(await kubectl(`${ana} auth whoami`)).toMatch(/Username +ana\nGroups +\[dev system:auth/);
    expect(await kubectl(`${ana} auth can-i create deployments`)).toBe('yes');
    expect(await kubectl(`${ana} auth can-i create roles`)).toBe('no');
    expect(await kubectl(`${ana} create configmap c`)).toBe('configmap/c created');
    expect(await kubectl(`${ana} get secrets -n kube-system`)).toMatch('(Forbidden)');
    expect(await kubectl(`${ana} get pods --as eve`)).toBe(
      'Error from server (Forbidden): users "eve" is forbidden: User "ana" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    expect(await kubectl('auth can-i get pods --as eve --as-group dev')).toBe('yes');
    expect(await kubectl('--token=unknown get pods')).toMatch('You must be logged in');
  });

  test('a namespace administrator cannot give away more than there is to give', async () => {
    await kubectl('create rolebinding boss --clusterrole=admin --user=boss');
    expect(await kubectl('create role r --verb=get --resource=secrets --as boss')).toBe(
      'role.rbac.authorization.k8s.io/r created',
    );
    expect(await kubectl('create role s --verb=update --resource=nodes --as boss'))
      .toBe(`Error from server (Forbidden): roles.rbac.authorization.k8s.io "s" is forbidden: user "boss" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["nodes"], Verbs:["update"]}`);
    expect(
      await kubectl('create rolebinding b --clusterrole=cluster-admin --user=boss --as boss'),
    ).toMatch('attempting to grant RBAC permissions not currently held');
  });

  test('a service account acts by its token', async () => {
    await kubectl('create serviceaccount bot');
    const token = `--token=${await kubectl('create token bot')}`;
    expect(await kubectl(`${token} auth can-i list pods`)).toBe('no');
    await kubectl('create role pods --verb=list --resource=pods');
    await kubectl('create rolebinding bot --role=pods --serviceaccount=default:bot');
    expect(await kubectl(`${token} auth can-i list pods`)).toBe('yes');
    expect(await kubectl(`${token} get pods`)).toBe('No resources found in default namespace.');
    await kubectl('delete serviceaccount bot');
    expect(await kubectl(`${token} get pods`)).toMatch('You must be logged in');
  });
});
