/**
 * Counts requests, how long they take, and how many are being answered, under the names and labels a real API server uses
 * (https://kubernetes.io/docs/reference/instrumentation/metrics/). Costs a few lookups a request.
 */
import type { Clock } from '@kagent/kube';

import type { ApiRequest, ApiResponse } from '../request.ts';
import type { ResourceRegistry } from '../resource-registry.ts';
import type { ResourceRoute } from '../route.ts';
import { labels } from './exposition.ts';
import type { Family, Sample } from './exposition.ts';

/** Upper bounds in seconds, those of Kubernetes 1.35. */
const BOUNDS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];

/** What is noted of a request on its way; the router fills in the route. */
export interface Measured {
  startedAt: number;
  isMutating: boolean;
  route?: ResourceRoute;
}

interface Series {
  labels: Record<string, string>;
  /** Requests by status code. */
  codes: Map<number, number>;
  /** Requests up to each bound and above the last one, not cumulated. */
  buckets: Float64Array;
  seconds: number;
}

export interface RequestMetrics {
  begin(request: ApiRequest): Measured;
  /** Call once for each `begin`. Watches and other streams are counted when they begin and have no duration. */
  end(measured: Measured, request: ApiRequest, response: ApiResponse): void;
  families(): Family[];
}

/** Only what is served becomes a label: the number of series is bounded, whatever clients ask for. */
export function createRequestMetrics(deps: {
  registry: ResourceRegistry;
  clock: Clock;
}): RequestMetrics {
  const { registry, clock } = deps;
  const all = new Map<string, Series>();
  const inflight = { mutating: 0, readOnly: 0 };

  function seriesOf({ route }: Measured, request: ApiRequest): Series {
    const served = route && registry.find(route.group, route.version, route.plural);
    const verb = verbOf(request, route);
    const isKnown = served !== undefined && route !== undefined;
    const scope = isKnown ? scopeOf(route) : '';
    const subresource = isKnown ? subresourceOf(route) : '';
    const key = isKnown
      ? `${verb} ${scope} ${subresource} ${route.group}/${route.version}/${route.plural}`
      : verb;
    let series = all.get(key);
    if (series === undefined) {
      const { group, version, plural: resource } = isKnown ? route : NOWHERE;
      series = {
        labels: { group, resource, scope, subresource, verb, version },
        codes: new Map(),
        buckets: new Float64Array(BOUNDS.length + 1),
        seconds: 0,
      };
      all.set(key, series);
    }
    return series;
  }

  return {
    begin({ method }) {
      const isMutating = method !== 'GET' && method !== 'HEAD';
      inflight[isMutating ? 'mutating' : 'readOnly'] += 1;
      return { startedAt: clock.now(), isMutating };
    },
    end(measured, request, { kind, status }) {
      inflight[measured.isMutating ? 'mutating' : 'readOnly'] -= 1;
      const series = seriesOf(measured, request);
      series.codes.set(status, (series.codes.get(status) ?? 0) + 1);
      if (kind === 'watch' || kind === 'stream' || kind === 'connect' || kind === 'proxied') return;
      const seconds = Math.max(0, clock.now() - measured.startedAt) / 1000;
      let bucket = 0;
      while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] ?? 0)) bucket += 1;
      series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
      series.seconds += seconds;
    },
    families: () => families([...all.values()], inflight),
  };
}

const NOWHERE = { group: '', version: '', plural: '' };

/** Verbs as apiserver reports them: upper case, WATCH and CONNECT apart, apply by its own name. */
function verbOf({ method, headers }: ApiRequest, route: ResourceRoute | undefined): string {
  if (route === undefined) return METHODS.has(method) ? method : 'other';
  switch (route.verb) {
    case 'patch':
      return headers['content-type']?.startsWith('application/apply-patch') ? 'APPLY' : 'PATCH';
    case 'create':
      return CONNECTS.has(route.subresource ?? '') ? 'CONNECT' : 'POST';
    case 'update':
      return 'PUT';
    case 'get':
      return CONNECTS.has(route.subresource ?? '') ? 'CONNECT' : 'GET';
    default:
      return route.verb.toUpperCase();
  }
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const CONNECTS = new Set(['exec', 'attach', 'portforward', 'proxy', 'log']);
const SUBRESOURCES = new Set([
  ...CONNECTS,
  'status',
  'scale',
  'finalize',
  'binding',
  'eviction',
  'token',
  'approval',
  'resize',
  'ephemeralcontainers',
]);

function subresourceOf({ subresource = '' }: ResourceRoute): string {
  return subresource === '' || SUBRESOURCES.has(subresource) ? subresource : 'other';
}

function scopeOf({ name, namespace, verb }: ResourceRoute): string {
  if (name !== undefined || verb === 'create') return 'resource';
  return namespace === undefined ? 'cluster' : 'namespace';
}

function families(all: Series[], inflight: Record<string, number>): Family[] {
  const total: Sample[] = [];
  const duration: Sample[] = [];
  for (const { labels: names, codes, buckets, seconds } of all) {
    for (const [code, value] of codes) {
      total.push({
        labels: labels({ code: String(code), component: 'apiserver', ...names }),
        value,
      });
    }
    let count = 0;
    for (const [index, value] of buckets.entries()) {
      count += value;
      const le = index < BOUNDS.length ? String(BOUNDS[index]) : '+Inf';
      const own = labels({ component: 'apiserver', ...names, le });
      duration.push({ suffix: '_bucket', labels: own, value: count });
    }
    const own = labels({ component: 'apiserver', ...names });
    duration.push({ suffix: '_sum', labels: own, value: seconds });
    duration.push({ suffix: '_count', labels: own, value: count });
  }
  return [
    {
      name: 'apiserver_request_total',
      type: 'counter',
      help: 'Requests by verb, group, version, resource, scope and HTTP response code.',
      samples: total,
    },
    {
      name: 'apiserver_request_duration_seconds',
      type: 'histogram',
      help: 'Time to answer a request, streams left out, in seconds.',
      samples: duration,
    },
    {
      name: 'apiserver_current_inflight_requests',
      type: 'gauge',
      help: 'Requests that are being answered now, by kind.',
      samples: Object.entries(inflight).map(([kind, value]) => ({
        labels: labels({ request_kind: kind }),
        value,
      })),
    },
  ];
}
