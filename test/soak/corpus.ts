/** What the fuzzer starts from: sound objects of kinds with many rules. */
import { SPECIAL } from './corpus-special.ts';

const meta = {
  name: 'fuzz',
  namespace: 'default',
  labels: { app: 'fuzz' },
  annotations: { a: 'b' },
};
const podSpec = {
  containers: [
    {
      name: 'main',
      image: 'nginx:1',
      command: ['sh', '-c', 'true'],
      ports: [{ containerPort: 80, name: 'http', protocol: 'TCP' }],
      env: [
        { name: 'A', value: 'b' },
        { name: 'B', valueFrom: { configMapKeyRef: { name: 'x', key: 'y' } } },
      ],
      resources: { requests: { cpu: '100m', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } },
      readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 5 },
      volumeMounts: [{ name: 'data', mountPath: '/data' }],
    },
  ],
  volumes: [{ name: 'data', emptyDir: {} }],
  tolerations: [{ key: 'a', operator: 'Exists' }],
};
const template = { metadata: { labels: { app: 'fuzz' } }, spec: podSpec };
const selector = { matchLabels: { app: 'fuzz' } };

const widgetSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      'x-kubernetes-validations': [
        { rule: '!has(self.max) || self.size <= self.max' },
        { rule: "self.names.all(n, n.matches('^[a-z]+$'))" },
      ],
      properties: {
        size: { type: 'integer', minimum: 0, default: 1 },
        max: { type: 'integer' },
        port: { 'x-kubernetes-int-or-string': true },
        names: {
          type: 'array',
          items: { type: 'string' },
          'x-kubernetes-list-type': 'set',
          default: [],
        },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, value: { type: 'string', nullable: true } },
          },
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        when: { type: 'string', format: 'date-time' },
      },
    },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};

const widgetCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.fuzz.example.com' },
  spec: {
    group: 'fuzz.example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' },
        },
        schema: { openAPIV3Schema: widgetSchema },
      },
    ],
  },
};

const namespaced = (group: string, plural: string) => `${group}/namespaces/default/${plural}`;

export const CORPUS: { crds: object[]; objects: { path: string; object: object }[] } = {
  crds: [widgetCrd],
  objects: [
    {
      path: namespaced('/api/v1', 'configmaps'),
      object: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: meta,
        data: { a: 'b' },
        binaryData: { c: 'ZA==' },
      },
    },
    {
      path: namespaced('/api/v1', 'secrets'),
      object: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: meta,
        type: 'Opaque',
        data: { a: 'Yg==' },
        stringData: { c: 'd' },
      },
    },
    {
      path: namespaced('/api/v1', 'pods'),
      object: { apiVersion: 'v1', kind: 'Pod', metadata: meta, spec: podSpec },
    },
    {
      path: namespaced('/api/v1', 'services'),
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: meta,
        spec: { selector: { app: 'fuzz' }, ports: [{ port: 80, targetPort: 'http' }] },
      },
    },
    {
      path: namespaced('/apis/apps/v1', 'deployments'),
      object: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: meta,
        spec: {
          replicas: 2,
          selector,
          template,
          strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
        },
      },
    },
    {
      path: namespaced('/apis/apps/v1', 'statefulsets'),
      object: {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        metadata: meta,
        spec: {
          serviceName: 'x',
          selector,
          template,
          volumeClaimTemplates: [
            {
              metadata: { name: 'd' },
              spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
            },
          ],
        },
      },
    },
    {
      path: namespaced('/apis/batch/v1', 'cronjobs'),
      object: {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: meta,
        spec: {
          schedule: '*/5 * * * *',
          jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } },
        },
      },
    },
    {
      path: namespaced('/apis/networking.k8s.io/v1', 'ingresses'),
      object: {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: meta,
        spec: {
          rules: [
            {
              host: 'a.b',
              http: {
                paths: [
                  {
                    path: '/',
                    pathType: 'Prefix',
                    backend: { service: { name: 'x', port: { number: 80 } } },
                  },
                ],
              },
            },
          ],
        },
      },
    },
    {
      path: namespaced('/apis/rbac.authorization.k8s.io/v1', 'roles'),
      object: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: meta,
        rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
      },
    },
    {
      path: namespaced('/apis/policy/v1', 'poddisruptionbudgets'),
      object: {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: meta,
        spec: { selector, minAvailable: '50%' },
      },
    },
    {
      path: namespaced('/apis/autoscaling/v2', 'horizontalpodautoscalers'),
      object: {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: meta,
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' },
          maxReplicas: 3,
          metrics: [
            {
              type: 'Resource',
              resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
            },
          ],
        },
      },
    },
    {
      path: namespaced('/api/v1', 'events'),
      object: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: meta,
        involvedObject: { kind: 'Pod', name: 'x', namespace: 'default' },
        reason: 'R',
        message: 'm',
        type: 'Normal',
      },
    },
    {
      path: namespaced('/apis/fuzz.example.com/v1', 'widgets'),
      object: {
        apiVersion: 'fuzz.example.com/v1',
        kind: 'Widget',
        metadata: meta,
        spec: {
          size: 2,
          max: 3,
          port: 80,
          names: ['a', 'b'],
          parts: [{ name: 'a', value: 'x' }],
          free: { a: { b: [1] } },
          when: '2026-01-01T00:00:00Z',
        },
      },
    },
    {
      path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      object: { ...widgetCrd, metadata: { name: 'gadgets.fuzz.example.com' } },
    },
    ...SPECIAL,
  ],
};
