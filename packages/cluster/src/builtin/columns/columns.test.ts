import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../schema/json.ts';
import { builtinKinds } from '../registry.ts';

const now = Date.parse('2026-01-01T00:05:00Z');
const metadata = { name: 'x', creationTimestamp: '2026-01-01T00:00:00Z' };

/** Column names and cells, those for `-o wide` in brackets. */
function row(kind: string, object: JsonObject): string {
  const columns =
    builtinKinds().find((candidate) => candidate.kind === kind)?.versions[0]?.columns ?? [];
  return columns
    .map(({ name, priority, cell }) => {
      const text = `${name}=${String(cell?.({ metadata, ...object }, now))}`;
      return priority === 1 ? `[${text}]` : text;
    })
    .join(' | ');
}

const template = {
  metadata: { labels: { a: 'b' } },
  spec: { containers: [{ name: 'c', image: 'i:1' }] },
};
const selector = { matchLabels: { a: 'b' } };

describe('printer columns', () => {
  it.each<[string, JsonObject, string]>([
    [
      'Deployment',
      {
        spec: { replicas: 3, selector, template },
        status: { readyReplicas: 1, updatedReplicas: 2 },
      },
      'Ready=1/3 | Up-to-date=2 | Available=0 | Age=5m | [Containers=c] | [Images=i:1] | [Selector=a=b]',
    ],
    [
      'ReplicaSet',
      { spec: { replicas: 2, selector, template }, status: { replicas: 2 } },
      'Desired=2 | Current=2 | Ready=0 | Age=5m | [Containers=c] | [Images=i:1] | [Selector=a=b]',
    ],
    [
      'StatefulSet',
      { spec: { replicas: 1, template } },
      'Ready=0/1 | Age=5m | [Containers=c] | [Images=i:1]',
    ],
    [
      'DaemonSet',
      { spec: { selector, template }, status: { desiredNumberScheduled: 1 } },
      'Desired=1 | Current=0 | Ready=0 | Up-to-date=0 | Available=0 | Node Selector=<none> | Age=5m | [Containers=c] | [Images=i:1] | [Selector=a=b]',
    ],
    [
      'Service',
      {
        spec: {
          type: 'NodePort',
          clusterIP: '10.96.0.10',
          ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }],
        },
      },
      'Type=NodePort | Cluster-IP=10.96.0.10 | External-IP=<none> | Port(s)=80:30080/TCP | Age=5m | [Selector=<none>]',
    ],
    [
      'Node',
      {
        metadata: {
          ...metadata,
          labels: {
            'node-role.kubernetes.io/worker': '',
            'node-role.kubernetes.io/control-plane': '',
          },
        },
        spec: { unschedulable: true },
        status: {
          conditions: [{ type: 'Ready', status: 'True' }],
          addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
          nodeInfo: { kubeletVersion: 'v1.35.0', osImage: 'Linux' },
        },
      },
      'Status=Ready,SchedulingDisabled | Roles=control-plane,worker | Age=5m | Version=v1.35.0 | [Internal-IP=127.0.0.1] | [External-IP=<none>] | [OS-Image=Linux] | [Kernel-Version=<unknown>] | [Container-Runtime=<unknown>]',
    ],
    [
      'Event',
      {
        type: 'Warning',
        reason: 'Failed',
        message: 'no\n',
        involvedObject: { kind: 'Pod', name: 'p' },
        source: { component: 'kubelet', host: 'n' },
        lastTimestamp: '2026-01-01T00:04:00Z',
        firstTimestamp: '2026-01-01T00:00:00Z',
        count: 4,
      },
      'Last Seen=60s | Type=Warning | Reason=Failed | Object=pod/p | [Subobject=] | [Source=kubelet, n] | Message=no | [First Seen=5m] | [Count=4] | [Name=x]',
    ],
    [
      'Job',
      {
        spec: { completions: 1, selector, template },
        status: {
          succeeded: 1,
          startTime: '2026-01-01T00:00:00Z',
          completionTime: '2026-01-01T00:00:07Z',
          conditions: [{ type: 'Complete', status: 'True' }],
        },
      },
      'Status=Complete | Completions=1/1 | Duration=7s | Age=5m | [Containers=c] | [Images=i:1] | [Selector=a=b]',
    ],
    [
      'CronJob',
      {
        spec: { schedule: '* * * * *', suspend: false, jobTemplate: { spec: { template } } },
        status: { active: [{}] },
      },
      'Schedule=* * * * * | Timezone=<none> | Suspend=False | Active=1 | Last Schedule=<none> | Age=5m | [Containers=c] | [Images=i:1] | [Selector=<none>]',
    ],
    ['Secret', { type: 'Opaque', data: { a: '', b: '' } }, 'Type=Opaque | Data=2 | Age=5m'],
    ['ConfigMap', { data: { a: '' }, binaryData: { b: '' } }, 'Data=2 | Age=5m'],
    [
      'RoleBinding',
      {
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [
          { kind: 'ServiceAccount', name: 'bot', namespace: 'd' },
          { kind: 'User', name: 'ann' },
        ],
      },
      'Role=Role/r | Age=5m | [Users=ann] | [Groups=] | [ServiceAccounts=d/bot]',
    ],
    [
      'Ingress',
      {
        spec: {
          ingressClassName: 'nginx',
          tls: [{}],
          rules: [{ host: 'a' }, { host: 'b' }, {}, { host: 'd' }],
        },
        status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
      },
      'Class=nginx | Hosts=a,b,d | Address=1.2.3.4 | Ports=80, 443 | Age=5m',
    ],
    [
      'PodDisruptionBudget',
      { spec: { minAvailable: 1 } },
      'Min Available=1 | Max Unavailable=N/A | Allowed Disruptions=0 | Age=5m',
    ],
    [
      'HorizontalPodAutoscaler',
      {
        spec: {
          scaleTargetRef: { kind: 'Deployment', name: 'w' },
          minReplicas: 1,
          maxReplicas: 5,
          metrics: [
            {
              type: 'Resource',
              resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
            },
          ],
        },
      },
      'Reference=Deployment/w | Targets=cpu: <unknown>/80% | MinPods=1 | MaxPods=5 | Replicas=0 | Age=5m',
    ],
    [
      'StorageClass',
      {
        metadata: {
          ...metadata,
          annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
        },
        provisioner: 'local',
      },
      'Name=x (default) | Provisioner=local | ReclaimPolicy=Delete | VolumeBindingMode=Immediate | AllowVolumeExpansion=false | Age=5m',
    ],
    [
      'Endpoints',
      { subsets: [{ addresses: [{ ip: '1.1.1.1' }], ports: [{ port: 80 }, { port: 81 }] }] },
      'Endpoints=1.1.1.1:80,1.1.1.1:81 | Age=5m',
    ],
    ['Role', {}, 'Created At=2026-01-01T00:00:00Z'],
    ['Lease', { spec: { holderIdentity: 'me' } }, 'Holder=me | Age=5m'],
  ])('of a %s are those of kubectl', (kind, object, expected) => {
    expect(row(kind, object)).toBe(expected);
  });

  it('show what kind of external address a service has', () => {
    const external = (spec: JsonObject, status: JsonObject = {}) =>
      /External-IP=(\S+)/.exec(row('Service', { spec, status }))?.[1];
    expect(external({ type: 'LoadBalancer' })).toBe('<pending>');
    expect(
      external({ type: 'LoadBalancer' }, { loadBalancer: { ingress: [{ hostname: 'lb' }] } }),
    ).toBe('lb');
    expect(external({ type: 'ExternalName', externalName: 'example.com' })).toBe('example.com');
    expect(external({ type: 'ClusterIP', externalIPs: ['1.2.3.4'] })).toBe('1.2.3.4');
  });
});
