import { describe, expect, it } from 'vitest';

import { builtinKinds } from './registry.ts';
import { builtinObjectSchema } from './schemas.ts';

describe('builtinKinds', () => {
  const kinds = builtinKinds();
  const find = (kind: string, group = '') =>
    kinds.find((candidate) => candidate.kind === kind && candidate.group === group);

  it('lists what kubectl get all shows', () => {
    const all = kinds
      .filter(({ categories }) => categories.includes('all'))
      .map(({ plural }) => plural);
    expect(all.sort()).toEqual([
      'cronjobs',
      'daemonsets',
      'deployments',
      'horizontalpodautoscalers',
      'horizontalpodautoscalers',
      'jobs',
      'pods',
      'replicasets',
      'replicationcontrollers',
      'services',
      'statefulsets',
    ]);
  });

  it('knows names, scope and subresources', () => {
    expect(find('Deployment', 'apps')).toMatchObject({
      plural: 'deployments',
      singular: 'deployment',
      listKind: 'DeploymentList',
      shortNames: ['deploy'],
      namespaced: true,
      versions: [{ version: 'v1', served: true, storage: true, status: true }],
    });
    expect(find('Deployment', 'apps')?.versions[0]?.scale?.specReplicasPath).toBe('.spec.replicas');
    expect(find('Node')).toMatchObject({ namespaced: false, shortNames: ['no'] });
    expect(find('SelfSubjectAccessReview', 'authorization.k8s.io')?.verbs).toEqual(['create']);
  });

  it('has no short name twice in a group', () => {
    const names = kinds.flatMap(({ group, versions, plural, singular, shortNames }) =>
      [...new Set([plural, singular, ...shortNames])].map(
        (name) => `${group}/${versions[0]?.version}/${name}`,
      ),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it('compiles a schema for every kind, once', () => {
    for (const { versions } of kinds) {
      const [version] = versions;
      expect(version?.schema.prune({ metadata: {}, nonsense: 1 })).toEqual(['nonsense']);
      expect(version?.schema).toBe(version?.schema);
    }
  });

  it('gives cells for every column of an empty object', () => {
    const cells = kinds.flatMap(({ kind, versions }) =>
      (versions[0]?.columns ?? []).map(({ name, cell }) => ({
        column: `${kind} ${name}`,
        type: typeof cell?.({ metadata: {} }, 0),
      })),
    );
    const known = ['string', 'number', 'boolean'];
    expect(cells.filter(({ type }) => !known.includes(type))).toEqual([]);
  });

  it.each([
    ['Pod', '', true],
    ['Deployment', 'apps', true],
    ['NetworkPolicy', 'networking.k8s.io', true],
    ['PriorityClass', 'scheduling.k8s.io', false],
    ['ConfigMap', '', false],
    ['Service', '', false],
    ['Namespace', '', false],
    ['HorizontalPodAutoscaler', 'autoscaling', false],
    ['CertificateSigningRequest', 'certificates.k8s.io', false],
  ])('knows whether %s.%s has a generation', (kind, group, expected) => {
    expect(find(kind, group)?.hasGeneration).toBe(expected);
  });

  it('offers the fields clients select by', () => {
    expect(find('Pod')?.versions[0]?.selectableFields).toEqual(
      expect.arrayContaining(['spec.nodeName', 'status.phase']),
    );
    const event = { involvedObject: { name: 'x' }, source: { component: 'kubelet' } };
    expect(find('Event')?.strategy?.fields?.(event)).toMatchObject({ source: 'kubelet' });
  });

  it('has schemas for types of subresources', () => {
    expect(
      builtinObjectSchema('policy/v1', 'Eviction')?.prune({ deleteOptions: {}, x: 1 }),
    ).toEqual(['x']);
    expect(builtinObjectSchema('v1', 'Nothing')).toBeUndefined();
  });
});
