/** Answers `/metrics`: the requests, and what is read from storage, watches and process only when somebody asks. */
import type { Storage } from '../../storage/storage.ts';
import { qualifiedName } from '../object.ts';
import type { ApiResponse } from '../request.ts';
import type { ResourceRegistry } from '../resource-registry.ts';
import type { WatchHub } from '../watch/watch-hub.ts';
import { exposition, EXPOSITION_TYPE, labels } from './exposition.ts';
import type { Family } from './exposition.ts';
import type { RequestMetrics } from './request-metrics.ts';

export interface ServerMetricsSources {
  requests: RequestMetrics;
  registry: ResourceRegistry;
  storage: Storage;
  hub: WatchHub;
  /** `gitVersion` of `/version`. */
  version: string;
}

export function metricsAnswer(sources: ServerMetricsSources): ApiResponse {
  const body = exposition([
    ...sources.requests.families(),
    storedObjects(sources),
    openWatches(sources),
    buildInfo(sources),
    ...processFamilies(),
  ]);
  return { kind: 'text', status: 200, headers: { 'content-type': EXPOSITION_TYPE }, body };
}

function storedObjects({ registry, storage }: ServerMetricsSources): Family {
  const prefixes = new Map<string, string>();
  for (const { prefix, group, plural, definition } of registry.all()) {
    // Two names of one store, and kinds that are made for each answer.
    if (prefixes.has(prefix) || definition.compute !== undefined) continue;
    prefixes.set(prefix, qualifiedName({ group, plural }));
  }
  return {
    name: 'apiserver_storage_objects',
    type: 'gauge',
    help: 'Stored objects by kind.',
    samples: [...prefixes].map(([prefix, resource]) => {
      const { entries, remaining } = storage.list(prefix, { limit: 1 });
      return { labels: labels({ resource }), value: entries.length + remaining };
    }),
  };
}

function openWatches({ hub }: ServerMetricsSources): Family {
  const samples = hub.sizes().map(({ resource, size }) => {
    const { group, plural, version } = resource;
    const names = { group, resource: plural, verb: 'WATCH', version: version.version };
    return { labels: labels({ component: 'apiserver', ...names }), value: size };
  });
  return {
    name: 'apiserver_longrunning_requests',
    type: 'gauge',
    help: 'Watches that are open now.',
    samples,
  };
}

function buildInfo({ version }: ServerMetricsSources): Family {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  return {
    name: 'kubernetes_build_info',
    type: 'gauge',
    help: 'The version of Kubernetes this server speaks.',
    samples: [{ labels: labels({ git_version: version, major, minor }), value: 1 }],
  };
}

function processFamilies(): Family[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const gauge = (name: string, help: string, value: number): Family => ({
    name,
    type: 'gauge',
    help,
    samples: [{ labels: '', value }],
  });
  const started = performance.timeOrigin / 1000;
  return [
    {
      ...gauge('process_cpu_seconds_total', 'CPU time used, in seconds.', (user + system) / 1e6),
      type: 'counter',
    },
    gauge('process_resident_memory_bytes', 'Memory in use by the process.', rss),
    gauge('nodejs_heap_size_used_bytes', 'Memory in use by JavaScript objects.', heapUsed),
    gauge('process_start_time_seconds', 'When the process began, since the epoch.', started),
  ];
}
