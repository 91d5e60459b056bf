/** What makes a cluster of an API server: controllers, scheduler and node, and the simulation of scenarios. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createKubeClient } from '@kagent/kube';
import type { Clock, Logger, Transport } from '@kagent/kube';

import type { TokenAuthority } from './api/tokens.ts';
import type { MetricsSource } from './node/metrics-source.ts';
import type { PodLogs } from './node/pod-logs.ts';
import { startNode } from './node/start-node.ts';
import type { RunningNode } from './node/start-node.ts';
import type { PodStreams } from './node/streams/pod-streams.ts';
import { startSimulation } from './simulation/start-simulation.ts';
import type { ClusterOptions } from './start-cluster.ts';
import type { Storage } from './storage/storage.ts';
import { startWorkloads } from './workloads/start-workloads.ts';

export type WorkerOptions = ClusterOptions & {
  clock: Clock;
  logger: Logger;
  transport: Transport;
  store: Storage;
  rootCertificate: string;
  tokenAuthority: TokenAuthority;
};

/** The node, and what the nodes and pods of scenarios use. */
export type Workers = RunningNode & { metrics: MetricsSource[] };

/** Resolves when the controllers have seen the cluster and the node takes pods. What was started is put on `stack`. */
export async function startWorkers(
  options: WorkerOptions,
  stack: AsyncDisposableStack,
): Promise<Workers> {
  const { clock, logger, images = [], podMode, extraEnv, nodeName = 'kagent' } = options;
  const client = createKubeClient(options.transport);
  const { rootCertificate, tokenAuthority } = options;
  const dataDir = nodeDirectory(options.dataDir, stack);
  const workloads = startWorkloads({
    client,
    volumesDirectory: join(dataDir, 'volumes'),
    logger,
    clock,
    randomId: randomUUID,
    rootCertificate,
    issueSecretToken: (subject) => tokenAuthority.issueForSecret(subject),
    ignoresNode: (name) => !simulation.offers(name, ''),
  });
  stack.defer(() => workloads.stop());
  let node: RunningNode | undefined;
  const simulation = startSimulation({
    transport: options.transport,
    storage: options.store,
    clock,
    logger,
    randomId: randomUUID,
    pace: options.simulationPace,
    isIdle: () => workloads.isIdle() && node?.isIdle() !== false,
  });
  stack.defer(() => simulation.stop());
  await simulation.ready;
  const started = startNode({
    client,
    simulated: simulation,
    nodeName,
    images,
    logger,
    clock,
    dataDir,
    podMode,
    extraEnv,
    containerEngine: options.containerEngine,
    engineEnv: options.engineEnv,
    allowHostPath: options.allowHostPath,
    randomId: randomUUID,
  });
  node = started;
  stack.defer(() => started.stop());
  await Promise.all([workloads.ready, started.ready]);
  const { logs } = started;
  const read: PodLogs['read'] = (query) => (simulation.logs(query.namespace) ?? logs).read(query);
  const streamsOf = (namespace: string) => simulation.streams(namespace) ?? started.streams;
  const streams: PodStreams = {
    exec: (target) => streamsOf(target.namespace).exec(target),
    attach: (target) => streamsOf(target.namespace).attach(target),
    portForward: (target) => streamsOf(target.namespace).portForward(target),
  };
  return { ...started, streams, logs: { read }, metrics: [started.usage, simulation.usage] };
}

function nodeDirectory(dataDir: string | undefined, stack: AsyncDisposableStack): string {
  if (dataDir !== undefined) return join(dataDir, 'node');
  const directory = mkdtempSync(join(tmpdir(), 'kagent-node-'));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
