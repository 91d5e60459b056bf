import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Cluster } from '../start-cluster.ts';
import { startTestCluster } from '../testing/test-cluster.ts';
import { writeKubeconfig } from './pki/kubeconfig.ts';

const KUBECTL = fileURLToPath(
  new URL('../../../../node_modules/.kagent-bin/kubectl', import.meta.url),
);

const CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.demo.dev}
spec:
  group: demo.dev
  scope: Namespaced
  names: {plural: widgets, kind: Widget}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns:
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {size: {type: integer, description: How big it is.}}}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
`;
const WIDGET = `
apiVersion: demo.dev/v1
kind: Widget
metadata: {name: one, namespace: blue}
spec: {size: 3}
`;

/** A short path through a real kubectl: protobuf bodies, tables, OpenAPI, patches, WatchList. */
describe('api/kubectl', () => {
  const home = mkdtempSync(join(tmpdir(), 'kagent-kubectl-'));
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startTestCluster({ workloads: false });
    writeKubeconfig(join(home, 'kubeconfig'), cluster.kubeconfig);
    writeFileSync(join(home, 'crd.yaml'), CRD);
    writeFileSync(join(home, 'widget.yaml'), WIDGET);
    writeFileSync(join(home, 'bigger.yaml'), WIDGET.replace('3', '7'));
  });

  afterAll(async () => {
    await cluster.stop();
    rmSync(home, { recursive: true, force: true });
  });

  /** What kubectl prints, errors included; rejects only when it cannot be run. */
  function kubectl(...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const env = { HOME: home, KUBECONFIG: join(home, 'kubeconfig') };
      execFile(KUBECTL, args, { env, cwd: home }, (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve(`${stdout}${stderr}`.trim());
      });
    });
  }

  test('creates, applies, waits, changes and deletes', async () => {
    expect(await kubectl('create', 'namespace', 'blue')).toBe('namespace/blue created');
    expect(
      await kubectl('-n', 'blue', 'create', 'secret', 'generic', 's', '--from-literal=a=b'),
    ).toBe('secret/s created');
    expect(await kubectl('apply', '-f', 'crd.yaml')).toBe(
      'customresourcedefinition.apiextensions.k8s.io/widgets.demo.dev created',
    );
    expect(
      await kubectl('wait', '--for=condition=Established', 'crd/widgets.demo.dev', '--timeout=5s'),
    ).toContain('condition met');
    expect(await kubectl('apply', '-f', 'widget.yaml')).toBe('widget.demo.dev/one created');
    expect(await kubectl('apply', '--server-side', '-f', 'bigger.yaml')).toBe(
      'widget.demo.dev/one serverside-applied',
    );
    expect(await kubectl('apply', '--dry-run=server', '-f', 'widget.yaml')).toContain(
      'widget.demo.dev/one configured (server dry run)',
    );
    const waiting = kubectl(
      '-n',
      'blue',
      'wait',
      '--for=condition=Ready',
      'widget/one',
      '--timeout=10s',
    );
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    const path = '/apis/demo.dev/v1/namespaces/blue/widgets/one/status';
    const headers = { 'content-type': 'application/merge-patch+json' };
    await cluster.transport().request({ method: 'PATCH', path, headers, body: { status } });
    expect(await waiting).toBe('widget.demo.dev/one condition met');
    expect(await kubectl('-n', 'blue', 'get', 'widgets')).toMatch(/^NAME\s+READY\none\s+True$/);
    expect(await kubectl('explain', 'widget.spec.size')).toContain('How big it is.');
    expect(await kubectl('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')).toBe(
      'kubernetes-admin',
    );
    expect(await kubectl('-n', 'blue', 'get', 'widget', 'two')).toBe(
      'Error from server (NotFound): widgets.demo.dev "two" not found',
    );
    expect(await kubectl('delete', '-f', 'widget.yaml')).toBe(
      'widget.demo.dev "one" deleted from blue namespace',
    );
  });
});
