/** What the server says about itself outside of any API group: its version and whether it is well. */
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

/** What each endpoint looks at. A server that answers at all is well: there is no etcd and nothing to sync. */
const CHECKS: Record<string, string[]> = {
  healthz: ['ping', 'log', 'etcd'],
  livez: ['ping', 'log', 'etcd'],
  readyz: ['ping', 'log', 'etcd', 'informer-sync', 'shutdown'],
};

/**
 * Answers `/healthz`, `/livez` and `/readyz`, each with single checks below it, `?verbose` and `?exclude=`, in the text form
 * of apiserver; undefined for other paths.
 */
export function answerHealth({ path, query }: ApiRequest): ApiResponse | undefined {
  const [, endpoint = '', check] = path.replace(/\/$/, '').split('/');
  const checks = Object.hasOwn(CHECKS, endpoint) ? CHECKS[endpoint] : undefined;
  if (checks === undefined) return undefined;
  if (check !== undefined && !checks.includes(check)) return plain(404, '404 page not found\n');
  if (check !== undefined || !query.has('verbose')) return plain(200, 'ok');
  const excluded = new Set(query.getAll('exclude'));
  const lines = checks.map((name) => `[+]${name} ${excluded.has(name) ? 'excluded: ok' : 'ok'}`);
  const unknown = [...excluded].filter((name) => !checks.includes(name));
  if (unknown.length > 0) {
    const list = unknown.map((name) => JSON.stringify(name)).join(',');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${list}`);
  }
  return plain(200, `${lines.join('\n')}\n${endpoint} check passed\n`);
}

function plain(status: number, body: string): ApiResponse {
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache, private',
  };
  return { kind: 'text', status, headers, body };
}

/** Paths that answer without credentials. */
export function isHealthPath(path: string): boolean {
  return /^\/(?:healthz|livez|readyz)(?:\/|$)/.test(path);
}
