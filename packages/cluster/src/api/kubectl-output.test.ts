import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Cluster } from '../start-cluster.ts';
import { startTestCluster } from '../testing/test-cluster.ts';
import { writeKubeconfig } from './pki/kubeconfig.ts';

const BINARIES = '../../../../node_modules/.kagent-bin/';
const binary = (name: string) => fileURLToPath(new URL(BINARIES + name, import.meta.url));

/** Objects with everything their columns show; statuses are written through `/status`. */
const OBJECTS = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: nginx}]}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, clusterIP: 10.96.0.9, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1", b: "2"}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: nginx
  tls: [{hosts: [a.dev]}]
  rules:
  - host: a.dev
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 50%, selector: {matchLabels: {app: web}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 4}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  timeZone: Europe/Berlin
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: demo.dev/disk
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 1000
---
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: disk.demo.dev}
spec: {attachRequired: false, tokenRequests: [{audience: vault}]}
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: gvisor}
handler: runsc
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec: {group: metrics.k8s.io, version: v1beta1, groupPriorityMinimum: 100, versionPriority: 100, service: {name: m, namespace: kube-system}}
`;

/** Columns as the printers of kube-apiserver 1.35 have them, ages left out. */
const TABLES: [string, string][] = [
  ['deployment web', 'NAME READY UP-TO-DATE AVAILABLE AGE | web 0/3 0 0 AGE'],
  [
    'service web',
    'NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE | web NodePort 10.96.0.9 <none> 80:30080/TCP AGE',
  ],
  ['configmap settings', 'NAME DATA AGE | settings 2 AGE'],
  ['ingress', 'NAME CLASS HOSTS ADDRESS PORTS AGE | web nginx a.dev 80, 443 AGE'],
  ['pdb', 'NAME MIN AVAILABLE MAX UNAVAILABLE ALLOWED DISRUPTIONS AGE | web 50% N/A 0 AGE'],
  [
    'hpa',
    'NAME REFERENCE TARGETS MINPODS MAXPODS REPLICAS AGE | web Deployment/web cpu: <unknown>/80% 1 4 0 AGE',
  ],
  [
    'cronjobs',
    'NAME SCHEDULE TIMEZONE SUSPEND ACTIVE LAST SCHEDULE AGE | nightly 0 3 * * * Europe/Berlin False 0 <none> AGE',
  ],
  [
    'sc fast',
    'NAME PROVISIONER RECLAIMPOLICY VOLUMEBINDINGMODE ALLOWVOLUMEEXPANSION AGE | fast (default) demo.dev/disk Delete Immediate false AGE',
  ],
  [
    'pc high',
    'NAME VALUE GLOBAL-DEFAULT AGE PREEMPTIONPOLICY | high 1000 false AGE PreemptLowerPriority',
  ],
  [
    'csidrivers',
    'NAME ATTACHREQUIRED PODINFOONMOUNT STORAGECAPACITY TOKENREQUESTS REQUIRESREPUBLISH MODES AGE | disk.demo.dev false false false vault false Persistent AGE',
  ],
  ['runtimeclasses', 'NAME HANDLER AGE | gvisor runsc AGE'],
  [
    'apiservice v1beta1.metrics.k8s.io',
    'NAME SERVICE AVAILABLE AGE | v1beta1.metrics.k8s.io kube-system/m False (AggregationNotSupported) AGE',
  ],
  [
    'hpa.v1.autoscaling',
    'NAME REFERENCE TARGETS MINPODS MAXPODS REPLICAS AGE | web Deployment/web cpu: <unknown>/80% 1 4 0 AGE',
  ],
];

/** Texts of real kubectl binaries: what people see. */
describe('api/kubectl-output', { timeout: 20_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), 'kagent-kubectl-'));
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startTestCluster({ workloads: false });
    writeKubeconfig(join(home, 'kubeconfig'), cluster.kubeconfig);
    writeFileSync(join(home, 'objects.yaml'), OBJECTS);
    expect(await run('kubectl', 'create', '-f', 'objects.yaml')).not.toMatch(/error/i);
  });

  afterAll(async () => {
    await cluster.stop();
    rmSync(home, { recursive: true, force: true });
  });

  /** What the program prints, errors included; rejects only when it cannot be run. */
  function run(name: string, ...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const env = { HOME: home, KUBECONFIG: join(home, 'kubeconfig'), PATH: '/usr/bin:/bin' };
      execFile(binary(name), args, { env, cwd: home }, (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve(`${stdout}${stderr}`.trim());
      });
    });
  }

  test.each(TABLES)('get %s', async (what, expected) => {
    const text = await run('kubectl', 'get', ...what.split(' '));
    const lines = text.split('\n').map((line) =>
      line
        .replaceAll(/\s{2,}/g, ' ')
        .replaceAll(/\b\d+s\b/g, 'AGE')
        .trim(),
    );
    expect(lines.join(' | ')).toBe(expected);
  });

  test('explain reads well', async () => {
    const text = await run('kubectl', 'explain', 'pod.spec.containers.resources');
    expect(text).toContain('FIELD: resources <ResourceRequirements>');
    expect(text).toContain('limits\t<map[string]Quantity>\n    Most the container may use.');
    expect(text).not.toContain('<no description>');
    expect(await run('kubectl', 'explain', '--recursive', 'deployment.spec.strategy')).toContain(
      '  rollingUpdate\t<RollingUpdateDeployment>\n    maxSurge\t<IntOrString>\n',
    );
  });

  test('apply, diff and explain of an old client use OpenAPI and strategic merge', async () => {
    const first = OBJECTS.split('---')[0]?.replaceAll('web', 'old') ?? '';
    const change = first.replace('replicas: 3', 'replicas: 5');
    writeFileSync(join(home, 'first.yaml'), first);
    writeFileSync(join(home, 'change.yaml'), change);
    expect(await run('v31/kubectl', 'apply', '-f', 'first.yaml')).toBe(
      'deployment.apps/old created',
    );
    const diff = await run('v31/kubectl', 'diff', '-f', 'change.yaml');
    expect(diff).toContain('-  replicas: 3\n+  replicas: 5');
    expect(await run('v31/kubectl', 'apply', '-f', 'change.yaml')).toBe(
      'deployment.apps/old configured',
    );
    const wrong = change.replace('replicas', 'replika');
    writeFileSync(join(home, 'wrong.yaml'), wrong);
    expect(await run('v31/kubectl', 'apply', '-f', 'wrong.yaml')).toContain(
      'strict decoding error: unknown field "spec.replika"',
    );
    expect(await run('v31/kubectl', 'explain', 'hpa.spec.metrics')).toContain('VERSION:    v2');
  });
});
