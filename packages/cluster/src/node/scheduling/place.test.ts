/** What kube-scheduler says and chooses: messages of `FitError` (kubernetes/pkg/scheduler/framework/types.go) by plugin. */
import { describe, expect, it } from 'vitest';

import type { NodeObject, Pod, PodSpec } from '../../workloads/objects.ts';
import type { NodeState } from './node-state.ts';
import { place } from './place.ts';

function node(
  name: string,
  extra: Partial<NodeState['node']['spec']> = {},
  labels = {},
): NodeState {
  const object: NodeObject = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: extra,
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10' } },
  };
  return { node: object, pods: [], isEmbedded: false };
}

function pod(
  spec: Record<string, unknown> = {},
  labels: Record<string, string> = { app: 'a' },
): Pod {
  const container = { name: 'c', resources: { requests: { cpu: '1', memory: '1Gi' } } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', labels },
    spec: { containers: [container], ...spec } as PodSpec,
  };
}

function withPods(state: NodeState, ...pods: Pod[]): NodeState {
  return { ...state, pods };
}

const gpu = { taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }] };
const asks = (requests: Record<string, string>) => ({
  containers: [{ name: 'c', resources: { requests } }],
});
const anti = {
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { labelSelector: { matchLabels: { app: 'a' } }, topologyKey: 'kubernetes.io/hostname' },
      ],
    },
  },
};
const near = {
  affinity: {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { labelSelector: { matchLabels: { app: 'db' } }, topologyKey: 'kubernetes.io/hostname' },
      ],
    },
  },
};
const spread = {
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'a' } },
    },
  ],
};
const wants = (value: string) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'pool', operator: 'In', values: [value] }] },
        ],
      },
    },
  },
});
const port = { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] };

describe('place', () => {
  it.each([
    [
      'resources and taints',
      pod(asks({ memory: '6Gi' })),
      [withPods(node('a'), pod(asks({ memory: '4Gi' }))), node('b', gpu), node('c', gpu)],
      '0/3 nodes are available: 1 Insufficient memory, 2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
    ],
    [
      'several resources',
      pod(asks({ cpu: '9', memory: '9Gi' })),
      [node('a')],
      '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    ],
    [
      'an extended resource',
      pod(asks({ 'nvidia.com/gpu': '1' })),
      [node('a')],
      '0/1 nodes are available: 1 Insufficient nvidia.com/gpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    ],
    [
      'a cordoned node',
      pod(),
      [node('a', { unschedulable: true })],
      '0/1 nodes are available: 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    ],
    [
      'a node selector',
      pod({ nodeSelector: { disk: 'ssd' } }),
      [node('a'), node('b')],
      "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    ],
    [
      'node affinity',
      pod(wants('x')),
      [node('a', {}, { pool: 'y' })],
      "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    ],
    [
      'a host port',
      pod(port),
      [withPods(node('a'), pod(port))],
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
    ],
    [
      'anti-affinity',
      pod(anti),
      [withPods(node('a'), pod())],
      "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
    ],
    [
      'anti-affinity of others',
      pod(),
      [withPods(node('a'), pod(anti))],
      "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
    ],
    [
      'affinity to pods',
      pod(near),
      [node('a')],
      "0/1 nodes are available: 1 node(s) didn't match pod affinity rules. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
    ],
    [
      'a spread constraint',
      pod(spread),
      [
        withPods(node('a', {}, { zone: '1' }), pod()),
        node('b', { unschedulable: true }, { zone: '2' }),
      ],
      "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.",
    ],
    ['no node at all', pod(), [], 'no nodes available to schedule pods'],
  ])('says why %s keeps it away', (_, candidate, nodes, message) => {
    expect(place(candidate, nodes, { affinity: [] })).toEqual({ message });
  });

  it.each([
    ['the emptier node', pod(), [withPods(node('a'), pod()), node('b')], 'b'],
    [
      'a tainted node that is tolerated',
      pod({ tolerations: [{ key: 'dedicated', operator: 'Exists' }] }),
      [node('a', gpu)],
      'a',
    ],
    [
      'a node without a soft taint',
      pod(),
      [node('a', { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] }), node('b')],
      'b',
    ],
    ['the first of equal nodes', pod(), [node('b'), node('a')], 'a'],
    ['the node of its affinity', pod(wants('x')), [node('a'), node('b', {}, { pool: 'x' })], 'b'],
    [
      'the zone with fewer pods',
      pod(spread),
      [withPods(node('a', {}, { zone: '1' }), pod()), node('b', {}, { zone: '2' })],
      'b',
    ],
  ])('chooses %s', (_, candidate, nodes, name) => {
    expect(place(candidate, nodes, { affinity: [] })).toEqual({ node: name });
  });

  it('keeps a pod with an unbound claim from every node', () => {
    const problem = 'pod has unbound immediate PersistentVolumeClaims';
    expect(place(pod(), [node('a'), node('b')], { affinity: [], problem })).toEqual({
      message: `0/2 nodes are available: ${problem}. not found`,
    });
  });

  it('takes the embedded node before all others, unless the pod asks for another', () => {
    const embedded = { ...node('z'), isEmbedded: true };
    const other = node('a', {}, { disk: 'fast' });
    const volumes = { affinity: [] };
    expect(place(pod(), [other, embedded], volumes)).toEqual({ node: 'z' });
    const picky = pod({ nodeSelector: { disk: 'fast' } });
    expect(place(picky, [other, embedded], volumes)).toEqual({ node: 'a' });
  });
});
