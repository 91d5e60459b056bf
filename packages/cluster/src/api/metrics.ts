/**
 * metrics.k8s.io/v1beta1 without metrics-server: what nodes and pods use, measured when somebody asks. NodeMetrics and
 * PodMetrics are made for each request, with the labels of the objects they are about, and never stored
 * (https://github.com/kubernetes/metrics, `metrics.k8s.io`).
 */
import { metricsKindDefinitions } from '../builtin/registry.ts';
import type { MetricsSource, ResourceUsage } from '../node/metrics-source.ts';
import type { Storage } from '../storage/storage.ts';
import type { KindDefinition } from './kinds.ts';
import { fromStorage, objectKey, resourcePrefix, timestamp } from './object.ts';
import type { ApiObject } from './object.ts';

export interface MetricsOptions {
  /** Only read: labels of nodes and pods, and whether they are still there. */
  storage: Storage;
  /** Asked at each request; earlier ones win where two know the same object. */
  sources(): MetricsSource[];
}

const API_VERSION = 'metrics.k8s.io/v1beta1';
const NODES = resourcePrefix({ group: '', plural: 'nodes' });
const PODS = resourcePrefix({ group: '', plural: 'pods' });

/** The two kinds, to be served beside the built-in ones. */
export function metricsKinds(options: MetricsOptions): KindDefinition[] {
  return metricsKindDefinitions().map((definition) => ({
    ...definition,
    compute: definition.kind === 'NodeMetrics' ? () => nodes(options) : () => pods(options),
  }));
}

/** `12345n`, `640Ki`: the suffixes of metrics-server. */
function usageText({ cpu, memory }: ResourceUsage): { cpu: string; memory: string } {
  return {
    cpu: `${Math.max(0, Math.round(cpu * 1e9))}n`,
    memory: `${Math.max(0, Math.round(memory / 1024))}Ki`,
  };
}

function measured({ time, windowMs }: { time: number; windowMs: number }): {
  timestamp: string;
  window: string;
} {
  const window = `${Number((Math.max(1, windowMs) / 1000).toFixed(3))}s`;
  return { timestamp: timestamp(time), window };
}

/** Undefined for what is gone since it was measured. */
function metadataOf(
  storage: Storage,
  key: string,
  time: number,
): ApiObject['metadata'] | undefined {
  const entry = storage.get(key);
  if (!entry) return undefined;
  const { name, namespace, labels } = fromStorage(entry).metadata;
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    creationTimestamp: timestamp(time),
    ...(labels && { labels }),
  };
}

async function nodes({ storage, sources }: MetricsOptions): Promise<ApiObject[]> {
  const found = new Map<string, ApiObject>();
  for (const source of sources()) {
    await source.refresh?.();
    for (const { name, ...usage } of source.nodes()) {
      const metadata = metadataOf(storage, objectKey(NODES, undefined, name), usage.time);
      if (!metadata || found.has(name)) continue;
      const content = { ...measured(usage), usage: usageText(usage) };
      found.set(name, { kind: 'NodeMetrics', apiVersion: API_VERSION, metadata, ...content });
    }
  }
  return [...found.values()];
}

async function pods({ storage, sources }: MetricsOptions): Promise<ApiObject[]> {
  const found = new Map<string, ApiObject>();
  for (const source of sources()) {
    await source.refresh?.();
    for (const { namespace, name, ...usage } of source.pods()) {
      const key = objectKey(PODS, namespace, name);
      const metadata = metadataOf(storage, key, usage.time);
      if (!metadata || found.has(key)) continue;
      const containers = usage.containers.map((container) => ({
        name: container.name,
        usage: usageText(container),
      }));
      const content = { ...measured(usage), containers };
      found.set(key, { kind: 'PodMetrics', apiVersion: API_VERSION, metadata, ...content });
    }
  }
  return [...found.values()];
}
