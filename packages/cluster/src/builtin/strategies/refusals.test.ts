import { describe, expect, test } from 'vitest';

import { createTestApi } from '../../testing/test-api.ts';

type Body = Record<string, unknown>;
const CORE = '/api/v1/namespaces/default';
const apis = (group: string) => `/apis/${group}/v1/namespaces/default`;

const service = (spec: Body): Body => ({ apiVersion: 'v1', kind: 'Service', spec });
const policy = (spec: Body): Body => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  spec: { podSelector: {}, ...spec },
});
const ingress = (spec: Body, annotations = {}): Body => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'x', annotations },
  spec,
});
const cronJob = (spec: Body): Body => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  spec: {
    schedule: '0 * * * *',
    jobTemplate: {
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } },
      },
    },
    ...spec,
  },
});
const autoscaler = (spec: Body): Body => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
    maxReplicas: 2,
    ...spec,
  },
});
const priority = (name: string, value: number): Body => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value,
});
const NETPOL = `${apis('networking.k8s.io')}/networkpolicies`;
const INGRESS = `${apis('networking.k8s.io')}/ingresses`;
const CRON = `${apis('batch')}/cronjobs`;
const HPA = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
const PC = '/apis/scheduling.k8s.io/v1/priorityclasses';
const CSR = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const backend = { service: { name: 's', port: { number: 80 } } };

const CASES: [string, string, Body, string][] = [
  [
    'two ports alike',
    `${CORE}/services`,
    service({
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 80 },
      ],
    }),
    'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
  ],
  [
    'a node port out of range',
    `${CORE}/services`,
    service({ type: 'NodePort', ports: [{ port: 80, nodePort: 99 }] }),
    'spec.ports[0].nodePort: Invalid value: 99: provided port is not in the valid range. The range of valid ports is 30000-32767',
  ],
  [
    'a headless node port',
    `${CORE}/services`,
    service({ type: 'NodePort', clusterIP: 'None', ports: [{ port: 80 }] }),
    `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`,
  ],
  [
    'an external IP that is none',
    `${CORE}/services`,
    service({ ports: [{ port: 80 }], externalIPs: ['1.2.3'] }),
    'spec.externalIPs[0]: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ],
  [
    'a peer that is nobody',
    NETPOL,
    policy({ ingress: [{ from: [{}] }] }),
    'spec.ingress[0].from[0]: Required value: must specify a peer',
  ],
  [
    'a peer that is two',
    NETPOL,
    policy({ egress: [{ to: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }] }),
    'spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer',
  ],
  [
    'a network that is none',
    NETPOL,
    policy({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/33' } }] }] }),
    'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    'a port range that runs backwards',
    NETPOL,
    policy({ ingress: [{ ports: [{ port: 90, endPort: 80 }] }] }),
    'spec.ingress[0].ports[0].endPort: Invalid value: 90: must be greater than or equal to `port`',
  ],
  [
    'a class twice',
    INGRESS,
    ingress(
      { ingressClassName: 'a', defaultBackend: backend },
      { 'kubernetes.io/ingress.class': 'b' },
    ),
    'annotations.kubernetes.io/ingress.class: Invalid value: "b": must match `ingressClassName` when both are specified',
  ],
  [
    'a relative path',
    INGRESS,
    ingress({ rules: [{ http: { paths: [{ path: 'x', pathType: 'Prefix', backend }] } }] }),
    'spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path',
  ],
  [
    'four fields',
    CRON,
    cronJob({ schedule: '* * * *' }),
    'spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]',
  ],
  [
    'a minute that no clock has',
    CRON,
    cronJob({ schedule: '61 * * * *' }),
    'spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61',
  ],
  [
    'a word for a number',
    CRON,
    cronJob({ schedule: 'x * * * *' }),
    'spec.schedule: Invalid value: "x * * * *": failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax',
  ],
  [
    'a zone in the schedule',
    CRON,
    cronJob({ schedule: 'TZ=UTC 0 * * * *' }),
    'spec.schedule: Invalid value: "TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
  ],
  [
    'a zone nobody knows',
    CRON,
    cronJob({ timeZone: 'Mars/Base' }),
    'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base',
  ],
  [
    'a metric without a source',
    HPA,
    autoscaler({ metrics: [{ type: 'Pods' }] }),
    'spec.metrics[0].pods: Required value: must populate information for the given metric source',
  ],
  [
    'an unknown metric',
    HPA,
    autoscaler({ metrics: [{ type: 'Luck' }] }),
    'spec.metrics[0].type: Unsupported value: "Luck": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
  ],
  [
    'fewer than none',
    HPA,
    autoscaler({ minReplicas: 3 }),
    'spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`',
  ],
  [
    'a reserved class',
    PC,
    priority('system-x', 1),
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class",
  ],
  [
    'a priority for the system only',
    PC,
    priority('high', 1_000_000_001),
    'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
  ],
  [
    'a request that is no PEM',
    CSR,
    {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      spec: { request: 'eA==', signerName: 'a.b/c', usages: ['client auth'] },
    },
    'spec.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST',
  ],
  [
    'an API service by another name',
    '/apis/apiregistration.k8s.io/v1/apiservices',
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      spec: { group: 'a.b', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 },
    },
    'metadata.name: Invalid value: "x": must be `spec.version+"."+spec.group`: "v1.a.b"',
  ],
  [
    'a lease that has ended already',
    `${apis('coordination.k8s.io')}/leases`,
    { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', spec: { leaseDurationSeconds: 0 } },
    'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
  ],
];

/** Texts of kube-apiserver 1.35's validation. */
describe('refusals of built-in kinds', () => {
  test.each(CASES)('%s', async (_title, path, body, problem) => {
    using api = await createTestApi();
    const sent = { metadata: { name: 'x' }, ...body };
    const answer = await api.call('POST', path, { body: sent });
    const { message } = answer.body as { message?: string };
    expect({ status: answer.status, message }).toMatchObject({ status: 422 });
    expect(message).toContain(`is invalid: ${problem}`);
  });

  test('keeps a bound claim from shrinking', async () => {
    using api = await createTestApi();
    const claims = `${CORE}/persistentvolumeclaims`;
    const claim = (storage: string) => ({
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    });
    const metadata = { name: 'c' };
    const kind = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata };
    await api.call('POST', claims, { body: { ...kind, ...claim('2Gi') } });
    const headers = { 'content-type': 'application/merge-patch+json' };
    const status = { status: { phase: 'Bound', capacity: { storage: '2Gi' } } };
    await api.call('PATCH', `${claims}/c/status`, { headers, body: status });
    const answer = await api.call('PATCH', `${claims}/c`, { headers, body: claim('1Gi') });
    expect(answer).toMatchObject({
      status: 422,
      body: {
        message:
          'PersistentVolumeClaim "c" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
      },
    });
  });

  test('writes into a certificate request who asks, and takes the approval apart', async () => {
    using api = await createTestApi();
    const pem = '-----BEGIN CERTIFICATE REQUEST-----\nMII=\n-----END CERTIFICATE REQUEST-----\n';
    const spec = {
      request: Buffer.from(pem).toString('base64'),
      signerName: 'demo.dev/signer',
      usages: ['client auth'],
      username: 'somebody-else',
    };
    const body = {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'c' },
      spec,
    };
    const made = await api.call('POST', CSR, { body });
    expect(made).toMatchObject({ status: 201, body: { spec: { username: 'system:apiserver' } } });
    const conditions = [{ type: 'Approved', status: 'True', reason: 'KubectlApprove' }];
    const approved = await api.call('PATCH', `${CSR}/c/approval`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { spec: { username: 'x' }, status: { conditions } },
    });
    expect(approved).toMatchObject({
      status: 200,
      body: { spec: { username: 'system:apiserver' }, status: { conditions } },
    });
    const table = await api.call('GET', CSR, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    const { rows } = table.body as { rows: { cells: unknown[] }[] };
    expect(rows[0]?.cells).toEqual([
      'c',
      expect.any(String),
      'demo.dev/signer',
      'system:apiserver',
      '<none>',
      'Approved',
    ]);
  });
});
