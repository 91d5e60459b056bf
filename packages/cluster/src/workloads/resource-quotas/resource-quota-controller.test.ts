import { describe, expect, it } from 'vitest';

import type { KubeObject, ResourceType } from '@kagent/kube';

import { eventually, startTestPlatform } from '../../node/testing/test-platform.ts';
import { CONFIG_MAPS } from '../objects.ts';
import type { ConfigMap } from '../objects.ts';

interface Quota extends KubeObject {
  spec: { hard: Record<string, string> };
  status?: { hard: Record<string, string>; used: Record<string, string> };
}

const QUOTAS: ResourceType<Quota> = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  namespaced: true,
};
const namespace = 'team';

describe('ResourceQuotaController', () => {
  it('tells what a namespace uses, and follows what comes and goes', async () => {
    await using platform = await startTestPlatform();
    const { client } = platform;
    const ns = {
      group: '',
      version: 'v1',
      kind: 'Namespace',
      plural: 'namespaces',
      namespaced: false,
    };
    await client.create(ns, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const hard = { configmaps: '10', 'count/deployments.apps': '5', 'requests.cpu': '2' };
    await client.create(QUOTAS, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace },
      spec: { hard },
    });
    const used = async () => (await client.get(QUOTAS, { name: 'q', namespace })).status;
    const map = (name: string): ConfigMap => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
    });
    const first = await eventually(used, (status) => status?.used['configmaps'] !== undefined);
    expect(first?.hard).toEqual(hard);
    // Every namespace has kube-root-ca.crt.
    const before = Number(first?.used['configmaps']);
    await client.create(CONFIG_MAPS, map('a'));
    const more = await eventually(used, (status) => countOf(status) === before + 1);
    expect(more?.used).toEqual({
      configmaps: String(before + 1),
      'count/deployments.apps': '0',
      'requests.cpu': '0',
    });
    await client.delete(CONFIG_MAPS, { name: 'a', namespace });
    await eventually(used, (status) => countOf(status) === before);
  });
});

function countOf(status: Quota['status']): number {
  return Number(status?.used['configmaps']);
}
