import { describe, expect, it } from 'vitest';

import { cloneJson, type JsonObject } from '../../schema/json.ts';
import { builtinKinds } from '../registry.ts';

function kindOf(name: string) {
  const [group = '', kind = ''] = name.includes('/') ? name.split('/') : ['', name];
  const found = builtinKinds().find(
    (candidate) => candidate.group === group && candidate.kind === kind,
  );
  const schema = found?.versions[0]?.schema;
  if (found?.strategy === undefined || schema === undefined) throw new Error(`no kind ${name}`);
  return { strategy: found.strategy, schema };
}

/** What the API server stores of a new object, and its complaints as `path: text`. */
function create(kind: string, object: JsonObject): { object: JsonObject; errors: string[] } {
  const { strategy, schema } = kindOf(kind);
  const made = cloneJson({ metadata: { name: 'x', namespace: 'default', uid: 'u-1' }, ...object });
  schema.prune(made);
  strategy.prepareCreate?.(made);
  schema.applyDefaults(made);
  const errors = [...schema.validate(made), ...(strategy.validate?.(made) ?? [])];
  return { object: made, errors: errors.map(({ field, detail }) => `${field}: ${detail}`) };
}

function update(
  kind: string,
  object: JsonObject,
  old: JsonObject,
): { object: JsonObject; errors: string[] } {
  const { strategy, schema } = kindOf(kind);
  const made = cloneJson(object);
  schema.prune(made);
  strategy.prepareUpdate?.(made, old);
  schema.applyDefaults(made);
  const errors = [...schema.validate(made, old), ...(strategy.validate?.(made, old) ?? [])];
  return { object: made, errors: errors.map(({ field, detail }) => `${field}: ${detail}`) };
}

const template = (spec: JsonObject = {}): JsonObject => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: 'nginx:1.27' }], ...spec },
});
const deployment = (spec: JsonObject = {}): JsonObject => ({
  spec: { selector: { matchLabels: { app: 'web' } }, template: template(), ...spec },
});
const pod = (container: JsonObject = {}, spec: JsonObject = {}): JsonObject => ({
  spec: { containers: [{ name: 'c', image: 'nginx', ...container }], ...spec },
});
const job = (spec: JsonObject = {}): JsonObject => ({
  spec: {
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } },
    ...spec,
  },
});
const service = (spec: JsonObject = {}): JsonObject => ({
  spec: { ports: [{ port: 80 }], ...spec },
});

describe('writes of built-in kinds: defaults', () => {
  it('completes a Deployment', () => {
    const { object, errors } = create('apps/Deployment', deployment());
    expect(errors).toEqual([]);
    expect(object.spec).toEqual({
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' },
      },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'c',
              image: 'nginx:1.27',
              imagePullPolicy: 'IfNotPresent',
              resources: {},
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
            },
          ],
          restartPolicy: 'Always',
          dnsPolicy: 'ClusterFirst',
          schedulerName: 'default-scheduler',
          securityContext: {},
          terminationGracePeriodSeconds: 30,
        },
      },
    });
    const recreate = create(
      'apps/Deployment',
      deployment({ strategy: { type: 'Recreate' } }),
    ).object;
    expect(recreate.spec).toMatchObject({ strategy: { type: 'Recreate' } });
    expect(JSON.stringify(recreate)).not.toContain('rollingUpdate');
  });

  it('completes a Pod', () => {
    const probe = { httpGet: { port: 80 } };
    const { object, errors } = create(
      'Pod',
      pod(
        {
          ports: [{ containerPort: 80 }],
          readinessProbe: probe,
          resources: { limits: { cpu: 0.5, memory: '1024Mi' } },
        },
        { volumes: [{ name: 'v' }, { name: 's', secret: { secretName: 's' } }] },
      ),
    );
    expect(errors).toEqual([]);
    expect(object).toMatchObject({
      spec: {
        enableServiceLinks: true,
        serviceAccountName: 'default',
        volumes: [{ emptyDir: {} }, { secret: { defaultMode: 420 } }],
        containers: [
          {
            imagePullPolicy: 'Always',
            ports: [{ protocol: 'TCP' }],
            readinessProbe: {
              httpGet: { path: '/', scheme: 'HTTP' },
              timeoutSeconds: 1,
              periodSeconds: 10,
              successThreshold: 1,
              failureThreshold: 3,
            },
            resources: {
              limits: { cpu: '500m', memory: '1Gi' },
              requests: { cpu: '500m', memory: '1Gi' },
            },
          },
        ],
      },
      status: { phase: 'Pending', qosClass: 'Guaranteed' },
    });
  });

  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['registry:5000/nginx', 'Always'],
    ['registry:5000/nginx:1', 'IfNotPresent'],
    ['nginx@sha256:abc', 'IfNotPresent'],
  ])('pulls %s %s', (image, policy) => {
    const { object } = create('Pod', pod({ image }));
    expect(object).toMatchObject({ spec: { containers: [{ imagePullPolicy: policy }] } });
  });

  it('completes Services by their type', () => {
    expect(create('Service', service()).object.spec).toEqual({
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
    expect(create('Service', service({ type: 'LoadBalancer' })).object.spec).toMatchObject({
      externalTrafficPolicy: 'Cluster',
      allocateLoadBalancerNodePorts: true,
    });
    expect(create('Service', service({ clusterIP: 'None' })).object.spec).toMatchObject({
      clusterIPs: ['None'],
    });
    const external = create('Service', { spec: { type: 'ExternalName', externalName: 'a.b' } })
      .object.spec;
    expect(external).toEqual({
      type: 'ExternalName',
      externalName: 'a.b',
      sessionAffinity: 'None',
    });
  });

  it('labels and selects the pods of a Job by its uid', () => {
    const { object, errors } = create('batch/Job', job());
    expect(errors).toEqual([]);
    const labels = {
      'batch.kubernetes.io/controller-uid': 'u-1',
      'batch.kubernetes.io/job-name': 'x',
      'controller-uid': 'u-1',
      'job-name': 'x',
    };
    expect(object).toMatchObject({
      metadata: { labels },
      spec: {
        completions: 1,
        parallelism: 1,
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        suspend: false,
        podReplacementPolicy: 'TerminatingOrFailed',
        selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } },
        template: { metadata: { labels } },
      },
    });
    expect(create('batch/Job', job({ parallelism: 3 })).object.spec).not.toHaveProperty(
      'completions',
    );
  });

  it('moves stringData of a Secret into data', () => {
    const { object } = create('Secret', { data: { a: 'eA==' }, stringData: { b: 'ü' } });
    expect(object).toMatchObject({ type: 'Opaque', data: { a: 'eA==', b: 'w7w=' } });
    expect(object).not.toHaveProperty('stringData');
  });

  it('completes batch, access, network and scaling kinds', () => {
    const cron = { spec: { schedule: '* * * * *', jobTemplate: job() } };
    expect(create('batch/CronJob', cron).object.spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    const binding = {
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'ann' },
        { kind: 'ServiceAccount', name: 'bot', namespace: 'd' },
      ],
    };
    const bound = create('rbac.authorization.k8s.io/RoleBinding', binding);
    expect(bound.errors).toEqual([]);
    expect(bound.object).toMatchObject({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io' }, { kind: 'ServiceAccount' }],
    });
    const policy = create('networking.k8s.io/NetworkPolicy', {
      spec: { podSelector: {}, egress: [{}] },
    });
    expect(policy.object.spec).toMatchObject({ policyTypes: ['Ingress', 'Egress'] });
    const scaler = { spec: { scaleTargetRef: { kind: 'Deployment', name: 'w' }, maxReplicas: 3 } };
    expect(create('autoscaling/HorizontalPodAutoscaler', scaler).object.spec).toMatchObject({
      minReplicas: 1,
      metrics: [{ type: 'Resource', resource: { name: 'cpu' } }],
    });
    expect(
      create(
        'apps/StatefulSet',
        deployment({ volumeClaimTemplates: [{ metadata: { name: 'd' } }] }),
      ).object.spec,
    ).toMatchObject({
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      volumeClaimTemplates: [
        { apiVersion: 'v1', kind: 'PersistentVolumeClaim', status: { phase: 'Pending' } },
      ],
    });
    expect(create('apps/DaemonSet', deployment()).object.spec).toMatchObject({
      updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    });
  });

  it('takes an empty string for a missing value, as Go does', () => {
    const { object, errors } = create(
      'Pod',
      pod({ imagePullPolicy: '' }, { restartPolicy: '', dnsPolicy: '' }),
    );
    expect(errors).toEqual([]);
    expect(object.spec).toMatchObject({ restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' });
  });

  it.each<[string, JsonObject]>([
    ['apps/Deployment', deployment()],
    ['apps/StatefulSet', deployment({ serviceName: 's' })],
    ['Pod', pod({ resources: { limits: { cpu: '1' } } })],
    ['batch/Job', job()],
    ['Service', service({ type: 'NodePort' })],
    ['Secret', { stringData: { a: 'b' } }],
  ])('leaves a stored %s as it is when it is written again', (kind, object) => {
    const stored = create(kind, object).object;
    const again = update(kind, stored, stored);
    expect(again.errors).toEqual([]);
    expect(again.object).toEqual(stored);
  });

  it('keeps what the server gave out', () => {
    const stored = create(
      'Service',
      service({ clusterIP: '10.96.0.9', type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }] }),
    ).object;
    const replaced = update('Service', { metadata: {}, ...service({ type: 'NodePort' }) }, stored);
    expect(replaced.errors).toEqual([]);
    expect(replaced.object.spec).toMatchObject({
      clusterIP: '10.96.0.9',
      clusterIPs: ['10.96.0.9'],
      ports: [{ nodePort: 30001 }],
    });
    const given = create('Service', service()).object;
    expect(update('Service', service({ clusterIP: '10.96.0.9' }), given).errors).toEqual([]);
  });
});

describe('writes of built-in kinds: refusals', () => {
  it.each<[string, string, JsonObject, string[]]>([
    ['a pod without containers', 'Pod', { spec: {} }, ['spec.containers: Required value']],
    [
      'containers of one name',
      'Pod',
      {
        spec: {
          containers: [
            { name: 'c', image: 'i' },
            { name: 'c', image: 'i' },
          ],
        },
      },
      ['spec.containers[1].name: Duplicate value: "c"'],
    ],
    [
      'a container name that is no DNS label',
      'Pod',
      pod({ name: 'My_App' }),
      [
        'spec.containers[0].name: Invalid value: "My_App": a lowercase RFC 1123 label must consist of lower case ' +
          "alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or " +
          "'123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
      ],
    ],
    [
      'a container without an image',
      'Pod',
      { spec: { containers: [{ name: 'c' }] } },
      ['spec.containers[0].image: Required value'],
    ],
    [
      'a port out of range',
      'Pod',
      pod({ ports: [{ containerPort: 70000 }] }),
      [
        'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      'a mount of no volume',
      'Pod',
      pod({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    ],
    [
      'an unknown restart policy',
      'Pod',
      pod({}, { restartPolicy: 'Sometimes' }),
      [
        'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
      ],
    ],
    [
      'a probe without a handler',
      'Pod',
      pod({ livenessProbe: { periodSeconds: 1 } }),
      ['spec.containers[0].livenessProbe: Required value: must specify a handler type'],
    ],
    [
      'a quantity that is none',
      'Pod',
      pod({ resources: { limits: { cpu: 'lots' } } }),
      [
        'spec.containers[0].resources.limits[cpu]: Invalid value: "lots": quantities must match the regular expression ' +
          "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        'spec.containers[0].resources.requests[cpu]: Invalid value: "lots": quantities must match the regular expression ' +
          "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      ],
    ],
    [
      'a request beyond its limit',
      'Pod',
      pod({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
      [
        'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      ],
    ],
    [
      'a value with two sources',
      'Pod',
      pod({
        env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      }),
      [
        'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
      ],
    ],
    [
      'a selector that misses the template',
      'apps/Deployment',
      deployment({ selector: { matchLabels: { app: 'other' } } }),
      [
        'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      ],
    ],
    [
      'a Deployment without a selector',
      'apps/Deployment',
      { spec: { template: template() } },
      [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      ],
    ],
    [
      'a Deployment of pods that end',
      'apps/Deployment',
      deployment({ template: template({ restartPolicy: 'Never' }) }),
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      'a rollout that cannot move',
      'apps/Deployment',
      deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
      [
        'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
      ],
    ],
    [
      'a negative count',
      'apps/Deployment',
      deployment({ replicas: -1 }),
      ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'a Job of pods that never end',
      'batch/Job',
      { spec: { template: { spec: { containers: [{ name: 'c', image: 'i' }] } } } },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      'a schedule with too few fields',
      'batch/CronJob',
      { spec: { schedule: '* *', jobTemplate: job() } },
      ['spec.schedule: Invalid value: "* *": expected exactly 5 fields, found 2: [* *]'],
    ],
    ['a Service without ports', 'Service', { spec: {} }, ['spec.ports: Required value']],
    [
      'unnamed ports',
      'Service',
      service({ ports: [{ port: 80, name: 'a' }, { port: 81 }] }),
      ['spec.ports[1].name: Required value'],
    ],
    [
      'a bad key',
      'ConfigMap',
      { data: { 'a b': 'x' } },
      [
        "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' " +
          "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ],
    ],
    [
      'a TLS Secret without its key',
      'Secret',
      { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } },
      ['data[tls.key]: Required value'],
    ],
    [
      'a rule without verbs',
      'rbac.authorization.k8s.io/Role',
      { rules: [{ apiGroups: [''], resources: ['pods'] }] },
      ['rules[0].verbs: Required value: verbs must contain at least one value'],
    ],
    [
      'a binding to no role',
      'rbac.authorization.k8s.io/ClusterRoleBinding',
      { roleRef: { kind: 'Role', name: 'r' } },
      ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
    ],
    [
      'a budget with two bounds',
      'policy/PodDisruptionBudget',
      { spec: { minAvailable: 1, maxUnavailable: 1 } },
      [
        'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
      ],
    ],
    [
      'an Ingress path without a type',
      'networking.k8s.io/Ingress',
      {
        spec: {
          rules: [
            {
              http: {
                paths: [{ path: '/', backend: { service: { name: 's', port: { number: 80 } } } }],
              },
            },
          ],
        },
      },
      ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'],
    ],
    [
      'a claim of nothing',
      'PersistentVolumeClaim',
      { spec: { accessModes: ['ReadWriteOnce'] } },
      ['spec.resources[storage]: Required value'],
    ],
  ])('refuses %s', (...[, kind, object, errors]) => {
    expect(create(kind, object).errors).toEqual(errors);
  });

  it.each<[string, string, JsonObject, JsonObject, string[]]>([
    [
      'another selector',
      'apps/Deployment',
      deployment(),
      deployment({
        selector: { matchLabels: { app: 'web', x: 'y' } },
        template: { ...template(), metadata: { labels: { app: 'web', x: 'y' } } },
      }),
      ['spec.selector: Invalid value: {"matchLabels":{"app":"web","x":"y"}}: field is immutable'],
    ],
    [
      'another pod command',
      'Pod',
      pod(),
      pod({ command: ['x'] }, { serviceAccountName: 'default' }),
      [
        expect.stringMatching(
          /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`/,
        ),
      ],
    ],
    [
      'frozen data',
      'ConfigMap',
      { immutable: true, data: { a: 'b' } },
      { immutable: true, data: { a: 'c' } },
      ['data: Forbidden: field is immutable when `immutable` is set'],
    ],
    [
      'another Secret type',
      'Secret',
      {},
      { type: 'x' },
      ['type: Invalid value: "x": field is immutable'],
    ],
    [
      'another cluster address',
      'Service',
      service({ clusterIP: '10.96.0.9' }),
      service({ clusterIP: '10.96.0.8' }),
      ['spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set'],
    ],
    [
      'another role',
      'rbac.authorization.k8s.io/RoleBinding',
      { roleRef: { kind: 'Role', name: 'a' } },
      { roleRef: { kind: 'Role', name: 'b' } },
      [expect.stringMatching(/^roleRef: .*: cannot change roleRef$/)],
    ],
    [
      'another service name of a StatefulSet',
      'apps/StatefulSet',
      deployment({ serviceName: 'a' }),
      deployment({ serviceName: 'b' }),
      [
        expect.stringMatching(
          /^spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', /,
        ),
      ],
    ],
  ])('refuses to change to %s', (...[, kind, before, after, errors]) => {
    const stored = create(kind, before).object;
    expect(update(kind, { metadata: stored.metadata, ...after }, stored).errors).toEqual(errors);
  });

  it('refuses another template of a Job, but lets its parallelism change', () => {
    const stored = create('batch/Job', job()).object;
    const parallel = cloneJson(stored);
    (parallel.spec as JsonObject).parallelism = 2;
    expect(update('batch/Job', parallel, stored).errors).toEqual([]);
    const changed = cloneJson(stored);
    ((changed.spec as JsonObject).template as JsonObject).spec = {
      restartPolicy: 'Never',
      containers: [{ name: 'c', image: 'other' }],
    };
    expect(update('batch/Job', changed, stored).errors).toEqual([
      expect.stringMatching(/^spec\.template: Invalid value: .*: field is immutable$/),
    ]);
  });

  it('keeps the node of a pod, and lets its image change', () => {
    const stored = create('Pod', pod()).object;
    const bound = cloneJson(stored);
    Object.assign(bound.spec as JsonObject, { nodeName: 'local' });
    expect(update('Pod', bound, stored).errors).toHaveLength(1);
    const moved = cloneJson(bound);
    Object.assign(moved.spec as JsonObject, { nodeName: 'other' });
    expect(update('Pod', moved, bound).errors).toHaveLength(1);
    const upgraded = cloneJson(bound);
    Object.assign(((upgraded.spec as JsonObject).containers as JsonObject[])[0] ?? {}, {
      image: 'nginx:2',
    });
    expect(update('Pod', upgraded, bound).errors).toEqual([]);
  });

  it('does not touch the status of the stored object', () => {
    for (const { group, kind, strategy } of builtinKinds()) {
      const status = Object.freeze({ capacity: Object.freeze({ cpu: '2000m' }) });
      const object = { metadata: { name: 'x' }, spec: {}, status };
      expect(() => strategy?.prepareUpdate?.(object, object), `${group}/${kind}`).not.toThrow();
      expect(object.status, `${group}/${kind}`).toBe(status);
    }
  });
});
