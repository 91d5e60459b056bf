/** What the server says about itself outside of any API group: its version and whether it is well. */
import { exposition, EXPOSITION_TYPE, labels } from './monitoring/exposition.ts';
import { pageNotFound, plainText } from './request.ts';
import type { ApiRequest, ApiResponse } from './request.ts';

/** The body of `/version`. `gitVersion` like `v1.35.2-kagent`. */
export function versionInfo(gitVersion: string): object {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Math.max(Number(minor) - 1, 0)),
    gitVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: 'none',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}

/** What a server of several components starts with, in its order; here all of it has happened before the first answer. */
const START_HOOKS = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'aggregator-reload-proxy-client-cert',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
].map((name) => `poststarthook/${name}`);
const STARTED = [
  ...START_HOOKS,
  'autoregister-completion',
  'poststarthook/apiservice-openapi-controller',
  'poststarthook/apiservice-openapiv3-controller',
];
const ALIVE = ['ping', 'log', 'etcd', ...STARTED];

/** What each endpoint looks at. A server that answers at all is well: there is no etcd and nothing to sync. */
const CHECKS: Record<string, string[]> = {
  healthz: ALIVE,
  livez: ALIVE,
  readyz: ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync', ...STARTED, 'shutdown'],
};

/** Every path `answerHealth` answers. */
export function healthPaths(): string[] {
  return Object.entries(CHECKS).flatMap(([endpoint, checks]) => [
    `/${endpoint}`,
    ...checks.map((check) => `/${endpoint}/${check}`),
  ]);
}

/**
 * Answers `/healthz`, `/livez` and `/readyz`, each with single checks below it, `?verbose` and `?exclude=`, in the text form
 * of apiserver; undefined for other paths.
 */
export function answerHealth({ path, query }: ApiRequest): ApiResponse | undefined {
  const [, endpoint = '', check] = /^\/([a-z]+)(?:\/(.*))?$/.exec(path) ?? [];
  const checks = Object.hasOwn(CHECKS, endpoint) ? CHECKS[endpoint] : undefined;
  if (checks === undefined) return undefined;
  if (check !== undefined) return checks.includes(check) ? plainText(200, 'ok') : pageNotFound();
  if (!query.has('verbose')) return plainText(200, 'ok');
  const excluded = new Set(query.getAll('exclude'));
  const lines = checks.map((name) => `[+]${name} ${excluded.has(name) ? 'excluded: ok' : 'ok'}`);
  const unknown = [...excluded].filter((name) => !checks.includes(name));
  if (unknown.length > 0) {
    const list = unknown.map((name) => JSON.stringify(name)).join(',');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${list}`);
  }
  return plainText(200, `${lines.join('\n')}\n${endpoint} check passed\n`);
}

/** Answers `/metrics/slis`: the same checks as metrics. */
export function healthMetrics(): ApiResponse {
  const samples = Object.entries(CHECKS).flatMap(([type, checks]) =>
    checks.map((name) => ({ labels: labels({ name, type }), value: 1 })),
  );
  const help = 'Whether a check of the health endpoints succeeds.';
  const body = exposition([{ name: 'kubernetes_healthcheck', type: 'gauge', help, samples }]);
  return { kind: 'text', status: 200, headers: { 'content-type': EXPOSITION_TYPE }, body };
}

/** Paths that answer without credentials. */
export function isHealthPath(path: string): boolean {
  return /^\/(?:healthz|livez|readyz)(?:\/|$)/.test(path);
}
